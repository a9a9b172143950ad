"""Options that several commands share, so that a flag has one name, one default and one help text everywhere."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support import completions
from musicae.cli.support.bundles import bundle

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding

__all__ = [
    "bars",
    "checkpoint",
    "checkpoint_by_input",
    "checkpoint_named",
    "checkpoint_to_sample",
    "count",
    "data",
    "decoding",
    "device",
    "exact",
    "force",
    "keep_tracks",
    "music_file",
    "output",
    "parse_bars",
    "seed",
    "seed_range",
    "split",
    "temperature",
    "track",
    "whole",
]

F = TypeVar("F", bound=Callable[..., Any])

music_file = click.Path(path_type=Path)


def parse_bars(text: str) -> tuple[int, int]:
    """Parse `3-4` or `3` into first and last bar, from 1, inclusive; the type of --bars.

    Raises:
        click.BadParameter: the text is not a range of bars.
    """
    match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a range of bars; give one such as 3-4 (from 1, inclusive).")
    first, last = int(match[1]), int(match[2] or match[1])
    if first < 1:
        raise click.BadParameter(f"{text!r} begins before bar 1; bars are numbered from 1.")
    if last < first:
        raise click.BadParameter(f"{text!r} ends before it begins; did you mean {last}-{first}?")
    return first, last


_CHECKPOINT = "A shipped model (see `musicae models`) or a checkpoint file."


def checkpoint_named(default: str | None, text: str = _CHECKPOINT) -> Callable[[F], F]:
    """Return the option for the model.

    Arguments:
        default: The model if none is named; None leaves the choice to the command.
        text: Its help.
    """
    return click.option(
        "--checkpoint",
        "-c",
        default=default,
        show_default=default is not None,
        metavar="NAME|FILE",
        help=text,
        shell_complete=completions.checkpoints,
    )


checkpoint = checkpoint_named("melody-2bar")
checkpoint_to_sample = checkpoint_named("melody-2bar-sampling")
checkpoint_by_input = checkpoint_named(
    None, f"{_CHECKPOINT} [default: chosen by the input: melody-2bar or, for drums, drums-2bar]"
)
device = click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda|mps", help="Where to compute.")
seed_range = click.IntRange(0, 2**32 - 1)
seed = click.option("--seed", type=seed_range, default=0, show_default=True, help="Seed of everything random.")
force = click.option("--force", is_flag=True, help="Overwrite files that exist.")
track = click.option(
    "--track",
    "tracks",
    multiple=True,
    metavar="N|NAME",
    help="Track of the melody, or of drums, from 1; `drums` are all drum tracks. Give it once for all files, or once per file. "
    "[default: by rule, see `musicae inspect`]",
)
bars = click.option(
    "--bars",
    multiple=True,
    type=parse_bars,
    metavar="M-N",
    help="Bars, from 1, inclusive. Give them once for all files, or once per file. [default: the first full phrase]",
)
whole = click.option(
    "--whole",
    is_flag=True,
    help="Take all bars of the file, window by window, instead of one phrase; bars that no model takes stay as they are.",
)
exact = click.option("--exact", is_flag=True, help="Refine the codes of the inputs until they decode to the inputs' own notes.")
keep_tracks = click.option("--keep-tracks", is_flag=True, help="With --whole: keep the other tracks, untouched.")
split = click.option(
    "--split",
    type=click.Choice(["train", "valid", "test"]),
    default="test",
    show_default=True,
    help="Part of the data to measure on.",
)
data = click.option(
    "--data",
    "data",
    multiple=True,
    metavar="NAME[=PATH]|FOLDER",
    help="A collection (see `musicae data describe`) or a folder of music files; may be given several times. "
    "[default: the four collections that come with music21]",
    shell_complete=completions.collections,
)


def count(default: int, text: str, most: int = 1000) -> Callable[[F], F]:
    """Return the option for the number of results.

    Arguments:
        default: The number if none is given.
        text: What the results are, such as `variations`.
        most: The largest number.
    """
    return click.option(
        "--count", "-n", type=click.IntRange(1, most), default=default, show_default=True, help=f"Number of {text}."
    )


def temperature(default: float, text: str) -> Callable[[F], F]:
    """Return the option for the temperature."""
    return click.option("--temperature", type=click.FloatRange(0.0, 10.0), default=default, show_default=True, help=text)


def decoding(
    default: float = 0.0,
    *,
    scale: bool = True,
    text: str = "0 takes the most likely notes of each code, 1 samples them.",
) -> Callable[[F], F]:
    """Return a decorator that adds --key, --scale, --temperature and --seed; the command gets one argument `decoding`.

    Arguments:
        default: The temperature if none is given.
        scale: Whether the notes can be held to a key, so that --key and --scale apply.
        text: Help of --temperature.
    """
    kinds = "major, minor, dorian, pentatonic, blues ..."
    key = "Let the model use notes of this key only: a tonic such as D, or with a scale, 'F# minor'."
    locks = (
        click.option("--key", metavar="KEY", help=key, shell_complete=completions.keys),
        click.option(
            "--scale",
            metavar="NAME",
            help=f"With --key: the scale ({kinds}). [default: the scale in --key, or major]",
            shell_complete=completions.scales,
        ),
    )
    parts = (*(locks if scale else ()), temperature(default, text), seed)
    names = (*(("key", "scale") if scale else ()), "temperature", "seed")
    return bundle("decoding", _decoding, names, parts)


def _decoding(*, temperature: float, seed: int, key: str | None = None, scale: str | None = None) -> "Decoding":
    from musicae.music.decoding import Decoding
    from musicae.music.scales import parse_scale

    return Decoding(temperature=temperature, seed=seed, scale=parse_scale(key, scale))


def output(default: str, text: str) -> Callable[[F], F]:
    """Return the option for where results go."""
    return click.option(
        "--output", "-o", type=click.Path(path_type=Path), default=default, show_default=bool(default), help=text
    )
