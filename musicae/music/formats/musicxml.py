"""Notation: scores as MusicXML through music21, with metres, keys, tempos, bars, ties, pick-up bars and instruments.

Within each quarter note all times go to the nearest thirty-second, or the nearest sixteenth triplet where those fit better,
so that triplets stay triplets and played music stays readable. Notes of one track that overlap get voices of their own.
"""

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from musicae.core.files import write_atomically
from musicae.errors import RenderError
from musicae.music.score import Bar, Note, Score, Track

__all__ = ["score_to_musicxml", "snap", "write_musicxml"]

_GRIDS = (8, 6)  # places in a quarter note; the first wins where both fit
# What one note or rest can last, in quarter notes, longest first: plain and dotted values; and those inside a triplet.
_LENGTHS = tuple(Fraction(n, 8) for n in (48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1))
_TRIPLETS = tuple(Fraction(n, 6) for n in (4, 3, 2, 1))
_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT = ("C", "D-", "D", "E-", "E", "F", "G-", "G", "A-", "A", "B-", "B")


@dataclass(frozen=True, order=True)
class _Event:
    """Pitches that begin and end together, times in quarter notes."""

    start: Fraction
    end: Fraction
    pitches: tuple[int, ...]


def write_musicxml(score: Score, path: str | Path) -> None:
    """Write a score as MusicXML; the same score gives the same bytes.

    Raises:
        RenderError: the file cannot be written.
    """
    try:
        write_atomically(Path(path), score_to_musicxml(score))
    except OSError as error:
        raise RenderError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


def score_to_musicxml(score: Score) -> bytes:
    """Return the bytes of a score's MusicXML file: one part a track, drums as a part with percussion clef."""
    from music21 import metadata, stream
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    whole = stream.Score()
    whole.insert(0, metadata.Metadata())
    whole.metadata.title = next((t.name for t in score.tracks if t.name), "")
    tracks = score.tracks or (Track(()),)
    for number, track in enumerate(tracks, 1):
        whole.insert(0, _part(score, track, number))
    with redirect_stderr(io.StringIO()):  # where music21 complains of beams
        data = GeneralObjectExporter(whole).parse()
    return re.sub(rb"\s*<encoding-date>.*?</encoding-date>", b"", data)  # bytes must not depend on the day


def snap(notes: Sequence[Note]) -> list[_Event]:
    """Put notes on the grid of each quarter note; notes that begin and end together become one event, at least a place long."""
    times = sorted({t for n in notes for t in (n.onset, n.end)})
    grids: dict[int, int] = {}
    for quarter in {int(t) for t in times}:
        inside = [t - quarter for t in times if int(t) == quarter]
        errors = [sum(abs(round(t * g) / g - t) for t in inside) for g in _GRIDS]
        grids[quarter] = _GRIDS[0] if errors[0] <= errors[1] + 1e-6 else _GRIDS[1]

    def place(time: float) -> Fraction:
        grid = grids[int(time)]
        return int(time) + Fraction(round((time - int(time)) * grid), grid)

    together: dict[tuple[Fraction, Fraction], set[int]] = {}
    for note in notes:
        start = place(note.onset)
        end = max(place(note.end), start + Fraction(1, grids[int(start)] if int(start) in grids else _GRIDS[0]))
        together.setdefault((start, end), set()).add(note.pitch)
    return sorted(_Event(start, end, tuple(sorted(p))) for (start, end), p in together.items())


def _voices(events: Sequence[_Event]) -> list[list[_Event]]:
    """Give each event to the first voice that is free."""
    voices: list[list[_Event]] = []
    for event in events:
        free = next((v for v in voices if v[-1].end <= event.start), None)
        if free is None:
            voices.append([event])
        else:
            free.append(event)
    return voices


def _pieces(start: Fraction, end: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
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


def _part(score: Score, track: Track, number: int) -> Any:
    """Make one part: its measures, the first part with the tempos."""
    from music21 import clef, instrument, stream

    part = stream.Part(id=f"P{number}")
    tool = instrument.Instrument("Drums") if track.is_drum else instrument.instrumentFromMidiProgram(track.program)
    tool.midiProgram, tool.midiChannel = track.program, 9 if track.is_drum else (number - 1) % 9
    tool.instrumentId, tool.partId = f"I{number}", f"P{number}"
    tool.partName = part.partName = re.sub(r"[^\S ]|[\x00-\x1f\x7f]", " ", track.name).strip() or tool.instrumentName
    bars = score.bars()
    voices = _voices(snap(track.notes))
    for bar in _until(bars, max((v[-1].end for v in voices), default=Fraction(0))):
        measure = _measure(score, bar, bars[bar.number - 2] if bar.number > 1 else None, bars[0])
        _fill(measure, bar, voices, _key_at(score, bar.start))
        if number == 1:
            _tempos(measure, score, bar)
        part.append(measure)
    measures = part.getElementsByClass(stream.Measure)
    measures[0].insert(0, clef.PercussionClef() if track.is_drum else clef.bestClef(part, recurse=True))
    part.insert(0, tool)
    return part


def _until(bars: Sequence[Bar], end: Fraction) -> list[Bar]:
    """Return the bars, with one more where rounding moved the last note's end past them."""
    last = bars[-1]
    if end <= Fraction(last.end).limit_denominator(96):
        return list(bars)
    return [*bars, Bar(last.number + 1, last.end, last.full_length, last.numerator, last.denominator)]


def _measure(score: Score, bar: Bar, before: Bar | None, first: Bar) -> Any:
    """Make an empty measure with the metre and the key that begin there; a first bar that is cut short is a pick-up."""
    from music21 import key, meter, stream

    pickup = first.length < first.full_length - 1e-6
    measure = stream.Measure(number=bar.number - pickup)
    if bar.length < bar.full_length - 1e-6:
        side = "paddingLeft" if bar.number == 1 else "paddingRight"
        setattr(measure, side, bar.full_length - bar.length)
    if before is None or (before.numerator, before.denominator) != (bar.numerator, bar.denominator):
        measure.insert(0, meter.TimeSignature(f"{bar.numerator}/{bar.denominator}"))
    if any(bar.start - 1e-6 <= k.time < bar.end - 1e-6 for k in score.keys):
        fifths, minor = _key_at(score, bar.end - 1e-3)
        measure.insert(0, key.KeySignature(fifths).asKey("minor" if minor else "major"))
    return measure


def _key_at(score: Score, time: float) -> tuple[int, bool]:
    """Return the key that is in force: sharps (flats negative) and whether it is minor."""
    index = bisect_right([k.time for k in score.keys], time + 1e-6) - 1
    if index < 0:
        return 0, False
    number, minor = score.keys[index].number % 12, score.keys[index].number >= 12
    fifths = (number + 3 * minor) * 7 % 12
    return fifths - 12 * (fifths > 6), minor


def _fill(measure: Any, bar: Bar, voices: Sequence[Sequence[_Event]], key: tuple[int, bool]) -> None:
    """Put what sounds in a bar into its measure, rests between; several voices where notes overlap."""
    from music21 import stream

    start, end = (Fraction(t).limit_denominator(96) for t in (bar.start, bar.end))
    inside = [(i, [e for e in v if e.start < end and e.end > start]) for i, v in enumerate(voices)]
    sounding = [(i, events) for i, events in inside if events] or [(0, [])]
    for i, events in sounding:
        target = measure if len(sounding) == 1 else stream.Voice(id=str(i + 1))
        at = start
        for event in events:
            _rests(target, at, max(event.start, start), start)
            _note(target, event, (start, end), key)
            at = min(event.end, end)
        _rests(target, at, end, start)
        if target is not measure:
            measure.insert(0, target)


def _rests(target: Any, begin: Fraction, end: Fraction, origin: Fraction) -> None:
    from music21 import note

    for at, length in _pieces(begin, end):
        target.insert(at - origin, note.Rest(quarterLength=length))


def _note(target: Any, event: _Event, span: tuple[Fraction, Fraction], key: tuple[int, bool]) -> None:
    """Put the part of an event inside a bar into its measure or voice, tied to what is before and after."""
    from music21 import chord, note, pitch, tie

    names = _FLAT if key[0] < 0 else _SHARP
    pitches = [pitch.Pitch(names[p % 12], octave=p // 12 - 1) for p in event.pitches]  # "C-1" would be a C flat
    for at, length in _pieces(max(event.start, span[0]), min(event.end, span[1])):
        made = note.Note(pitches[0], quarterLength=length) if len(pitches) == 1 else chord.Chord(pitches, quarterLength=length)
        begins, ends = at == event.start, at + length == event.end
        if not (begins and ends):
            made.tie = tie.Tie("start" if begins else "stop" if ends else "continue")
        target.insert(at - span[0], made)


def _tempos(measure: Any, score: Score, bar: Bar) -> None:
    """Write the tempos that begin in a bar, at the thirty-second before or on which they do."""
    from music21 import tempo

    marks = {
        int((t.time - bar.start + 1e-6) * 8) / 8: t.qpm for t in score.tempos if bar.start - 1e-6 <= t.time < bar.end - 1e-6
    }
    if bar.number == 1 and 0.0 not in marks:
        marks[0.0] = score.tempo_at(0.0)
    for at, qpm in marks.items():
        measure.insert(at, tempo.MetronomeMark(number=round(qpm, 2)))
