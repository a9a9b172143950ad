"""Put the events of a MIDI file as mido reads them into a form in which pretty_midi loses nothing."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import mido

from musicae.music.score import Text

__all__ = ["END", "TEXTS", "put_texts", "take_meta", "tidy"]

END = "end of the last bar"  # a text at the end of a piece that goes on after its last note
TEXTS = ("lyrics", "text", "marker", "cue_marker", "copyright")  # the kinds of events that hold words
_READ = ("set_tempo", "time_signature", "key_signature")


def take_meta(midi: mido.MidiFile) -> list[tuple[int, Any]]:
    """Take tempos, metres, keys and words, with their ticks, out of all tracks.

    pretty_midi looks for the first three in the first track only.
    """
    taken = []
    for track in midi.tracks:
        tick = 0
        for i, message in enumerate(track):
            tick += message.time
            if message.type in _READ or message.type in TEXTS:
                taken.append((tick, message))
                track[i] = mido.MetaMessage("marker", time=message.time)
    return sorted(taken, key=lambda t: t[0])


def put_texts(data: bytes, texts: Sequence[Text]) -> bytes:
    """Return the bytes of a MIDI file with words put into its first track."""
    midi = mido.MidiFile(file=io.BytesIO(data))
    track, tick = midi.tracks[0], 0
    for message in track:
        tick += message.time
        message.time = tick
    for text in texts:
        track.append(mido.MetaMessage(text.kind, text=text.words, time=round(text.time * midi.ticks_per_beat)))
    track.sort(key=lambda m: (m.type == "end_of_track", m.time))
    tick = 0
    for message in track:
        message.time = max(message.time, tick)  # the end comes after the last words
        message.time, tick = message.time - tick, message.time
    out = io.BytesIO()
    midi.save(file=out)
    return out.getvalue()


def tidy(track: mido.MidiTrack, tpq: int) -> None:
    """Move names to a track's start, prolong notes of no length to one tick, and end those that are never ended.

    pretty_midi would drop all three.
    """
    tick = 0
    sounding: dict[tuple[int, int], list[int]] = {}  # channel and pitch to the ticks where its open notes begin
    onsets: dict[int, list[int]] = {}
    for message in track:
        tick += message.time
        message.time = 0 if message.type == "track_name" else tick
        if message.type == "note_on" and message.velocity > 0:
            sounding.setdefault((message.channel, message.note), []).append(tick)
            onsets.setdefault(message.channel, []).append(tick)
        elif message.type in ("note_on", "note_off"):
            starts = sounding.pop((message.channel, message.note), [])
            if starts and starts[0] == tick:
                message.time += 1
            elif starts and starts[-1] == tick:  # it ends the notes before and not the one that begins here
                sounding[message.channel, message.note] = [tick]
    _end_notes(track, sounding, onsets, tpq)
    track.sort(key=lambda m: m.time)
    tick = 0
    for message in track:
        message.time, tick = message.time - tick, message.time


def _end_notes(
    track: mido.MidiTrack, sounding: dict[tuple[int, int], list[int]], onsets: dict[int, list[int]], tpq: int
) -> None:
    """End open notes where the next of their channel begins, or after a quarter note; times are ticks from the start."""
    for (channel, pitch), starts in sounding.items():
        for start in starts:
            following = bisect_right(onsets[channel], start)
            end = onsets[channel][following] if following < len(onsets[channel]) else start + tpq
            track.append(mido.Message("note_off", channel=channel, note=pitch, time=end))
