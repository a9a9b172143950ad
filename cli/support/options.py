"""Options that several commands share, so that a flag has one name, one default and one help text everywhere."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support.bundles import bundle

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding

__all__ = [
    "bars",
    "check_whole",
    "checkpoint",
    "checkpoint_by_input",
    "checkpoint_to_sample",
    "data",
    "decoding",
    "device",
    "exact",
    "force",
    "keep_tracks",
    "midi_file",
    "output",
    "seed",
    "seed_range",
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


def _named(default: str) -> Callable[[F], F]:
    return click.option("--checkpoint", "-c", default=default, show_default=True, metavar="NAME|FILE", help=_CHECKPOINT)


checkpoint = _named("melody-2bar")
checkpoint_to_sample = _named("melody-2bar-sampling")
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


def decoding(temperature: float = 0.0) -> Callable[[F], F]:
    """Return what adds --key, --scale, --temperature and --seed; the command gets one argument `decoding`."""
    kinds = "major, minor, dorian, pentatonic, blues ..."
    key = "Let the model use notes of this key only: a tonic such as D, or with a scale, 'F# minor'."
    cool = "0 takes the likeliest notes of each code, 1 samples them."
    warmth = click.FloatRange(0.0, 10.0)
    parts = (
        click.option("--key", metavar="KEY", help=key),
        click.option("--scale", metavar="NAME", help=f"With --key: the scale ({kinds}). [default: what --key says, or major]"),
        click.option("--temperature", type=warmth, default=temperature, show_default=True, help=cool),
        seed,
    )
    return bundle("decoding", _decoding, ("key", "scale", "temperature", "seed"), parts)


def _decoding(*, key: str | None, scale: str | None, temperature: float, seed: int) -> "Decoding":
    from musicae.music.decoding import Decoding
    from musicae.music.scales import parse_scale

    return Decoding(temperature=temperature, seed=seed, scale=parse_scale(key, scale))


def output(default: str, text: str) -> Callable[[F], F]:
    """Return the option for where results go."""
    return click.option(
        "--output", "-o", type=click.Path(path_type=Path), default=default, show_default=bool(default), help=text
    )
