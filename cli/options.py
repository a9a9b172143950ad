"""Options that several commands share, so that a flag has one name, one default and one help text everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["checkpoint", "data", "device", "force", "midi_file", "output", "seed", "temperature"]

F = TypeVar("F", bound=Callable[..., Any])

midi_file = click.Path(path_type=Path)

checkpoint = click.option(
    "--checkpoint",
    "-c",
    default="melody-2bar",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped model (see `musicae models`) or a file that `musicae train` wrote.",
)
device = click.option("--device", default="auto", show_default=True, metavar="auto|cpu|cuda|mps", help="Where to compute.")
seed = click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
force = click.option("--force", is_flag=True, help="Overwrite files that exist.")
temperature = click.option(
    "--temperature", type=click.FloatRange(0.0, 10.0), default=0.0, show_default=True, help="0 takes the likeliest notes."
)
data = click.option(
    "--data",
    "data",
    multiple=True,
    metavar="NAME[=PATH]|FOLDER",
    help="A collection (see `musicae data describe`) or a folder of MIDI files; may be given several times. "
    "[default: the four collections that come with music21]",
)


def output(default: str, text: str) -> Callable[[F], F]:
    """Return the option for where results go."""
    return click.option(
        "--output", "-o", type=click.Path(path_type=Path), default=default, show_default=bool(default), help=text
    )
