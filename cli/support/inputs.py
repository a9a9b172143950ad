"""Files to models and phrases, for the commands that start from the music in files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support import options
from musicae.cli.support.bundles import bundle

if TYPE_CHECKING:
    from musicae.music.excerpts.phrase import Phrase
    from musicae.music.excerpts.piece import Piece
    from musicae.music.model import MusicModel
    from musicae.music.score import Score

__all__ = ["TRACK", "Models", "Reading", "load_for", "reading"]

TRACK = "Track of the melody, or of drums, from 1; `drums` are all drum tracks. [default: by rule, see `musicae inspect`]"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Reading:
    """Which phrase of each file is taken, and the model for them.

    Arguments:
        track: What --track gave.
        bars: What --bars gave.
        checkpoint: Name or file of a model; None chooses by what the files are (see `musicae.music.kinds.default_model`).
        device: Where to compute.
    """

    track: str | None
    bars: tuple[int, int] | None
    checkpoint: str | None
    device: str

    def take(self, *paths: Path) -> tuple["MusicModel", list["Phrase"]]:
        """Read files, load a model, take a phrase of each, and tell on stderr which."""
        from musicae.music.formats.midi import read_midi

        scores = [read_midi(path) for path in paths]  # bad files are told before torch is imported, which takes seconds
        model = load_for(paths, scores, [self.track] * len(paths), self.checkpoint, self.device)
        phrases = []
        for path, score in zip(paths, scores, strict=True):
            phrases.append(model.phrase(score, track=self.track, bars=self.bars, where=str(path)))
            click.echo(f"{path}: track {phrases[-1].track}, bars {phrases[-1].bar_numbers}", err=True)
        return model, phrases

    def cut(self, path: Path, *, keep_tracks: bool) -> tuple["MusicModel", "Piece"]:
        """Read a file, load a model, and cut all bars of the file into phrases."""
        from musicae.music.formats.midi import read_midi

        score = read_midi(path)
        model = load_for([path], [score], [self.track], self.checkpoint, self.device)
        return model, model.piece(score, track=self.track, where=str(path), keep_tracks=keep_tracks)


def reading(checkpoint: Callable[[Any], Any]) -> Callable[[F], F]:
    """Return what adds --track, --bars, a checkpoint option and --device; the command gets one argument `reading`."""
    text = "Bars, from 1, inclusive. [default: the first full phrase]"
    parts = (
        click.option("--track", metavar="N|NAME", help=TRACK),
        click.option("--bars", type=options.bars, metavar="M-N", help=text),
        checkpoint,
        options.device,
    )
    return bundle("reading", Reading, ("track", "bars", "checkpoint", "device"), parts)


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
        from musicae.music.kinds.default_model import default_model

        checkpoint = default_model([(str(p), s, t) for p, s, t in zip(paths, scores, tracks, strict=True)])

    from musicae.music.model import load

    return load(checkpoint, device=device)


class Models:
    """The models for files that are worked on one by one, each loaded once.

    Arguments:
        checkpoint: Name or file of the model for all of them, loaded at once; None chooses by what each file is.
        device: Where to compute.
    """

    def __init__(self, checkpoint: str | None, device: str) -> None:
        from musicae.core.device import pick_device
        from musicae.music.model import load

        pick_device(device)  # one that does not exist concerns all files
        self._device = device
        self._given = None if checkpoint is None else load(checkpoint, device=device)
        self._loaded: dict[str, MusicModel] = {}

    def __call__(self, path: Path, score: "Score", track: str | None) -> "MusicModel":
        """Return the model for a file."""
        if self._given is not None:
            return self._given

        from musicae.music.kinds.default_model import default_model

        name = default_model([(str(path), score, track)])
        if name not in self._loaded:
            from musicae.music.model import load

            self._loaded[name] = load(name, device=self._device)
        return self._loaded[name]
