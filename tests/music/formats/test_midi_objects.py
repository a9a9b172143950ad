"""Scores to and from pretty_midi."""

from pathlib import Path

import pretty_midi
import pytest

from musicae import Note, Score, Track
from musicae.errors import MidiError
from musicae.music.formats.midi import read_midi
from musicae.music.score import PITCH_BEND, Control, KeySignature, Tempo, Text, TimeSignature

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("name", ["band", "jig", "metres", "pickup"])
def test_a_score_survives_pretty_midi(name: str) -> None:
    score = read_midi(GOLDEN / f"{name}.mid")
    midi = score.to_pretty_midi()
    assert isinstance(midi, pretty_midi.PrettyMIDI)
    assert [len(i.notes) for i in midi.instruments] == [len(t.notes) for t in score.tracks]
    assert midi.get_end_time() == pytest.approx(score.seconds_at(score.end))
    assert Score.from_pretty_midi(midi) == score


def test_controls_texts_and_overlapping_notes_survive() -> None:
    controls = (Control(0.0, 64, 127), Control(1.0, PITCH_BEND, -300), Control(2.0, 64, 0))
    notes = (Note(0.0, 4.0, 60), Note(1.0, 1.0, 60))
    score = Score(
        (Track(notes, 73, name="旋律", controls=controls), Track((Note(0.0, 0.5, 36),), is_drum=True)),
        (Tempo(0.0, 90.0), Tempo(2.0, 120.0)),
        (TimeSignature(0.0, 3, 4),),
        (KeySignature(0.0, 14),),
        texts=(Text(1.0, "lyrics", "la"),),
    )
    again = Score.from_pretty_midi(score.to_pretty_midi())
    assert [(t.notes, t.program, t.is_drum, t.name) for t in again.tracks] == [
        (t.notes, t.program, t.is_drum, t.name) for t in score.tracks
    ]
    assert again.tracks[0].controls == controls
    assert again.texts == score.texts
    assert [(t.time, round(6e7 / t.qpm)) for t in again.tempos] == [(0.0, 666_667), (2.0, 500_000)]
    assert (again.time_signatures, again.keys) == (score.time_signatures, score.keys)


def test_an_object_made_by_hand() -> None:
    midi = pretty_midi.PrettyMIDI(initial_tempo=60.0)
    flute = pretty_midi.Instrument(73, name="flute")
    flute.notes.append(pretty_midi.Note(100, 72, 1.0, 1.5))
    midi.instruments += [flute, pretty_midi.Instrument(0)]
    score = Score.from_pretty_midi(midi)
    assert score.tracks == (Track((Note(1.0, 0.5, 72, 100),), 73, name="flute"),)
    assert score.tempos == (Tempo(0.0, 60.0),)


def test_times_that_are_no_times_are_an_error() -> None:
    midi = pretty_midi.PrettyMIDI()
    lead = pretty_midi.Instrument(0)
    lead.notes.append(pretty_midi.Note(100, 72, -1.0, 1.5))
    midi.instruments.append(lead)
    with pytest.raises(MidiError, match=r"^A PrettyMIDI object holds the time -1\.0; times are seconds from 0 on\.$"):
        Score.from_pretty_midi(midi)
