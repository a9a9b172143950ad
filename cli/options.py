"""Options that several commands share, so that a flag has one name, one default and one help text everywhere."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "bars",
    "check_whole",
    "checkpoint",
    "checkpoint_by_input",
    "data",
    "device",
    "exact",
    "force",
    "keep_tracks",
    "midi_file",
    "output",
    "scale",
    "seed",
    "seed_range",
    "temperature",
    "whole",
]

F = TypeVar("F", bound=Callable[..., Any])

midi_file = click.Path(path_type=Path)


def bars(text: str) -> tuple[int, int]:
    """Parse `3-4` or `3` into first and last bar, from 1, inclusive; the type of --bars.

    Raises:
        click.BadParameter: the text is no such range.
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no range of bars; give one such as 3-4 (from 1, inclusive).")
    first, last = int(found[1]), int(found[2] or found[1])
    if first < 1:
        raise click.BadParameter(f"{text!r} begins before bar 1; bars are numbered from 1.")
    if last < first:
        raise click.BadParameter(f"{text!r} ends before it begins; did you mean {last}-{first}?")
    return first, last


_CHECKPOINT = "A shipped model (see `musicae models`) or a file that `musicae train` wrote."
checkpoint = click.option("--checkpoint", "-c", default="melody-2bar", show_default=True, metavar="NAME|FILE", help=_CHECKPOINT)
checkpoint_by_input = click.option(
    "--checkpoint",
    "-c",
    metavar="NAME|FILE",
    help=f"{_CHECKPOINT} [default: chosen by the input, melody-2bar or, for drums, drums-2bar]",
)
device = click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda|mps", help="Where to compute.")
seed_range = click.IntRange(0, 2**32 - 1)
seed = click.option("--seed", type=seed_range, default=0, show_default=True, help="Seed of everything random.")
force = click.option("--force", is_flag=True, help="Overwrite files that exist.")
temperature = click.option(
    "--temperature", type=click.FloatRange(0.0, 10.0), default=0.0, show_default=True, help="0 takes the likeliest notes."
)
whole = click.option(
    "--whole",
    is_flag=True,
    help="Take all bars of the file, window by window, instead of one phrase; bars no model takes stay as they are.",
)
exact = click.option("--exact", is_flag=True, help="Refine the codes of the inputs until they decode to the inputs' own notes.")
keep_tracks = click.option("--keep-tracks", is_flag=True, help="With --whole: keep the other tracks, untouched.")


def check_whole(*, whole: bool, keep_tracks: bool, bars: object) -> None:
    """Check that --whole, --keep-tracks and --bars go together.

    Raises:
        click.UsageError: they do not.
    """
    if whole and bars:
        raise click.UsageError("--whole takes all bars; leave out --bars.")
    if keep_tracks and not whole:
        raise click.UsageError("--keep-tracks goes with --whole, which takes all bars of the file.")


data = click.option(
    "--data",
    "data",
    multiple=True,
    metavar="NAME[=PATH]|FOLDER",
    help="A collection (see `musicae data describe`) or a folder of MIDI files; may be given several times. "
    "[default: the four collections that come with music21]",
)


def scale(function: F) -> F:
    """Add --key and --scale; the command gets one argument `scale`, a `musicae.scales.Scale` or None."""

    @wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        from musicae.scales import parse_scale

        wanted = parse_scale(given.pop("key"), given.pop("scale"))
        return function(*args, scale=wanted, **given)

    decorated: Any = command
    kinds = "major, minor, dorian, pentatonic, blues ..."
    for name, metavar, text in (
        ("scale", "NAME", f"With --key: the scale ({kinds}). [default: what --key says, or major]"),
        ("key", "KEY", "Let the model use notes of this key only: a tonic such as D, or with a scale, 'F# minor'."),
    ):
        decorated = click.option(f"--{name}", metavar=metavar, help=text)(decorated)
    result: F = decorated
    return result


def output(default: str, text: str) -> Callable[[F], F]:
    """Return the option for where results go."""
    return click.option(
        "--output", "-o", type=click.Path(path_type=Path), default=default, show_default=bool(default), help=text
    )
