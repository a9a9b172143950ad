"""Scores as notation: times on a grid that can be read, voices where notes overlap, lengths that one note can have.

Within each quarter note all times go to the nearest thirty-second, or the nearest sixteenth triplet where those fit better,
so that triplets stay triplets and played music stays readable.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from musicae.music.score import Bar, KeySignature, Note, Score

__all__ = ["Event", "Piece", "bars_until", "fill", "key_at", "snap", "tempo_text", "voices"]

_GRIDS = (8, 6)  # places in a quarter note; the first wins where both fit
# What one note or rest can last, in quarter notes, longest first: plain and dotted values; and those inside a triplet.
_LENGTHS = tuple(Fraction(n, 8) for n in (48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1))
_TRIPLETS = tuple(Fraction(n, 6) for n in (4, 3, 2, 1))


@dataclass(frozen=True, order=True)
class Event:
    """Pitches that begin and end together, times in quarter notes."""

    start: Fraction
    end: Fraction
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class Piece:
    """What one note, chord or rest of notation states.

    Arguments:
        start: Quarter notes from the beginning of the score.
        length: In quarter notes.
        event: What sounds; None for a rest.
        begins: Whether the event begins here; else the piece is tied to the one before.
        ends: Whether the event ends here; else the piece is tied to the one after.
    """

    start: Fraction
    length: Fraction
    event: Event | None = None
    begins: bool = True
    ends: bool = True

    @property
    def triplet(self) -> bool:
        """Whether its length is one of a triplet."""
        return self.length.denominator % 3 == 0 or self.start.denominator % 3 == 0


def snap(notes: Sequence[Note]) -> list[Event]:
    """Put notes on the grid of each quarter note; notes that begin and end together become one event, at least a place long."""
    times = sorted({t for n in notes for t in (n.onset, n.end)})
    inside: dict[int, list[float]] = {}
    for time in times:
        inside.setdefault(int(time), []).append(time - int(time))
    grids: dict[int, int] = {}
    for quarter, places in inside.items():
        errors = [sum(abs(round(t * g) / g - t) for t in places) for g in _GRIDS]
        grids[quarter] = _GRIDS[0] if errors[0] <= errors[1] + 1e-6 else _GRIDS[1]

    def place(time: float) -> Fraction:
        grid = grids[int(time)]
        return int(time) + Fraction(round((time - int(time)) * grid), grid)

    together: dict[tuple[Fraction, Fraction], set[int]] = {}
    for note in notes:
        start = place(note.onset)
        end = max(place(note.end), start + Fraction(1, grids[int(start)] if int(start) in grids else _GRIDS[0]))
        together.setdefault((start, end), set()).add(note.pitch)
    return sorted(Event(start, end, tuple(sorted(p))) for (start, end), p in together.items())


def voices(events: Sequence[Event]) -> list[list[Event]]:
    """Give each event to the first voice that is free."""
    result: list[list[Event]] = []
    for event in events:
        free = next((v for v in result if v[-1].end <= event.start), None)
        if free is None:
            result.append([event])
        else:
            free.append(event)
    return result


def fill(events: Sequence[Event], start: Fraction, end: Fraction) -> Iterator[Piece]:
    """Yield the notes and rests of one voice between two times, as pieces that notation can write."""
    at = start
    for event in events:
        yield from (Piece(*span) for span in _lengths(at, max(event.start, start)))
        for begin, length in _lengths(max(event.start, start), min(event.end, end)):
            yield Piece(begin, length, event, begin == event.start, begin + length == event.end)
        at = min(event.end, end)
    yield from (Piece(*span) for span in _lengths(at, end))


def _lengths(start: Fraction, end: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Cut a span into lengths that one note can have; what begins or ends inside a triplet is cut at the quarter notes."""
    while start < end:
        stop, lengths = end, _LENGTHS
        if (start * 8).denominator > 1 or (end * 8).denominator > 1:
            quarter = Fraction(int(end))
            stop = quarter if (start * 8).denominator == 1 and quarter > start else min(end, Fraction(int(start) + 1))
            if ((stop - start) * 8).denominator > 1:
                lengths = _TRIPLETS
        length = next((x for x in lengths if x <= stop - start), stop - start)
        yield start, length
        start += length


def bars_until(score: Score, end: Fraction) -> list[Bar]:
    """Return a score's bars, with one more where rounding moved the last note's end past them."""
    bars = list(score.bars())
    last = bars[-1]
    if end > Fraction(last.end).limit_denominator(96):
        bars.append(Bar(last.number + 1, last.end, last.full_length, last.numerator, last.denominator))
    return bars


def key_at(score: Score, time: float) -> KeySignature | None:
    """Return the key that is in force at a time, in quarter notes."""
    index = bisect_right([k.time for k in score.keys], time + 1e-6) - 1
    return score.keys[index] if index >= 0 else None


def tempo_text(qpm: float) -> str:
    """Return a tempo with as few decimals as give the same microseconds per quarter note in MIDI."""
    microseconds = round(6e7 / qpm)
    for decimals in range(6):
        rounded = round(qpm, decimals)
        if rounded > 0 and round(6e7 / rounded) == microseconds:
            return f"{rounded:.{decimals}f}"
    return f"{qpm:.6f}"
