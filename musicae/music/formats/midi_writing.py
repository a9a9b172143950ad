"""From a score to the bytes of a MIDI file; `musicae.music.formats.midi` documents the layout."""

import numpy as np

from musicae.errors import MidiError
from musicae.music.formats import midi_bytes
from musicae.music.formats.midi_events import Event, Meta, encode
from musicae.music.formats.midi_reading import END, tempo_map
from musicae.music.formats.midi_text import FALLBACK, TEXT_TYPES
from musicae.music.formats.midi_text import encode as encode_name
from musicae.music.general_midi import DRUM_CHANNEL
from musicae.music.score import CHANNEL_PRESSURE, PITCH_BEND, Control, Score, TimeSignature, Track

__all__ = ["MAX_QUARTERS", "RESOLUTION", "RESOLUTIONS", "to_bytes"]

RESOLUTION = 480  # ticks per quarter note in files that are written
RESOLUTIONS = (RESOLUTION, 960, 220, 384, 1000, 1024, 1920, 3840, 15360)  # where 480 would move something
MAX_TICKS = 9_999_000  # pretty_midi reads no file that is longer
MAX_QUARTERS = 50_000  # seven hours at 120 quarter notes per minute; bounds the number of bars
_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_NAME, _TEMPO, _METRE, _KEY = 0x03, 0x51, 0x58, 0x59  # types of meta events
_BANK = (0, 32)  # the controllers that choose the bank of the next program
_TYPES = {name: kind for kind, name in TEXT_TYPES.items()}


def to_bytes(score: Score) -> bytes:
    """Return the bytes of a score's MIDI file.

    Raises:
        MidiError: the score holds what MIDI cannot express (see `musicae.music.formats.midi.score_to_bytes`).
    """
    _check(score)
    tpq = _resolution(score)
    end = round(max(score.end, score.length) * tpq)
    tracks = [encode(_conductor(score, tpq), end)]
    for number, track in enumerate(score.tracks):
        channel = DRUM_CHANNEL if track.is_drum else _CHANNELS[number % len(_CHANNELS)]
        name = [(0, _NAME, encode_name(track.name, track.encoding))] if track.name else []
        tracks.append(encode([*name, *_events(track, channel, tpq)], end))
    return midi_bytes.join(tpq, tracks)


def _check(score: Score) -> None:
    """Raise MidiError where a score holds what MIDI cannot express."""
    for s in score.time_signatures:
        if not 1 <= s.numerator <= 255 or s.denominator < 1 or s.denominator & (s.denominator - 1):
            raise MidiError(
                f"A metre of {s.numerator}/{s.denominator} cannot be written: in MIDI the lower number is a power of two; "
                "choose another."
            )
    for text in score.texts:
        if text.kind not in _TYPES:
            raise MidiError(f"MIDI has no texts of the kind {text.kind!r}; choose one of {', '.join(_TYPES)}.")
    end = max(score.end, score.length)
    if end > MAX_QUARTERS:
        raise MidiError(f"The music lasts {end:.0f} quarter notes, and a file holds {MAX_QUARTERS}; take fewer steps or bars.")
    for number, track in enumerate(score.tracks, 1):
        if not 0 <= track.program <= 127:
            raise MidiError(f"Track {number} has program {track.program}; choose one of 0 to 127.")
        wrong = next((c for c in track.controls if not _fits(c)), None)
        if wrong is not None:
            raise MidiError(f"Track {number} has a control that MIDI does not have: {wrong}.")
        for n in track.notes:
            if not (0 <= n.pitch <= 127 and 1 <= n.velocity <= 127 and n.onset >= 0):
                raise MidiError(
                    f"Track {number} has a note at {n.onset:g} of pitch {n.pitch} and velocity {n.velocity}; MIDI has times "
                    "from 0, pitches 0 to 127 and velocities 1 to 127."
                )


def _fits(control: Control) -> bool:
    """Return whether MIDI has such a control."""
    if control.number == PITCH_BEND:
        return -8192 <= control.value <= 8191
    return (0 <= control.number <= 127 or control.number == CHANNEL_PRESSURE) and 0 <= control.value <= 127


def _tick(time: float, tpq: int) -> int:
    return max(round(time * tpq), 0)


def _resolution(score: Score) -> int:
    """Return the first of the usual numbers of ticks per quarter note at which no time of the score has to be rounded."""
    notes = [time for track in score.tracks for n in track.notes for time in (n.onset, n.end)]
    changes = [c.time for c in score.tempos] + [c.time for c in score.time_signatures] + [c.time for c in score.keys]
    times = np.array([*notes, *changes, score.length])
    fit = (
        r for r in RESOLUTIONS if bool((np.abs(times * r - np.round(times * r)) < 1e-3).all()) and times.max() * r < MAX_TICKS
    )
    coarse = next(r for r in (RESOLUTION, 384, 192, 120) if times.max() * r < MAX_TICKS)
    return next(fit, coarse)


def _conductor(score: Score, tpq: int) -> list[Meta]:
    """Return the events of the first track: tempos, metres, keys and texts."""
    metas: list[Meta] = []
    for t in tempo_map(score.tempos):
        metas.append((_tick(t.time, tpq), _TEMPO, round(6e7 / t.qpm).to_bytes(3)))
    begun = any(s.time <= 0 for s in score.time_signatures)
    for s in score.time_signatures if begun else (TimeSignature(0.0, 4, 4), *score.time_signatures):
        metas.append((_tick(s.time, tpq), _METRE, bytes((s.numerator, s.denominator.bit_length() - 1, 24, 8))))
    for k in score.keys:
        metas.append((_tick(k.time, tpq), _KEY, bytes((k.fifths % 256, k.minor))))
    end = max(score.end, score.length)
    if score.length > score.end:
        metas.append((round(score.length * tpq), _TYPES["text"], END.encode()))
    for text in score.texts:
        if 0 <= text.time <= end:
            metas.append((_tick(text.time, tpq), _TYPES[text.kind], encode_name(text.words, FALLBACK)))
    return sorted(metas, key=lambda event: event[0])


def _events(track: Track, channel: int, tpq: int) -> list[Event]:
    """Return the events of one instrument: at each tick controls and program, in their order, then notes by pitch."""
    ordered: list[tuple[int, int, int, Event]] = []  # tick, place within it, and the event
    controls = sorted(track.controls, key=lambda c: c.time)
    for i, control in enumerate(controls):
        event = _control(control, channel, _tick(control.time, tpq))
        ordered.append((event[0], 0, 2 * i, event))
    first = min((n.onset for n in track.notes), default=0.0)
    chosen = max((i for i, c in enumerate(controls) if c.number in _BANK and c.time <= first), default=-1)
    tick = ordered[chosen][0] if chosen >= 0 else 0  # the program follows the last choice of its bank
    ordered.append((tick, 0, 2 * chosen + 1, (tick, 0xC0 | channel, track.program, 0)))
    on = 0x90 | channel
    for n in track.notes:
        start = round(n.onset * tpq)
        end = max(round(n.end * tpq), start + 1)  # at least one tick
        ordered.append((start, 1 + n.pitch, n.velocity, (start, on, n.pitch, n.velocity)))
        ordered.append((end, 1 + n.pitch, 0, (end, on, n.pitch, 0)))
    ordered.sort()
    return [event for *_, event in ordered]


def _control(control: Control, channel: int, tick: int) -> Event:
    if control.number == PITCH_BEND:
        value = control.value + 8192
        return tick, 0xE0 | channel, value & 127, value >> 7
    if control.number == CHANNEL_PRESSURE:
        return tick, 0xD0 | channel, control.value, 0
    return tick, 0xB0 | channel, control.number, control.value
