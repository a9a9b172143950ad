"""A second opinion on MIDI files: what mido finds in them."""

import io

import mido

from musicae.music.score import Score

Onsets = list[tuple[float, int, int, bool]]


def onsets_by_mido(data: bytes) -> Onsets:
    """Return onset in quarter notes, pitch, velocity, and whether it is a drum, of all notes that a file begins."""
    file = mido.MidiFile(file=io.BytesIO(data))
    found = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                found.append((tick / file.ticks_per_beat, message.note, message.velocity, message.channel == 9))
    return sorted(found)


def onsets_of(score: Score) -> Onsets:
    """Return the same of a score."""
    return sorted((n.onset, n.pitch, n.velocity, t.is_drum) for t in score.tracks for n in t.notes)


def messages(data: bytes, track: int) -> list[tuple[int, str]]:
    """Return tick and text of the messages of a track of a file (from 0), such as `note_on channel=0 note=60 velocity=80`."""
    found, tick = [], 0
    for message in mido.MidiFile(file=io.BytesIO(data)).tracks[track]:
        tick += message.time
        values = [f"{name}={value}" for name, value in sorted(message.dict().items()) if name not in ("type", "time")]
        found.append((tick, " ".join([message.type, *values])))
    return found
