"""Files to models and phrases, for the commands that start from the music in files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli import options

if TYPE_CHECKING:
    from musicae.music import MusicModel
    from musicae.phrase import Phrase
    from musicae.score import Score

__all__ = ["TRACK", "Models", "load_for", "place", "take"]

TRACK = "Track of the melody, or of drums, from 1; `drums` are all drum tracks. [default: by rule, see `musicae inspect`]"

F = TypeVar("F", bound=Callable[..., Any])


def place(function: F) -> F:
    """Add --track and --bars."""
    track = click.option("--track", metavar="N|NAME", help=TRACK)
    text = "Bars, from 1, inclusive. [default: the first full phrase]"
    bars = click.option("--bars", type=options.bars, metavar="M-N", help=text)
    decorated: F = track(bars(function))
    return decorated


def take(
    paths: Sequence[Path],
    checkpoint: str | None,
    device: str,
    *,
    track: str | None = None,
    bars: tuple[int, int] | None = None,
) -> tuple["MusicModel", list["Phrase"]]:
    """Read files, load a model, take a phrase of each, and tell on stderr which.

    Without a checkpoint the model is chosen by what the files are (see `musicae.routing`).
    """
    from musicae.midi import read_midi

    scores = [read_midi(path) for path in paths]  # bad files are told before torch is imported, which takes seconds
    model = load_for(paths, scores, [track] * len(paths), checkpoint, device)
    phrases = [model.phrase(score, track=track, bars=bars, where=str(path)) for path, score in zip(paths, scores, strict=True)]
    for path, phrase in zip(paths, phrases, strict=True):
        click.echo(f"{path}: track {phrase.track}, bars {phrase.bar_numbers}", err=True)
    return model, phrases


def load_for(
    paths: Sequence[Path],
    scores: "Sequence[Score]",
    tracks: Sequence[str | None],
    checkpoint: str | None,
    device: str,
) -> "MusicModel":
    """Load the model of a checkpoint, or, where none is given, the one for what the files are.

    Arguments:
        paths: The files.
        scores: What is in them.
        tracks: The track wanted of each, or None.
        checkpoint: Name or file, or None.
        device: Where to compute.
    """
    if checkpoint is None:
        from musicae.routing import default_model

        checkpoint = default_model([(str(p), s, t) for p, s, t in zip(paths, scores, tracks, strict=True)])

    from musicae.music import load

    return load(checkpoint, device=device)


class Models:
    """The models for files that are worked on one by one, each loaded once.

    Arguments:
        checkpoint: Name or file of the model for all of them, loaded at once; None chooses by what each file is.
        device: Where to compute.
    """

    def __init__(self, checkpoint: str | None, device: str) -> None:
        from musicae.machine import pick_device
        from musicae.music import load

        pick_device(device)  # one that does not exist concerns all files
        self._device = device
        self._given = None if checkpoint is None else load(checkpoint, device=device)
        self._loaded: dict[str, MusicModel] = {}

    def __call__(self, path: Path, score: "Score", track: str | None) -> "MusicModel":
        """Return the model for a file."""
        if self._given is not None:
            return self._given

        from musicae.routing import default_model

        name = default_model([(str(path), score, track)])
        if name not in self._loaded:
            from musicae.music import load

            self._loaded[name] = load(name, device=self._device)
        return self._loaded[name]
