"""A second process for pictures and notation, so that matplotlib and music21 are imported while the first imports torch."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from musicae.score import Score

__all__ = ["Helper", "write"]

# What the writer of each slow form imports. Sound is not here: its libraries are imported in no time.
_SLOW = {
    "png": ("musicae.rolls", "matplotlib.style", "matplotlib.figure", "matplotlib.backends.backend_agg"),
    "musicxml": ("musicae.notation", "music21.musicxml.m21ToXml"),
}


class Helper:
    """Writes what it is asked to in a second process.

    Arguments:
        forms: The forms that it shall be ready for.
    """

    def __init__(self, forms: Sequence[str]) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, forms), daemon=True)  # ends with this process
        kept = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends the second
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, kept)
        theirs.close()

    @classmethod
    def where_it_helps(cls, forms: Sequence[str]) -> "Helper | None":
        """Return a helper for those of the forms that are slow to begin with; None where it would save no time."""
        slow = [form for form in forms if form in _SLOW]
        return cls(slow) if slow and "torch" not in sys.modules and (os.cpu_count() or 1) > 1 else None

    def write(self, score: Score, target: Path, row: Sequence[Score], columns: int | None) -> None:
        """Do what `write` of this module does; what the second process cannot do is done, or fails, in this one."""
        try:
            self._pipe.send((score, target, row, columns))
            self._pipe.recv()
        except (EOFError, OSError):
            write(score, target, row, columns)


def write(score: Score, target: Path, row: Sequence[Score], columns: int | None) -> None:
    """Write a score in the form that a file's ending names.

    Arguments:
        score: The music.
        target: The file.
        row: What a picture shows instead, side by side.
        columns: How many of them side by side. [default: 10]

    Raises:
        MusicaeError: see the writers.
    """
    if target.suffix == ".png":
        from musicae.rolls import COLUMNS, save_rolls

        save_rolls(row, target, columns=columns or COLUMNS)
    elif target.suffix == ".musicxml":
        from musicae.notation import write_musicxml

        write_musicxml(score, target)
    else:
        from musicae.render import write_audio

        write_audio(score, target)


def _serve(pipe: Connection, forms: Sequence[str]) -> None:
    """Write one thing after another, until something goes wrong or the other end is closed."""
    with suppress(Exception):
        for name in (name for form in forms for name in _SLOW[form]):
            import_module(name)
        while True:
            write(*pipe.recv())
            pipe.send(None)
