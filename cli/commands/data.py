"""`musicae data`: prepare training data and describe them."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import options
from musicae.cli.support.lazy_groups import SuggestingGroup
from musicae.cli.support.progress import tasks

if TYPE_CHECKING:
    from musicae.music.windows import PreparedWindows

_recipe = click.option("--preset", default="melody-2bar", show_default=True, help="Cut windows as its training does.")
_bars = click.option("--bars", type=click.IntRange(1, 64), help="Bars a window. [default: the preset's]")
_seed = click.option(
    "--seed", type=options.seed_range, default=0, show_default=True, help="Seed of the split by tune; `musicae train` takes 0."
)


@click.group("data", cls=SuggestingGroup)
def command() -> None:
    """Prepare training data and describe them.

    \b
    Example:
        musicae data describe
    """


@command.command("prepare", short_help="Read collections, and keep their windows.")
@options.data
@_recipe
@_bars
@_seed
@click.option("--jobs", type=click.IntRange(0), help="Reading processes; 0 reads in this one. [default: all cores]")
def prepare_command(data: tuple[str, ...], preset: str, bars: int | None, seed: int, jobs: int | None) -> None:
    """Read collections, cut them into windows, and keep them in the cache, where `musicae train` finds them.

    \b
    Example:
        musicae data prepare
        musicae data prepare --data path/to/midi/folder --data ryans
        musicae data prepare --data groove=groove.zip --preset drums-2bar
    """
    windows = _prepare(data, preset, bars, seed, jobs)
    _show(windows, rejected=False)


@command.command("describe", short_help="Show tunes, metres, windows, rejections.")
@options.data
@_recipe
@_bars
@_seed
@click.option("--json", "as_json", is_flag=True, help="Print JSON, every rejected item with its reason.")
def describe_command(data: tuple[str, ...], preset: str, bars: int | None, seed: int, as_json: bool) -> None:
    """Show tunes, metres, windows of each split, what was dropped, and what was rejected and why.

    \b
    Example:
        musicae data describe --data essen
    """
    windows = _prepare(data, preset, bars, seed, None)
    if as_json:
        told = {"key": windows.key, "seed": seed, "bars": windows.bar_steps.shape[1], "collections": windows.report}
        click.echo(json.dumps(told))
    else:
        _show(windows, rejected=True)


def _prepare(data: tuple[str, ...], name: str, bars: int | None, seed: int, jobs: int | None) -> "PreparedWindows":
    from musicae.datasets.music.collections import open_collections
    from musicae.datasets.music.prepare import prepare
    from musicae.music.experiment import spec_of
    from musicae.music.recipes import preset

    spec = spec_of(preset(name)).of_length(bars)
    collections = open_collections(data, kind=spec.representation.kind)
    with tasks() as progress:
        return prepare(collections, spec, seed=seed, progress=progress, jobs=jobs)


def _show(windows: "PreparedWindows", *, rejected: bool) -> None:
    """Print tables of what there is."""
    from musicae.cli.support.tables import console, table

    titles = ("collection", "tunes", "rejected", "cut", "train", "valid", "test", "valid dropped", "test dropped", "off grid")
    shown = table(titles, title="Windows kept (unique under transposition) and dropped (also in an earlier split)")
    for name, counts in windows.report.items():
        kept, dropped = counts["kept"], counts["dropped"]
        cells: list[Any] = [counts["tunes"], len(counts["rejected"]), counts["windows"]]
        cells += [kept["train"], kept["valid"], kept["test"], dropped["valid"], dropped["test"]]
        off = 100 * counts["off the grid"] / max(1, counts["onsets"])
        shown.add_row(name, *map(str, cells), f"{off:.1f} %")
    out = console()
    out.print(shown)
    for name, counts in windows.report.items():
        metres = ", ".join(f"{metre} {count}" for metre, count in counts["metres"].items())
        out.print(f"{name}: {counts['title']}; {counts['licence']}; metres {metres}", soft_wrap=True)
        reasons = Counter(reason for _, reason in counts["rejected"])
        for reason, count in reasons.most_common() if rejected else ():
            out.print(f"  rejected {count}: {reason}", soft_wrap=True)
