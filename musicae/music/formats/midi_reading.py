"""From the events of MIDI tracks to a score; `musicae.music.formats.midi` documents the decisions."""

import logging
import math
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import starmap

from musicae.music.formats.midi_events import Event, Meta
from musicae.music.formats.midi_text import TEXT_TYPES, decode
from musicae.music.general_midi import DRUM_CHANNEL
from musicae.music.score import (
    CHANNEL_PRESSURE,
    PITCH_BEND,
    Control,
    KeySignature,
    Note,
    Score,
    Tempo,
    Text,
    TimeSignature,
    Track,
)

__all__ = ["END", "build", "tempo_map"]

END = "end of the last bar"  # a text that marks the end of a piece that goes on after its last note
_MIN_QPM, _MAX_QPM = 4.0, 2000.0
_NAME, _PORT, _TEMPO, _METRE, _KEY = 0x03, 0x21, 0x51, 0x58, 0x59  # types of meta events

_log = logging.getLogger(__name__)

Notes = list[tuple[float, float, int, int]]  # the arguments of `Note`
Hit = tuple[int, int, Notes]  # tick, velocity (0 for an end), and where the note goes
Ended = tuple[int, int, int, Notes]  # start, end, velocity, and where the note goes


def build(tracks: Sequence[tuple[Sequence[Event], Sequence[Meta]]], division: int, path: str) -> Score:
    """Return the score of a file's tracks.

    Arguments:
        tracks: The events of the channels and the meta events of each.
        division: Ticks per quarter note.
        path: The file's name, for warnings.
    """
    programs = _Programs(tracks)
    parts = [track for events, metas in tracks for track in _Part(metas, division, programs).read(events)]
    metas = sorted((meta for _, metas in tracks for meta in metas), key=lambda m: m[0])
    texts = [
        Text(tick / division, TEXT_TYPES[kind], data.decode("latin-1")) for tick, kind, data in metas if kind in TEXT_TYPES
    ]
    return Score(
        tracks=tuple(parts),
        tempos=_tempos(metas, division),
        time_signatures=_metres(metas, division, path),
        keys=_keys(metas, division),
        length=max((t.time for t in texts if (t.kind, t.words) == ("text", END)), default=0.0),
        texts=tuple(t for t in texts if t.words not in ("", END)),
    )


class _Programs:
    """The programs of all tracks together, for channels whose own track sets none; collected when first asked for."""

    def __init__(self, tracks: Sequence[tuple[Sequence[Event], Sequence[Meta]]]) -> None:
        self._tracks = tracks
        self._changes: dict[tuple[int, int], list[tuple[int, int]]] | None = None  # port and channel to ticks and programs

    def at(self, port: int, channel: int, tick: int) -> int:
        """Return the last program set for a channel up to a tick, whatever the track; 0 where there is none."""
        if self._changes is None:
            self._changes = defaultdict(list)
            for events, metas in self._tracks:
                for when, status, program, _ in events:
                    if status & 0xF0 == 0xC0:
                        self._changes[_port(metas), status & 15].append((when, program))
            for changes in self._changes.values():
                changes.sort(key=lambda c: c[0])
        changes = self._changes.get((port, channel), [])
        index = bisect_right(changes, tick, key=lambda c: c[0])
        return changes[index - 1][1] if index else 0


def _port(metas: Sequence[Meta]) -> int:
    """Return the port that a track names first: channels of two ports are different channels."""
    return next((data[0] for _, kind, data in metas if kind == _PORT and data), 0)


class _Part:
    """What one track of a file holds, by channels and programs.

    Arguments:
        metas: Its meta events.
        division: Ticks per quarter note.
        programs: The programs that all tracks set.
    """

    def __init__(self, metas: Sequence[Meta], division: int, programs: _Programs) -> None:
        self.division, self.programs, self.port = division, programs, _port(metas)
        self.name, self.encoding = decode(next((data for _, kind, data in reversed(metas) if kind == _NAME), b""))
        self.notes: dict[tuple[int, int], Notes] = {}  # by channel and program
        self.hits: dict[int, list[Hit]] = {}  # by 128 * channel + pitch
        self.controls: dict[int, list[Control]] = defaultdict(list)  # by channel

    def read(self, events: Sequence[Event]) -> Iterator[Track]:
        """Yield a track for each program of each channel."""
        own: dict[int, int] = {}  # channel to the program that this track has set
        for tick, status, first, second in events:
            if status < 0xA0:
                key = (status & 15) << 7 | first
                if status >= 0x90 and second:
                    self.hits.setdefault(key, []).append((tick, second, self._place(status & 15, tick, own)))
                elif key in self.hits:  # an end without a note is ignored
                    self.hits[key].append((tick, 0, []))
            elif 0xC0 <= status < 0xD0:
                own[status & 15] = first
            elif status >= 0xB0:
                self.controls[status & 15].append(_control(tick / self.division, status, first, second))
        self._pair()
        controls = {channel: tuple(values) for channel, values in self.controls.items()}
        for (channel, program), notes in self.notes.items():
            notes.sort()
            drums = channel == DRUM_CHANNEL
            yield Track(tuple(starmap(Note, notes)), program, drums, self.name, controls.get(channel, ()), self.encoding)

    def _place(self, channel: int, tick: int, own: dict[int, int]) -> Notes:
        """Return the notes to which one of a channel belongs."""
        program = own[channel] if channel in own else self.programs.at(self.port, channel, tick)
        return self.notes.setdefault((channel, program), [])

    def _pair(self) -> None:
        """Make notes of beginnings and ends."""
        onsets: dict[int, list[int]] = {}
        for key, hits in self.hits.items():
            channel, pitch = key >> 7, key & 127
            ended, hanging = _oldest_first(hits)
            if hanging and ended:
                ended, hanging = _all_at_once(hits)
            if hanging and channel not in onsets:
                onsets[channel] = sorted({t for k, h in self.hits.items() if k >> 7 == channel for t, v, _ in h if v})
            for start, velocity, into in hanging:
                following = bisect_right(onsets[channel], start)
                last = following == len(onsets[channel])
                ended.append((start, start + self.division if last else onsets[channel][following], velocity, into))
            for start, end, velocity, into in ended:
                into.append((start / self.division, (end - start or 1) / self.division, pitch, velocity))


def _control(time: float, status: int, first: int, second: int) -> Control:
    if status >= 0xE0:
        return Control(time, PITCH_BEND, (second << 7 | first) - 8192)
    if status >= 0xD0:
        return Control(time, CHANNEL_PRESSURE, first)
    return Control(time, first, second)


def _oldest_first(hits: Sequence[Hit]) -> tuple[list[Ended], list[Hit]]:
    """Pair the beginnings and ends of one pitch: each end ends the oldest note; return also the notes without an end."""
    sounding: deque[Hit] = deque()
    ended: list[Ended] = []
    for hit in hits:
        if hit[1]:
            sounding.append(hit)
        elif sounding:
            start, velocity, into = sounding.popleft()
            ended.append((start, hit[0], velocity, into))
    return ended, list(sounding)


def _all_at_once(hits: Sequence[Hit]) -> tuple[list[Ended], list[Hit]]:
    """Pair the beginnings and ends of one pitch: each end ends all notes that began before it, or all where none did."""
    sounding: list[Hit] = []
    ended: list[Ended] = []
    for hit in hits:
        if hit[1]:
            sounding.append(hit)
            continue
        older = [h for h in sounding if h[0] < hit[0]] or sounding
        ended += [(start, hit[0], velocity, into) for start, velocity, into in older]
        sounding = sounding[len(older) :]
    return ended, sounding


def _tempos(metas: Sequence[Meta], division: int) -> tuple[Tempo, ...]:
    changes = [(tick / division, int.from_bytes(data[:3])) for tick, kind, data in metas if kind == _TEMPO and len(data) >= 3]
    return tempo_map([Tempo(time, 6e7 / microseconds) for time, microseconds in changes if microseconds])


def tempo_map(changes: Iterable[Tempo]) -> tuple[Tempo, ...]:
    """Return finite tempos that MIDI can hold, the last of each time, the first at 0; repeated ones are dropped."""
    by_time = {0.0: 120.0}
    for tempo in sorted(changes, key=lambda t: t.time):
        if math.isfinite(tempo.qpm):
            by_time[tempo.time] = min(max(tempo.qpm, _MIN_QPM), _MAX_QPM)
    tempos: list[Tempo] = []
    for time, qpm in by_time.items():
        if not tempos or tempos[-1].qpm != qpm:
            tempos.append(Tempo(time, qpm))
    return tuple(tempos)


def _metres(metas: Sequence[Meta], division: int, path: str) -> tuple[TimeSignature, ...]:
    """Return usable time signatures, the last of each time; repeated ones are dropped, 0/x and absurd ones too."""
    by_time: dict[float, tuple[int, int]] = {}
    for tick, kind, data in metas:
        if kind != _METRE or len(data) < 2:
            continue
        if 1 <= data[0] <= 64 and data[1] <= 6:
            by_time[tick / division] = (data[0], 2 ** data[1])
        else:
            _log.warning("%s: ignored a time signature of %s/2^%s", path, data[0], data[1])
    metres: list[TimeSignature] = []
    for time, metre in by_time.items():
        if not metres or (metres[-1].numerator, metres[-1].denominator) != metre:
            metres.append(TimeSignature(time, *metre))
    return tuple(metres)


def _keys(metas: Sequence[Meta], division: int) -> tuple[KeySignature, ...]:
    """Return the key signatures; those of more than seven sharps or flats, and of other modes, are dropped."""
    keys = []
    for tick, kind, data in metas:
        if kind == _KEY and len(data) >= 2 and data[1] <= 1:
            sharps = data[0] - 256 * (data[0] > 127)
            if -7 <= sharps <= 7:
                keys.append(KeySignature.of(tick / division, sharps, minor=bool(data[1])))
    return tuple(keys)
