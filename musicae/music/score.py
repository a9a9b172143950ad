"""A score in memory: notes in quarter notes, tempo map, time signatures, keys, tracks, and the bars that follow.

Times are quarter notes from the start, as in the file's ticks, so that a tempo change never moves a bar line.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from musicae.errors import ParameterError

__all__ = [
    "CHANNEL_PRESSURE",
    "PITCH_BEND",
    "Bar",
    "Control",
    "KeySignature",
    "Note",
    "Score",
    "Tempo",
    "Text",
    "TimeSignature",
    "Track",
    "bar_index",
]


@dataclass(frozen=True, order=True)
class Note:
    """One note.

    Arguments:
        onset: Start in quarter notes from the beginning of the score.
        duration: Length in quarter notes.
        pitch: MIDI pitch, 0 to 127 (60 is middle C).
        velocity: MIDI velocity, 1 to 127.
    """

    onset: float
    duration: float
    pitch: int
    velocity: int = 80

    @property
    def end(self) -> float:
        """End in quarter notes."""
        return self.onset + self.duration


@dataclass(frozen=True)
class Tempo:
    """From `time` (quarter notes) on, `qpm` quarter notes per minute."""

    time: float
    qpm: float


@dataclass(frozen=True)
class TimeSignature:
    """From `time` (quarter notes) on, bars of `numerator`/`denominator`."""

    time: float
    numerator: int
    denominator: int

    @property
    def bar_length(self) -> float:
        """Length of one bar in quarter notes."""
        return 4.0 * self.numerator / self.denominator


@dataclass(frozen=True)
class KeySignature:
    """From `time` (quarter notes) on, key `number`: 0 to 11 C to B major, 12 to 23 C to B minor."""

    time: float
    number: int

    @classmethod
    def of(cls, time: float, fifths: int, *, minor: bool = False) -> "KeySignature":
        """Return the key of so many sharps, or so many flats where `fifths` is negative."""
        return cls(time, (fifths * 7 + 9) % 12 + 12 if minor else fifths * 7 % 12)

    @property
    def minor(self) -> bool:
        """Whether the key is minor."""
        return self.number >= 12

    @property
    def fifths(self) -> int:
        """Its number of sharps, at most 6, or of flats as a negative number, at least -5."""
        fifths = (self.number % 12 + 3 * self.minor) * 7 % 12
        return fifths - 12 * (fifths > 6)

    @property
    def name(self) -> str:
        """The key in words, such as `F# minor`."""
        names = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
        return f"{names[self.number % 12]} {'minor' if self.number >= 12 else 'major'}"


PITCH_BEND = -1
CHANNEL_PRESSURE = -2


@dataclass(frozen=True)
class Control:
    """A controller's change at `time` (quarter notes).

    Arguments:
        time: When, in quarter notes from the beginning of the score.
        number: MIDI controller, 0 to 127, `PITCH_BEND` or `CHANNEL_PRESSURE`.
        value: 0 to 127; of a pitch bend -8192 to 8191.
    """

    time: float
    number: int
    value: int


@dataclass(frozen=True)
class Text:
    """Words at `time` (quarter notes).

    Arguments:
        time: When, in quarter notes from the beginning of the score.
        kind: What they are in a MIDI file: `lyrics`, `text`, `marker`, `cue_marker` or `copyright`.
        words: The words, each character a byte of the file (Latin-1), whatever encoding the file has.
    """

    time: float
    kind: str
    words: str


@dataclass(frozen=True)
class Track:
    """One instrument's notes, sorted by onset, then pitch.

    Arguments:
        notes: The notes.
        program: General MIDI program, 0 to 127.
        is_drum: Whether pitches name drums.
        name: Track name from the file, possibly empty.
        controls: Pedals, volume, pitch bends and such, sorted by time; those of one time in their order.
        encoding: How the file encodes the name; tracks that differ in controls or encoding only are equal.
    """

    notes: tuple[Note, ...]
    program: int = 0
    is_drum: bool = False
    name: str = ""
    controls: tuple[Control, ...] = field(default=(), compare=False, repr=False)
    encoding: str = field(default="utf-8", compare=False, repr=False)


@dataclass(frozen=True)
class Bar:
    """One bar: `number` counts from 1; `start` and `length` in quarter notes."""

    number: int
    start: float
    length: float
    numerator: int
    denominator: int

    @property
    def end(self) -> float:
        """End in quarter notes."""
        return self.start + self.length

    @property
    def full_length(self) -> float:
        """The length its metre asks for, in quarter notes; a bar cut short by a metre change is shorter."""
        return 4.0 * self.numerator / self.denominator


@dataclass(frozen=True)
class Score:
    """A piece of music.

    Arguments:
        tracks: Its tracks.
        tempos: Tempo map; empty means 120 quarter notes per minute.
        time_signatures: Metres; empty means 4/4.
        keys: Key signatures.
        length: Where the piece ends, in quarter notes, if it goes on after its last note.
        texts: Lyrics, markers and such, sorted by time; scores that differ in them only are equal.
    """

    tracks: tuple[Track, ...] = ()
    tempos: tuple[Tempo, ...] = ()
    time_signatures: tuple[TimeSignature, ...] = ()
    keys: tuple[KeySignature, ...] = ()
    length: float = 0.0
    texts: tuple[Text, ...] = field(default=(), compare=False, repr=False)
    _bars: tuple[Bar, ...] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def end(self) -> float:
        """End of the last note in quarter notes."""
        return max((note.end for track in self.tracks for note in track.notes), default=0.0)

    def tempo_at(self, time: float) -> float:
        """Return the tempo in quarter notes per minute at `time` (quarter notes); 120 before the first of the map."""
        index = bisect_right([t.time for t in self.tempos], time + 1e-6) - 1
        return self.tempos[index].qpm if index >= 0 else 120.0

    def seconds_at(self, time: float) -> float:
        """Return the seconds from the start to `time` (quarter notes), through the tempo map."""
        seconds, last, qpm = 0.0, 0.0, 120.0
        for tempo in self.tempos:
            if tempo.time >= time:
                break
            seconds += (tempo.time - last) * 60.0 / qpm
            last, qpm = tempo.time, tempo.qpm
        return seconds + (time - last) * 60.0 / qpm

    def bars(self) -> tuple[Bar, ...]:
        """Return the bars from the start to the last note, or to `length`; a metre change in mid-bar cuts that bar short."""
        if self._bars is None:
            object.__setattr__(self, "_bars", _layout(self.time_signatures, max(self.end, self.length)))
        assert self._bars is not None
        return self._bars

    def bar_range(self, first: int, count: int) -> tuple[Bar, ...]:
        """Return bars `first` to `first + count - 1` (numbers from 1); past the end the last metre goes on.

        Raises:
            ParameterError: `first` or `count` is below 1.
        """
        if first < 1 or count < 1:
            raise ParameterError(f"Bars are numbered from 1, got bar {first} and a count of {count}.")
        bars = list(self.bars()[first - 1 : first - 1 + count])
        if len(bars) < count:
            last = self.bars()[-1]
            start = last.end + (first + len(bars) - 1 - last.number) * last.length
            for number in range(first + len(bars), first + count):
                bars.append(replace(last, number=number, start=start, length=last.full_length))
                start += last.full_length
        return tuple(bars)

    def to_pretty_midi(self) -> Any:
        """Return the score as a `pretty_midi.PrettyMIDI`, an instrument per track; MidiError for what MIDI cannot express."""
        from musicae.music.formats.midi_objects import to_pretty_midi

        return to_pretty_midi(self)

    @classmethod
    def from_pretty_midi(cls, midi: Any) -> "Score":
        """Return the score of a `pretty_midi.PrettyMIDI`; MidiError for a time before 0, or one that is no number."""
        from musicae.music.formats.midi_objects import from_pretty_midi

        return from_pretty_midi(midi)

    def __str__(self) -> str:
        """Return a summary in a few lines: length, tempo, metre and key, then a line per track."""
        from musicae.music.summary import summary

        return summary(self)

    def _repr_html_(self) -> str:
        """Show the score in a Jupyter notebook: a piano roll and its sound."""
        from musicae.plots.notebook import score_html

        return score_html(self)


def _layout(signatures: tuple[TimeSignature, ...], end: float) -> tuple[Bar, ...]:
    """Lay out bars from 0 to `end`; at least one bar."""
    changes = [s for s in sorted(signatures, key=lambda s: s.time) if s.time < end - 1e-6 or s.time <= 0]
    if not changes or changes[0].time > 1e-6:
        changes.insert(0, TimeSignature(0.0, 4, 4))
    bars: list[Bar] = []
    for i, signature in enumerate(changes):
        start = max(signature.time, 0.0)
        stop = changes[i + 1].time if i + 1 < len(changes) else max(end, start + 1e-3)
        full = signature.bar_length
        for k in range(max(0, math.ceil((stop - start) / full - 1e-6))):
            at = start + k * full
            length = full if i + 1 == len(changes) else min(full, stop - at)
            bars.append(Bar(len(bars) + 1, at, length, signature.numerator, signature.denominator))
    return tuple(bars)


def bar_index(time: float, bars: Sequence[Bar]) -> int:
    """Return the index of the bar in which a time (in quarter notes) lies: the last one that begins at or before it."""
    low, high = 0, len(bars) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if bars[middle].start <= time + 1e-6 else (low, middle - 1)
    return low
