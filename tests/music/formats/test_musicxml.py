"""Writing MusicXML: music21 finds in it what was written."""

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from music21 import converter

from musicae.errors import FormatError
from musicae.music.formats.midi import read_midi
from musicae.music.formats.musicxml import write_musicxml
from musicae.music.formats.musicxml_writing import score_to_musicxml
from musicae.music.formats.notation import snap
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

GOLDEN = Path(__file__).parents[2] / "golden"
Found = list[tuple[Fraction, Fraction, int]]


def reread(score: Score) -> Any:
    return converter.parseData(score_to_musicxml(score).decode(), format="musicxml")


def sounding(part: Any) -> Found:
    """Return onset, duration and pitch of all notes, tied ones joined."""
    found: Found = []
    open_: dict[int, tuple[Fraction, Fraction]] = {}
    for item in part.flatten().notes:
        onset, length = (Fraction(x).limit_denominator(48) for x in (item.offset, item.quarterLength))
        for note in item.notes if item.isChord else [item]:
            kind, pitch = note.tie.type if note.tie else None, note.pitch.midi
            if kind in ("continue", "stop"):
                onset_, before = open_.pop(pitch)
                assert onset_ + before == onset
            else:
                onset_, before = onset, Fraction(0)
            if kind in ("start", "continue"):
                open_[pitch] = (onset_, before + length)
            else:
                found.append((onset_, before + length, pitch))
    assert not open_
    return sorted(found)


def wanted(track: Track) -> Found:
    return sorted((e.start, e.end - e.start, p) for e in snap(track.notes) for p in e.pitches)


@pytest.mark.parametrize("name", ["band", "jig", "metres", "pickup"])
def test_music21_reads_the_same_notes_bars_and_metres(name: str) -> None:
    score = read_midi(GOLDEN / f"{name}.mid")
    read = reread(score)
    assert len(read.parts) == len(score.tracks)
    for part, track in zip(read.parts, score.tracks, strict=True):
        assert sounding(part) == wanted(track)
        exact = sorted((Fraction(n.onset), Fraction(n.end) - Fraction(n.onset), n.pitch) for n in track.notes)
        assert [(a, c) for a, _, c in sounding(part)] == [(a, c) for a, _, c in exact]
        assert len(part.getElementsByClass("Measure")) == len(score.bars())
        assert part.partName == track.name
    metres = [
        (t.getOffsetInHierarchy(read.parts[0]), t.ratioString)
        for t in read.parts[0].recurse().getElementsByClass("TimeSignature")
    ]
    assert metres == [(s.time, f"{s.numerator}/{s.denominator}") for s in score.time_signatures]


def test_triplets_ties_and_long_notes_survive() -> None:
    lengths = (
        [Fraction(1, 3)] * 3
        + [Fraction(1, 6)] * 6
        + [Fraction(3, 2), Fraction(5, 2), Fraction(2, 3), Fraction(1, 3), Fraction(7)]
    )
    onset, notes = Fraction(0), []
    for i, length in enumerate(lengths):
        notes.append(Note(float(onset), float(length), 60 + i))
        onset += length
    score = Score((Track(tuple(notes)),), time_signatures=(TimeSignature(0.0, 3, 4),))
    assert sounding(reread(score).parts[0]) == sorted(
        (sum(lengths[:i], Fraction(0)), length, 60 + i) for i, length in enumerate(lengths)
    )
    assert b"<time-modification>" in score_to_musicxml(score)


def test_chords_and_overlapping_notes() -> None:
    notes = (
        Note(0.0, 2.0, 60),
        Note(0.0, 2.0, 64),
        Note(0.0, 4.0, 67),
        Note(1.0, 2.0, 72),
        Note(2.5, 5.0, 60),
        Note(3.0, 1.0, 60),
    )
    assert sounding(reread(Score((Track(notes),))).parts[0]) == wanted(Track(notes))


def test_a_pickup_tempos_key_and_instruments() -> None:
    score = Score(
        (Track((Note(0.0, 1.0, 70), Note(1.0, 4.0, 63)), 73), Track((Note(1.0, 0.25, 38),), 0, True, "kit")),
        (Tempo(0.0, 96.0), Tempo(3.0, 132.5)),
        (TimeSignature(0.0, 4, 4), TimeSignature(1.0, 2, 4)),
        (KeySignature(0.0, 3), KeySignature(1.0, 12)),
    )
    read = reread(score)
    part, kit = read.parts
    first = part.getElementsByClass("Measure")[0]
    assert (first.number, first.paddingLeft) == (0, 3.0)
    marks = [(m.getOffsetInHierarchy(read), m.number) for m in read.recurse().getElementsByClass("MetronomeMark")]
    assert marks == [(0.0, 96.0), (3.0, 132.5)]
    keys = [(k.getOffsetInHierarchy(part), k.sharps, k.mode) for k in part.recurse().getElementsByClass("KeySignature")]
    assert keys == [(0.0, -3, "major"), (1.0, -3, "minor")]
    assert next(n.pitch.name for n in part.flatten().notes) == "B-"
    assert part.partName == "Flute"
    assert (kit.partName, kit.recurse().getElementsByClass("Clef")[0].sign) == ("kit", "percussion")


def test_played_music_is_put_on_the_grid() -> None:
    draw = random.Random(0)
    onsets = sorted(draw.uniform(0, 32) for _ in range(120))
    track = Track(tuple(Note(t, draw.uniform(0.01, 3.0), 40 + i % 50) for i, t in enumerate(onsets)))
    assert sounding(reread(Score((track,))).parts[0]) == wanted(track)
    starts = [event.start for event in snap(track.notes)]
    assert all(min(abs(start - t) for start in starts) <= 1 / 12 + 1e-9 for t in onsets)


def test_scores_without_tracks_or_notes() -> None:
    for score in (Score(), Score((Track(()),))):
        [part] = reread(score).parts
        assert len(part.getElementsByClass("Measure")) == 1 and not part.flatten().notes


def test_the_same_bytes_twice_and_refusals(tmp_path: Path) -> None:
    score = read_midi(GOLDEN / "band.mid")
    for i in range(2):
        write_musicxml(score, tmp_path / f"{i}.musicxml")
    assert (tmp_path / "0.musicxml").read_bytes() == (tmp_path / "1.musicxml").read_bytes()
    assert b"encoding-date" not in (tmp_path / "0.musicxml").read_bytes()
    assert b"<creator" not in (tmp_path / "0.musicxml").read_bytes(), "music21 composed nothing"
    (tmp_path / "blocked").write_text("x")
    with pytest.raises(FormatError, match="cannot be written"):
        write_musicxml(score, tmp_path / "blocked" / "x.musicxml")


@pytest.mark.parametrize("key", [2, 5])  # with sharps, with flats
def test_pitches_of_the_lowest_octave_are_written(key: int) -> None:
    notes = tuple(Note(float(p), 1.0, p) for p in range(24))
    chord = (Note(24.0, 1.0, 0), Note(24.0, 1.0, 1))
    [part] = reread(Score((Track(notes + chord),), keys=(KeySignature(0.0, key),))).parts
    assert [pitch for _, _, pitch in sounding(part)] == [*range(24), 0, 1]
