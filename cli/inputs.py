"""Files to phrases, for the commands that start from one phrase of each file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli import options

if TYPE_CHECKING:
    from musicae.music import MusicModel
    from musicae.phrase import Phrase

__all__ = ["place", "take"]

F = TypeVar("F", bound=Callable[..., Any])


def place(function: F) -> F:
    """Add --track and --bars."""
    track = click.option("--track", metavar="N|NAME", help="Melody track, from 1. [default: by rule, see `musicae inspect`]")
    text = "Bars, from 1, inclusive. [default: the first full phrase]"
    bars = click.option("--bars", type=options.bars, metavar="M-N", help=text)
    decorated: F = track(bars(function))
    return decorated


def take(
    paths: Sequence[Path],
    checkpoint: str,
    device: str,
    *,
    track: str | None = None,
    bars: tuple[int, int] | None = None,
) -> tuple["MusicModel", list["Phrase"]]:
    """Read files, load a model, take a phrase of each, and tell on stderr which."""
    from musicae.midi import read_midi

    scores = [read_midi(path) for path in paths]  # bad files are told before torch is imported, which takes seconds

    from musicae.music import load

    model = load(checkpoint, device=device)
    phrases = [model.phrase(score, track=track, bars=bars, where=str(path)) for path, score in zip(paths, scores, strict=True)]
    for path, phrase in zip(paths, phrases, strict=True):
        click.echo(f"{path}: track {phrase.track}, bars {phrase.bar_numbers}", err=True)
    return model, phrases
