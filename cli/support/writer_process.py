"""A second process for images and notation, so that matplotlib and music21 are imported while the first imports torch."""

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from musicae.core.config import from_dict, to_dict
from musicae.music.score import Score

__all__ = ["Helper", "serve", "write"]

# What the writer of each slow form imports. Sound is not here: its libraries are imported in no time.
_SLOW = {
    "png": ("musicae.plots.piano_roll", "matplotlib.style", "matplotlib.figure", "matplotlib.backends.backend_agg"),
    "musicxml": ("musicae.music.formats.musicxml", "music21.musicxml.m21ToXml"),
}
_DONE = b"."


class Helper:
    """Writes what it is asked to in a second process, which ends with this one.

    Arguments:
        forms: The forms that it shall be ready for.
    """

    def __init__(self, forms: Sequence[str]) -> None:
        self._forms = frozenset(forms)
        command = [sys.executable, "-P", "-m", __name__, *forms]
        # In a session of its own, so that Ctrl-C reaches the first process alone, which ends the second.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        atexit.register(self._process.kill)

    @classmethod
    def where_it_helps(cls, forms: Sequence[str]) -> "Helper | None":
        """Return a helper for those of the forms that are slow to begin with; None where it would save no time."""
        slow = [form for form in forms if form in _SLOW]
        return cls(slow) if slow and "torch" not in sys.modules and (os.cpu_count() or 1) > 1 else None

    def write(self, score: Score, target: Path, row: Sequence[Score], columns: int | None) -> None:
        """Do what `write` of this module does; what the second process cannot do is done, or fails, in this one."""
        if target.suffix[1:] not in self._forms or not self._done([_plain(score), str(target), [*map(_plain, row)], columns]):
            write(score, target, row, columns)

    def _done(self, task: list[Any]) -> bool:
        """Return whether the second process has done a task."""
        with suppress(OSError):
            if self._process.stdin and self._process.stdout:
                self._process.stdin.write(json.dumps(task).encode() + b"\n")
                self._process.stdin.flush()
                return self._process.stdout.read(len(_DONE)) == _DONE
        return False


def write(score: Score, target: Path, row: Sequence[Score], columns: int | None) -> None:
    """Write a score in the form that a file's ending names.

    Arguments:
        score: The music.
        target: The file.
        row: The scores that an image shows instead, side by side.
        columns: How many of them side by side. [default: 10]

    Raises:
        MusicaeError: see the writers.
    """
    if target.suffix == ".png":
        from musicae.plots.piano_roll import COLUMNS, save_rolls

        save_rolls(row, target, columns=columns or COLUMNS)
    elif target.suffix == ".musicxml":
        from musicae.music.formats.musicxml import write_musicxml

        write_musicxml(score, target)
    else:
        from musicae.sound.render import write_audio

        write_audio(score, target)


def serve(forms: Sequence[str]) -> None:
    """Be the second process: write one thing after another, until something goes wrong or the first process ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    with suppress(Exception):
        for name in (name for form in forms for name in _SLOW[form]):
            import_module(name)
        for line in sys.stdin.buffer:
            score, target, row, columns = json.loads(line)
            write(from_dict(Score, score), Path(target), [from_dict(Score, one) for one in row], columns)
            answers.write(_DONE)
            answers.flush()


def _plain(score: Score) -> dict[str, Any]:
    """Return the fields that make a score, as values of JSON."""
    values = to_dict(score)
    return {field.name: values[field.name] for field in fields(score) if field.init}


if __name__ == "__main__":
    serve(sys.argv[1:])
