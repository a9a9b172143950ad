"""Tunes in ABC notation, read with music21's tokens into scores whose bars follow the tune's own bar lines.

music21 splits the text into tokens and works out pitches and lengths; building its whole stream of objects would take
ten times as long, so the tokens are walked here. Repeats are not expanded. Grace notes are left out. A pick-up, at the
start or after a double bar, is set at the end of a full bar; a short last bar begins at its bar line. An accidental holds
until the end of its bar, as ABC has it.
"""

import math
import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from musicae.errors import DataError
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

__all__ = ["read_abc", "split_book"]


def split_book(path: Path) -> dict[int, str]:
    """Split an ABC book into its tunes: number of the line where the tune begins (from 1) to its text."""
    status = path.stat()
    return _split(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)  # the tunes of a book are read one after the other
def _split(path: Path, _changed: int, _size: int) -> dict[int, str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    starts = [m.start() for m in re.finditer(r"^X:", text, re.MULTILINE)]
    tunes, line, before = {}, 1, 0
    for begin, end in pairwise([*starts, len(text)]):
        line += text.count("\n", before, begin)
        tunes[line], before = text[begin:end], begin
    return tunes


@dataclass
class _Measure:
    """What stands between two bar lines."""

    metre: tuple[int, int]
    length: Fraction = Fraction(0)
    notes: list[tuple[Fraction, Fraction, int, bool]] = field(default_factory=list)  # onset, length, pitch, tied on

    @property
    def full(self) -> Fraction:
        """The length its metre asks for, in quarter notes."""
        return Fraction(4 * self.metre[0], self.metre[1])


def read_abc(text: str) -> Score:
    """Read one tune.

    Raises:
        DataError: music21 cannot read it, it has several voices, no metre, or no notes.
    """
    from music21 import abcFormat

    if re.search(r"^V:", text, re.MULTILINE):
        raise DataError("has several voices")
    handler = abcFormat.ABCHandler()
    # music21 lets an accidental hold for its bar, as printed music does, only when told so and for version 2 of ABC.
    text = "%abc-2.1\n%%propagate-accidentals octave\n" + _plain(text)
    try:
        handler.process(text)
        measures, key = _walk(handler.tokens)
    except DataError:
        raise
    except Exception as error:  # music21 raises many kinds, some of them built in
        raise DataError(f"music21 cannot read it ({' '.join(str(error).split()) or type(error).__name__})") from error
    if not any(m.notes for m in measures):
        raise DataError("has no notes")
    return _lay_out(_join_halves(measures), key)


def _plain(text: str) -> str:
    """Leave out quoted text, and signs that would part a broken rhythm (A>.B) from its second note, in lines of music."""
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if not re.match(r"[A-Za-z]:|%", line):
            lines[i] = re.sub(r"(?<=[<>])[.uvT~HLMPSO ]+", "", re.sub(r'"[^"]*"', "", line))
    return "\n".join(lines)


def _walk(tokens: list[Any]) -> tuple[list[_Measure], int | None]:
    """Collect notes between bar lines."""
    from music21 import abcFormat

    metre: tuple[int, int] | None = None
    key: int | None = None
    measures: list[_Measure] = []
    for token in tokens:
        if isinstance(token, abcFormat.ABCMetadata):
            if token.isMeter():
                if "+" in token.data:  # music21 reads 2+3/8 as 23/8
                    raise DataError(f"has a metre that cannot be read, {token.data.strip()}")
                parameters = token.getTimeSignatureParameters()
                metre = (parameters[0], parameters[1]) if parameters else metre
                if metre and measures and not measures[-1].length:
                    measures[-1].metre = metre
            elif token.isKey() and key is None:
                key = _key_number(token)
            continue
        if isinstance(token, abcFormat.ABCBar):
            if measures and measures[-1].length:
                measures.append(_Measure(measures[-1].metre if metre is None else metre))
            continue
        if not isinstance(token, abcFormat.ABCNote) or token.inGrace:
            continue
        if metre is None:
            raise DataError("has no metre")
        if not measures:
            measures.append(_Measure(metre))
        _add(measures[-1], token)
    return [m for m in measures if m.length], key


def _add(measure: _Measure, token: Any) -> None:
    """Append a note, chord (its highest note) or rest to a measure."""
    from music21 import abcFormat

    length = Fraction(token.quarterLength).limit_denominator(192)
    if token.activeTuplet is not None:
        length *= Fraction(token.activeTuplet.tupletMultiplier()).limit_denominator(192)
    if isinstance(token, abcFormat.ABCChord):
        names = [t.pitchName for t in token.subTokens if isinstance(t, abcFormat.ABCNote) and t.pitchName]
    else:
        names = [] if token.isRest or not token.pitchName else [token.pitchName]
    if names and length > 0:
        tied = token.tie in ("stop", "continue")
        measure.notes.append((measure.length, length, max(_midi_pitch(n) for n in names), tied))
    measure.length += length


@lru_cache(maxsize=512)
def _midi_pitch(name: str) -> int:
    from music21 import pitch

    return int(pitch.Pitch(name.replace("n", "")).midi)


def _key_number(token: Any) -> int | None:
    """Return the key as pretty_midi numbers it, or None for what is neither major nor minor."""
    from music21 import key as m21key

    key = token.getKeySignatureObject()
    if not isinstance(key, m21key.Key) or key.mode not in ("major", "minor"):
        return None
    return int(key.tonic.pitchClass) + (12 if key.mode == "minor" else 0)


def _join_halves(measures: list[_Measure]) -> list[_Measure]:
    """Join two short measures that make a full one: a bar cut in two by a repeat sign."""
    joined: list[_Measure] = []
    for i, measure in enumerate(measures):
        before = joined[-1] if joined else None
        if before and i > 1 and before.metre == measure.metre and before.length + measure.length == measure.full:
            before.notes += [(before.length + onset, *rest) for onset, *rest in measure.notes]  # type: ignore[misc]
            before.length += measure.length
        else:
            joined.append(measure)
    return joined


def _lay_out(measures: list[_Measure], key: int | None) -> Score:
    """Put measures one after the other: short ones end at their bar line, long ones get a metre of their own."""
    time = Fraction(0)
    notes: list[Note] = []
    signatures: list[TimeSignature] = []
    for i, measure in enumerate(measures):
        full = measure.full
        numerator, denominator = measure.metre
        if measure.length > full:
            full = measure.length
            if full.denominator & (full.denominator - 1):  # no metre that MIDI can tell: fill up to a sixty-fourth note
                full = Fraction(math.ceil(full * 16), 16)
            numerator, denominator = full.numerator, 4 * full.denominator
        if not signatures or (signatures[-1].numerator, signatures[-1].denominator) != (numerator, denominator):
            signatures.append(TimeSignature(float(time), numerator, denominator))
        ends_short = 0 < i == len(measures) - 1  # the rest of the last bar is the pick-up of the first
        lead = Fraction(0) if ends_short else full - measure.length
        for onset, length, pitch, tied in measure.notes:
            start = float(time + lead + onset)
            if tied and notes and notes[-1].pitch == pitch and abs(notes[-1].end - start) < 1e-6:
                notes[-1] = Note(notes[-1].onset, notes[-1].duration + float(length), pitch)
            else:
                notes.append(Note(start, float(length), pitch))
        time += full
    keys = () if key is None else (KeySignature(0.0, key),)
    return Score((Track(tuple(notes), name="melody"),), (Tempo(0.0, 120.0),), tuple(signatures), keys)
