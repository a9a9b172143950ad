"""Scores to and from the objects of pretty_midi, which count time in seconds."""

import io
import math
from typing import TYPE_CHECKING

from musicae.errors import MidiError
from musicae.music.formats.midi import score_to_bytes
from musicae.music.formats.midi_reading import tempo_map
from musicae.music.score import PITCH_BEND, Control, KeySignature, Note, Score, Tempo, Text, TimeSignature, Track

if TYPE_CHECKING:
    import pretty_midi

__all__ = ["from_pretty_midi", "to_pretty_midi"]


def to_pretty_midi(score: Score) -> "pretty_midi.PrettyMIDI":
    """Return a score as an object of pretty_midi, with an instrument for each track.

    Raises:
        MidiError: the score holds what MIDI cannot express.
    """
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(io.BytesIO(score_to_bytes(score)), charset="utf-8")
    midi.instruments = []  # tempos, metres, keys and texts stay; notes are those of the score, whatever overlaps

    def seconds(time: float) -> float:
        return float(midi.tick_to_time(round(time * midi.resolution)))

    for track in score.tracks:
        instrument = pretty_midi.Instrument(track.program, track.is_drum, track.name)
        for n in track.notes:
            instrument.notes.append(pretty_midi.Note(n.velocity, n.pitch, seconds(n.onset), seconds(n.end)))
        for c in track.controls:
            if c.number == PITCH_BEND:
                instrument.pitch_bends.append(pretty_midi.PitchBend(c.value, seconds(c.time)))
            elif c.number >= 0:  # channel pressure has no place there
                instrument.control_changes.append(pretty_midi.ControlChange(c.number, c.value, seconds(c.time)))
        midi.instruments.append(instrument)
    return midi


def from_pretty_midi(midi: "pretty_midi.PrettyMIDI") -> Score:
    """Return the score of an object of pretty_midi, each time on its nearest tick; instruments without notes are dropped.

    Raises:
        MidiError: the object has a time that is no number, or one before 0.
    """
    tpq = midi.resolution

    def at(seconds: float) -> float:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise MidiError(f"A PrettyMIDI object holds the time {seconds}; times are seconds from 0 on.")
        return int(midi.time_to_tick(seconds)) / tpq

    tracks = []
    for instrument in midi.instruments:
        notes = []
        for n in instrument.notes:
            onset = at(n.start)
            notes.append(Note(onset, max(at(n.end) - onset, 1 / tpq), int(n.pitch), int(n.velocity)))
        if notes:
            controls = [Control(at(c.time), int(c.number), int(c.value)) for c in instrument.control_changes]
            controls += [Control(at(b.time), PITCH_BEND, int(b.pitch)) for b in instrument.pitch_bends]
            ordered = tuple(sorted(controls, key=lambda c: c.time))
            name = instrument.name.strip("\0 ")
            tracks.append(Track(tuple(sorted(notes)), int(instrument.program), bool(instrument.is_drum), name, ordered))
    texts = [
        Text(at(t.time), kind, t.text) for kind, words in (("lyrics", midi.lyrics), ("text", midi.text_events)) for t in words
    ]
    return Score(
        tracks=tuple(tracks),
        tempos=tempo_map(Tempo(at(time), float(qpm)) for time, qpm in zip(*midi.get_tempo_changes(), strict=True)),
        time_signatures=tuple(TimeSignature(at(s.time), s.numerator, s.denominator) for s in midi.time_signature_changes),
        keys=tuple(KeySignature(at(k.time), k.key_number) for k in midi.key_signature_changes),
        texts=tuple(sorted(texts, key=lambda t: t.time)),
    )
