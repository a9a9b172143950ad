"""Measures of notation, laid out in time: what stands between bar lines becomes bars of a score.

* Two short measures that make a full one are one bar, cut in two by a repeat sign; but no measure is joined to a first short
  one.
* A short measure at the beginning, or after a double bar or repeat sign, is a pick-up: it stands at the end of a full bar.
* A short measure at the end, or before a double bar or repeat sign, begins at its bar line, and a rest fills its bar.
* A short measure right before a change of metre keeps its length: the change cuts its bar short.
* Any other short measure, and one that is too long, has a metre of its own.
* Tied notes of equal pitch are one note.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeVar

from musicae.music.score import KeySignature, Note, Score, Tempo, Text, TimeSignature, Track

__all__ = ["Measure", "Part", "Sound", "lay_out"]

N = TypeVar("N", int, float)


@dataclass(frozen=True)
class Sound:
    """A note of a measure.

    Arguments:
        onset: Quarter notes from the beginning of the measure.
        length: In quarter notes.
        pitch: MIDI pitch.
        tied: Whether it goes on from a note before.
    """

    onset: Fraction
    length: Fraction
    pitch: int
    tied: bool = False


@dataclass
class Measure:
    """What stands between two bar lines; times are quarter notes from its beginning.

    Arguments:
        metre: Its time signature.
        opens: Whether it begins a section: it is the first one, or follows a double bar or repeat sign.
        closes: Whether it ends a section.
        length: How much of it is filled.
        sounds: Its notes.
        tempos: Changes of tempo, in quarter notes per minute.
        keys: Changes of key, by the numbers of `KeySignature`.
        lyrics: Words, by syllables.
    """

    metre: tuple[int, int]
    opens: bool = False
    closes: bool = False
    length: Fraction = Fraction(0)
    sounds: list[Sound] = field(default_factory=list)
    tempos: list[tuple[Fraction, float]] = field(default_factory=list)
    keys: list[tuple[Fraction, int]] = field(default_factory=list)
    lyrics: list[tuple[Fraction, str]] = field(default_factory=list)

    @property
    def full(self) -> Fraction:
        """The length that its metre asks for, in quarter notes."""
        return Fraction(4 * self.metre[0], self.metre[1])


@dataclass
class Part:
    """The measures of one track.

    Arguments:
        measures: Its measures; the n-th ones of all parts sound together.
        name: Name of the track.
        program: General MIDI program, 0 to 127.
        is_drum: Whether pitches name drums.
    """

    measures: list[Measure]
    name: str = ""
    program: int = 0
    is_drum: bool = False


def lay_out(parts: Sequence[Part], *, key: int | None = None, tempo: float | None = None) -> Score:
    """Return the score of parts; those without notes are dropped, but their tempos, keys and lyrics count.

    Arguments:
        parts: The parts.
        key: Number of the key at the beginning.
        tempo: Quarter notes per minute at the beginning. [default: 120]
    """
    bars, starts, metres, end = _places(_frame(parts))
    tempos: dict[float, float] = {0.0: tempo or 120.0}
    keys: dict[float, int] = {} if key is None else {0.0: key}
    lyrics: list[Text] = []
    for part in reversed(parts):  # so that the first one has the last word
        for bar, start, measure in zip(bars, starts, part.measures, strict=False):
            tempos |= {float(start + at if at else bar): qpm for at, qpm in measure.tempos}
            keys |= {float(start + at if at else bar): number for at, number in measure.keys}
            lyrics += [Text(float(start + at), "lyrics", word.encode().decode("latin-1")) for at, word in measure.lyrics]
    tracks = [Track(_notes(part.measures, starts), part.program, part.is_drum, part.name) for part in parts]
    score = Score(
        tracks=tuple(track for track in tracks if track.notes),
        tempos=tuple(Tempo(time, qpm) for time, qpm in _changes(tempos)),
        time_signatures=tuple(metres),
        keys=tuple(KeySignature(time, number) for time, number in _changes(keys)),
        texts=tuple(sorted(lyrics, key=lambda text: text.time)),
    )
    silent = bars and score.end <= bars[-1] + 1e-6  # the last bar has no notes
    return replace(score, length=float(end)) if silent else score


def _changes(values: dict[float, N]) -> list[tuple[float, N]]:
    """Return values by time, repeated ones dropped."""
    ordered = sorted(values.items())
    return [change for i, change in enumerate(ordered) if i == 0 or ordered[i - 1][1] != change[1]]


def _frame(parts: Sequence[Part]) -> list[Measure]:
    """Return measures without notes, each as long as the longest of its number."""
    frame: list[Measure] = []
    for part in parts:
        for i, measure in enumerate(part.measures):
            if i == len(frame):
                frame.append(Measure(measure.metre, measure.opens, measure.closes))
            frame[i].length = max(frame[i].length, measure.length)
    return frame


def _places(frame: Sequence[Measure]) -> tuple[list[Fraction], list[Fraction], list[TimeSignature], Fraction]:
    """Return where each measure and its notes begin, the time signatures, and the end.

    A pick-up begins with its bar, but its notes begin later; the second half of a bar begins where its notes do.
    """
    bars = _join_halves(frame)
    begins: list[Fraction] = []
    starts: list[Fraction] = []
    signatures: list[TimeSignature] = []
    time = Fraction(0)
    for i, bar in enumerate(bars):
        metre, length, full = bar[0].metre, sum((m.length for m in bar), Fraction(0)), bar[0].full
        ends = i == len(bars) - 1
        pickup = length < full and (i == 0 or (bar[0].opens and not ends))
        cut = length < full and not pickup and not ends and bars[i + 1][0].metre != metre
        if length > full or not (pickup or cut or ends or bar[-1].closes or length == full):
            full, metre = _metre_of(length)
        if not signatures or (signatures[-1].numerator, signatures[-1].denominator) != metre:
            signatures.append(TimeSignature(float(time), *metre))
        at = time + (full - length if pickup else 0)
        for measure in bar:
            begins.append(time if measure is bar[0] else at)
            starts.append(at)
            at += measure.length
        time += length if cut else full
    return begins, starts, signatures, time


def _join_halves(frame: Sequence[Measure]) -> list[list[Measure]]:
    """Return the measures of each bar."""
    bars: list[list[Measure]] = []
    for i, measure in enumerate(frame):
        before = bars[-1] if bars and i > 1 and bars[-1][0].metre == measure.metre else []
        if before and sum(m.length for m in before) + measure.length == measure.full:
            before.append(measure)
        else:
            bars.append([measure])
    return bars


def _metre_of(length: Fraction) -> tuple[Fraction, tuple[int, int]]:
    """Return the length and the metre of a bar whose notes are more or fewer than its time signature allows."""
    if length.denominator & (length.denominator - 1) or length.denominator > 16:
        length = Fraction(math.ceil(length * 16), 16)  # MIDI has no such metre: fill up to a sixty-fourth note
    return length, (length.numerator, 4 * length.denominator)


def _notes(measures: Sequence[Measure], starts: Sequence[Fraction]) -> tuple[Note, ...]:
    """Return the notes of a track, tied ones joined."""
    joined: list[tuple[Fraction, Fraction, int]] = []
    ends: dict[tuple[Fraction, int], int] = {}  # where a note of a pitch ends, and its index
    for start, measure in zip(starts, measures, strict=False):
        for sound in sorted(measure.sounds, key=lambda s: s.onset):
            at, index = start + sound.onset, len(joined)
            before = ends.pop((at, sound.pitch), None) if sound.tied else None
            if before is None:
                joined.append((at, at + sound.length, sound.pitch))
            else:
                index = before
                joined[index] = (joined[index][0], at + sound.length, sound.pitch)
            ends[at + sound.length, sound.pitch] = index
    return tuple(sorted(Note(float(onset), float(end - onset), pitch) for onset, end, pitch in joined))
