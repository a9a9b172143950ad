"""`musicae data`: prepare training data and describe them."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support import completions, options
from musicae.cli.support.bundles import bundle
from musicae.cli.support.lazy_groups import SuggestingGroup
from musicae.cli.support.progress import tasks
from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table

    from musicae.music.windows import PreparedWindows

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class _Request:
    """The windows that a command is about.

    Arguments:
        data: Collections.
        preset: The preset as whose training they are cut.
        bars: Bars per window; None takes the preset's.
        seed: Seed of the split by tune.
    """

    data: tuple[str, ...]
    preset: str
    bars: int | None
    seed: int

    def prepare(self, jobs: int | None = None) -> "PreparedWindows":
        """Return the windows, from the cache if they are there."""
        from musicae.datasets.music.collections import open_collections
        from musicae.datasets.music.prepare import prepare
        from musicae.music.experiment import spec_of
        from musicae.music.recipes import preset

        spec = spec_of(preset(self.preset)).of_length(self.bars)
        collections = open_collections(self.data, kind=spec.representation.kind)
        with tasks() as progress:
            return prepare(collections, spec, seed=self.seed, progress=progress, jobs=jobs)

    def facts(self, windows: "PreparedWindows") -> dict[str, Any]:
        """Return the JSON object of prepared windows."""
        return {"key": windows.key, "seed": self.seed, "bars": windows.bar_steps.shape[1], "collections": windows.report}


def _request(function: F) -> F:
    """Add the options of a `_Request`; the command gets one argument `request`."""
    parts = (
        options.data,
        click.option(
            "--preset",
            default="melody-2bar",
            show_default=True,
            help="Cut windows as its training does.",
            shell_complete=completions.presets,
        ),
        click.option("--bars", type=click.IntRange(1, 64), help="Bars per window. [default: the preset's]"),
        click.option(
            "--seed",
            type=options.seed_range,
            default=0,
            show_default=True,
            help="Seed of the split by tune; `musicae train` takes 0.",
        ),
    )
    return bundle("request", _Request, ("data", "preset", "bars", "seed"), parts)(function)


@click.group("data", cls=SuggestingGroup)
def command() -> None:
    """Prepare training data and describe them.

    \b
    Example:
        musicae data describe
    """


@command.command("prepare", short_help="Read collections and store their windows.")
@_request
@click.option("--jobs", type=click.IntRange(0), help="Reading processes; 0 reads in this one. [default: all cores]")
@json_lines
def prepare_command(request: _Request, jobs: int | None, lines: Lines) -> None:
    """Read collections, cut them into windows, and store them in the cache, where `musicae train` finds them.

    \b
    Example:
        musicae data prepare
        musicae data prepare --data path/to/midi/folder --data ryans
        musicae data prepare --data groove=groove.zip --preset drums-2bar
    """
    windows = request.prepare(jobs)
    lines.result(request.facts(windows), *_text(windows, rejected=False))


@command.command("describe", short_help="Show tunes, metres, windows, rejections.")
@_request
@json_lines
def describe_command(request: _Request, lines: Lines) -> None:
    """Show tunes, metres, windows of each split, what was dropped, and what was rejected and why.

    \b
    Example:
        musicae data describe --data essen
    """
    windows = request.prepare()
    lines.result(request.facts(windows), *_text(windows, rejected=True))


def _text(windows: "PreparedWindows", *, rejected: bool) -> "Iterator[str | Table]":
    """Yield the table of collections, and what each is."""
    from musicae.cli.support.tables import table

    titles = ("collection", "tunes", "rejected", "cut", "train", "valid", "test", "valid dropped", "test dropped", "off grid")
    rows = table(titles, title="Windows kept (unique under transposition) and dropped (also in an earlier split)")
    for name, counts in windows.report.items():
        stored, dropped = counts["kept"], counts["dropped"]
        cells: list[Any] = [counts["tunes"], len(counts["rejected"]), counts["windows"]]
        cells += [stored["train"], stored["valid"], stored["test"], dropped["valid"], dropped["test"]]
        off = 100 * counts["off the grid"] / max(1, counts["onsets"])
        rows.add_row(name, *map(str, cells), f"{off:.1f} %")
    yield rows
    for name, counts in windows.report.items():
        metres = ", ".join(f"{metre} {count}" for metre, count in counts["metres"].items())
        yield f"{name}: {counts['title']}; {counts['licence']}; metres {metres}"
        reasons = Counter(reason for _, reason in counts["rejected"])
        for reason, count in reasons.most_common() if rejected else ():
            yield f"  rejected {count}: {reason}"
