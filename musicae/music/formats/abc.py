"""Read and write ABC: tunes as text, and books of them.

A book holds several tunes, each with a number (its field X:). The first one is read; `book.abc#7` names the one of number 7.

Reading: notes, chords, rests, ties, tuplets, broken rhythms, accidentals, changes of key, metre, note length and tempo, voices
(V: and &), and the programs of `%%MIDI program`. Repeats and their endings are read once, as they stand. Grace notes, chord
symbols, lyrics and signs of expression are skipped. An accidental lasts until the end of its bar, in its octave, and along a
tie; `%%propagate-accidentals` chooses otherwise. `musicae.music.formats.measures` turns bar lines into bars. The
velocity of all notes is 80. Signs that cannot be read are ignored, with a warning; fields that cannot be read are an error.

Writing: one voice per track, with &, chords and ties where its notes overlap, at the nearest thirty-second or triplet sixteenth
(see `musicae.music.formats.notation`). Velocities and controls are lost, and drums are an error: ABC has none.

References:
    Walshaw and others, 2011, The abc music standard 2.1.
"""

import logging
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from musicae.errors import FormatError
from musicae.music.formats import files
from musicae.music.formats.abc_reading import tune_to_score
from musicae.music.formats.abc_writing import score_to_abc
from musicae.music.score import Score

__all__ = ["read_abc", "split_book", "write_abc"]

SHOWN_NUMBERS = 10  # of a book's tunes, in an error

_log = logging.getLogger(__name__)


def read_abc(path: str | Path) -> Score:
    """Read a tune from an ABC file: the first one, or the one that a number after # names.

    Raises:
        FormatError: the file or the tune cannot be read, or the book has no such tune.
    """
    name, mark, number = str(path).rpartition("#")
    if not mark or Path(path).exists():
        name, number = str(path), ""
    tunes = _tunes(_decode(files.read_bytes(name, "an ABC file", FormatError)))
    chosen = next((tune for tune in tunes.values() if number in ("", _number(tune))), None)
    if chosen is None:
        numbers = [_number(tune) for tune in tunes.values()]
        more = f" and {len(numbers) - SHOWN_NUMBERS} more" if len(numbers) > SHOWN_NUMBERS else ""
        raise FormatError(f"{name} holds no tune {number}; choose one of {', '.join(numbers[:SHOWN_NUMBERS])}{more}.")
    if len(tunes) > 1 and not number:
        _log.warning("%s holds %d tunes; the first is read, and %s#%s names it", name, len(tunes), name, _number(chosen))
    ignored: list[str] = []
    try:
        score = tune_to_score(chosen, ignored)
    except FormatError as error:
        raise FormatError(f"{path} {error}; fix it, or choose another tune.") from error
    if ignored:
        _log.warning("%s: ignored %d signs that cannot be read, the first of them %r", path, len(ignored), ignored[0])
    return score


def write_abc(score: Score, path: str | Path) -> None:
    """Write a score as a tune in ABC; the same score gives the same bytes.

    Raises:
        FormatError: a track holds drums, a metre cannot be written, or the file cannot be written.
    """
    files.write_bytes(path, score_to_abc(score).encode(), FormatError)


def split_book(path: Path) -> dict[int, str]:
    """Split an ABC book into its tunes: number of the line where the tune begins (from 1) to its text."""
    status = path.stat()
    return _split(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)  # the tunes of a book are read one after the other
def _split(path: Path, _changed: int, _size: int) -> dict[int, str]:
    return _tunes(_decode(path.read_bytes()))


def _tunes(text: str) -> dict[int, str]:
    """Return the tunes of a book by their first lines; a text without numbers is one tune."""
    starts = [m.start() for m in re.finditer(r"^X:", text, re.MULTILINE)]
    if not starts:
        return {1: text}
    tunes, line, before = {}, 1, 0
    for begin, end in pairwise([*starts, len(text)]):
        line += text.count("\n", before, begin)
        tunes[line], before = text[begin:end], begin
    return tunes


def _decode(data: bytes) -> str:
    """Return a text in UTF-8, else in Latin-1, with plain line ends."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(tune: str) -> str:
    """Return the number of a tune."""
    result = re.match(r"X:\s*(\d{1,9})", tune, re.ASCII)
    return str(int(result[1])) if result else "1"
