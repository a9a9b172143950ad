"""Results as files: music, and next to it sound, image and notation; for every command that writes music."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from musicae.cli.support import options, outputs
from musicae.cli.support.bundles import bundle
from musicae.cli.support.result_lines import Lines, json_option
from musicae.cli.support.writer_process import Helper, write
from musicae.music.score import Score

__all__ = ["FORMATS", "Result", "Results", "file_results", "results"]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = {
    "wav": "Write sound too, as WAV.",
    "flac": "Write sound too, as FLAC.",
    "ogg": "Write sound too, as Ogg Vorbis.",
    "png": "Draw a piano roll too, as PNG.",
    "musicxml": "Write notation too, as MusicXML.",
}


@dataclass(frozen=True)
class Result:
    """One result of a command that writes music.

    Arguments:
        score: The music.
        path: Its file.
        text: What it is, for people; empty if another result's text covers it.
        facts: What JSON names.
        plain: Whether nothing else is written next to its file.
        roll: What its image shows instead: several scores, side by side on the same axes.
        columns: How many of them side by side. [default: 10]
    """

    score: Score
    path: Path
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    plain: bool = False
    roll: Sequence[Score] = ()
    columns: int | None = None


@dataclass(frozen=True)
class Results:
    """Where the results of a command go, in which formats, and how they are printed.

    Arguments:
        output: What -o gave.
        force: Whether files that exist are overwritten.
        lines: How results are printed.
        also: Names of `FORMATS`, written next to each file of music.
        helper: A process that writes slow formats.
    """

    output: Path
    force: bool
    lines: Lines
    also: tuple[str, ...] = ()
    helper: Helper | None = None

    def claim(self, names: Sequence[str], *, plain: bool = False) -> list[Path]:
        """Return the file that each result goes to; it and, unless `plain`, all that goes next to it may be written.

        Raises:
            click.ClickException: see `musicae.cli.support.outputs`.
        """
        return self.check(outputs.targets(self.output, names), plain=plain)

    def check(self, files: list[Path], *, plain: bool = False) -> list[Path]:
        """Return the same files, which may be written, and so may all that goes next to them.

        Raises:
            click.ClickException: see `musicae.cli.support.outputs.claim`.
        """
        also = () if plain else self.also
        outputs.claim([*files, *(path.with_suffix(f".{name}") for name in also for path in files)], force=self.force)
        return files

    def write(self, *results: Result) -> None:
        """Write each result, in the format that its file's name ends in and in the others, and print all of them."""
        from musicae.music import formats

        for result in results:
            formats.write(result.score, result.path)
            for path in self._more(result):
                (self.helper.write if self.helper else write)(
                    result.score, path, list(result.roll) or [result.score], result.columns
                )
        for result in results:
            self._print(result)

    def _more(self, result: Result) -> list[Path]:
        """Return the files next to the file of a result."""
        paths = [] if result.plain else [result.path.with_suffix(f".{name}") for name in self.also]
        return [path for path in paths if path != result.path]

    def _print(self, result: Result) -> None:
        more = self._more(result)
        names = ", ".join(map(str, (result.path, *more)))
        facts = {**result.facts, "output": str(result.path)} | ({"also": [str(path) for path in more]} if more else {})
        self.lines.result(facts, *([f"{names}: {result.text}"] if result.text else []))


def results(default: str, text: str) -> Callable[[F], F]:
    """Return a decorator that adds -o, a flag for each format, --force and --json; the command gets one argument `results`.

    Arguments:
        default: Where results go if -o is not given; empty for what `text` states.
        text: What -o is.
    """
    flags = [click.option(f"--{name}", name, is_flag=True, help=text) for name, text in FORMATS.items()]
    parts = [options.output(default, text), *flags, options.force, json_option]
    return bundle("results", _results, ("output", *FORMATS, "force", "as_json"), parts)


def file_results(default: str, text: str) -> Callable[[F], F]:
    """Return a decorator that adds -o, --force and --json only, for files that are not music; see `results`."""
    parts = [options.output(default, text), options.force, json_option]
    return bundle("results", _results, ("output", "force", "as_json"), parts)


def _results(*, output: Path, force: bool, as_json: bool, **flags: bool) -> Results:
    also = tuple(name for name in FORMATS if flags.get(name))
    return Results(output, force, Lines(as_json), also, Helper.where_it_helps(also))
