"""Other forms of a result beside its MIDI file: sound, picture, notation; for every command that writes music."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from musicae.cli.support import options, outputs
from musicae.cli.support.bundles import bundle
from musicae.cli.support.writer_process import Helper, write
from musicae.music.score import Score

__all__ = ["FORMATS", "Results", "named", "results"]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = {
    "wav": "Write sound too, as WAV.",
    "flac": "Write sound too, as FLAC.",
    "ogg": "Write sound too, as Ogg Vorbis.",
    "png": "Draw a piano roll too, as PNG.",
    "musicxml": "Write notation too, as MusicXML.",
}


@dataclass(frozen=True)
class Results:
    """Where the results of a command go, and in which forms.

    Arguments:
        output: What -o gave.
        also: Names of `FORMATS`, written beside each MIDI file.
        force: Whether files that exist are overwritten.
        helper: A process that writes slow forms.
    """

    output: Path
    also: tuple[str, ...]
    force: bool
    helper: Helper | None = None

    def claim(self, names: Sequence[str], *, plain: bool = False) -> list[Path]:
        """Return the MIDI file that each result goes to; it and, unless `plain`, all that goes beside it may be written.

        Raises:
            click.ClickException: see `musicae.cli.support.outputs`.
        """
        return self.check(outputs.targets(self.output, names), plain=plain)

    def check(self, files: list[Path], *, plain: bool = False) -> list[Path]:
        """Return the same files, which may be written, and so may all that goes beside them.

        Raises:
            click.ClickException: see `musicae.cli.support.outputs.claim`.
        """
        beside = () if plain else self.also
        outputs.claim([*files, *(path.with_suffix(f".{name}") for name in beside for path in files)], force=self.force)
        return files

    def write(
        self, scores: Sequence[Score], files: Sequence[Path], *, row: Sequence[Score] | None = None, columns: int | None = None
    ) -> list[Path]:
        """Write each score as MIDI, and in other forms beside it.

        Arguments:
            scores: The music.
            files: The MIDI files.
            row: What the pictures show instead of each score: several, side by side on the same axes.
            columns: How many of them side by side. [default: 10]

        Returns:
            The files beside the MIDI files.
        """
        from musicae.music.formats.midi import write_midi

        written = []
        for score, path in zip(scores, files, strict=True):
            write_midi(score, path)
            for name in self.also:
                target = path.with_suffix(f".{name}")
                (self.helper.write if self.helper else write)(score, target, row or [score], columns)
                written.append(target)
        return written


def results(default: str, text: str) -> Callable[[F], F]:
    """Return what adds -o, a flag for each form, and --force; the command gets one argument `results`.

    Arguments:
        default: Where results go where nothing is said; empty for what `text` tells.
        text: What -o is.
    """
    flags = [click.option(f"--{name}", name, is_flag=True, help=text) for name, text in FORMATS.items()]
    parts = [options.output(default, text), *flags, options.force]
    return bundle("results", _results, ("output", *FORMATS, "force"), parts)


def _results(*, output: Path, force: bool, **flags: bool) -> Results:
    also = tuple(name for name in FORMATS if flags[name])
    return Results(output, also, force, Helper.where_it_helps(also))


def named(extra: Sequence[Path]) -> dict[str, list[str]]:
    """Return what a command's JSON says of the files beside the MIDI files: nothing where there are none."""
    return {"also": [str(path) for path in extra]} if extra else {}
