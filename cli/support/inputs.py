"""Files to models, phrases and pieces, for the commands that start from the music in files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support import options
from musicae.cli.support.bundles import bundle
from musicae.cli.support.loading import load_music
from musicae.cli.support.result_lines import listing

if TYPE_CHECKING:
    from musicae.music.excerpts.phrase import Phrase
    from musicae.music.excerpts.piece import KeptBars, Piece
    from musicae.music.model import MusicModel
    from musicae.music.score import Score

__all__ = ["Excerpt", "Models", "Reading", "in_words", "load_for", "reading", "unchanged"]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

SHOWN_KEPT = 3  # runs of bars that stay as they are, named in the text for people


@dataclass(frozen=True)
class Excerpt:
    """The part of a file that a command works on.

    Arguments:
        path: The file.
        music: A phrase, or the whole piece.
    """

    path: Path
    music: "Phrase | Piece"

    @property
    def phrase(self) -> "Phrase":
        """The phrase, for commands without --whole."""
        from musicae.music.excerpts.phrase import Phrase

        assert isinstance(self.music, Phrase)
        return self.music

    @property
    def track(self) -> int:
        """Number of the track, from 1."""
        from musicae.music.excerpts.piece import Piece

        return self.music.track + 1 if isinstance(self.music, Piece) else self.music.track

    @property
    def bars(self) -> str:
        """Numbers of the first and the last bar, such as `3-4`."""
        from musicae.music.excerpts.piece import Piece

        return f"1-{len(self.music.score.bars())}" if isinstance(self.music, Piece) else self.music.bar_numbers

    @property
    def facts(self) -> dict[str, Any]:
        """What JSON names: file, track and bars; of a piece also its windows, and the bars that stay as they are."""
        from musicae.music.excerpts.piece import Piece

        facts: dict[str, Any] = {"file": str(self.path), "track": self.track, "bars": self.bars}
        if isinstance(self.music, Piece):
            facts["windows"] = len(self.music.windows)
            facts["kept"] = [{"bars": k.bar_numbers, "reason": k.reason} for k in self.music.kept]
        return facts

    def __str__(self) -> str:
        """Return what people read, as in `tune.mid (track 1, bars 3-4)`."""
        from musicae.music.excerpts.piece import Piece

        rest = unchanged(self.music.kept) if isinstance(self.music, Piece) else ""
        return f"{self.path} (track {self.track}, bars {self.bars}{rest})"


@dataclass(frozen=True)
class Reading:
    """Which part of each file is taken, and the model for all of them.

    Arguments:
        tracks: What --track gave: nothing, a track for all files, or one per file.
        bars: What --bars gave, likewise.
        checkpoint: Name or file of a model; None chooses by what the files are (see `musicae.music.kinds.default_model`).
        device: Where to compute.
        whole: Whether all bars are taken.
        keep_tracks: Whether the other tracks are kept.

    Raises:
        click.UsageError: --whole, --keep-tracks and --bars do not go together.
    """

    tracks: tuple[str, ...]
    bars: tuple[tuple[int, int], ...]
    checkpoint: str | None
    device: str
    whole: bool = False
    keep_tracks: bool = False

    def __post_init__(self) -> None:
        if self.whole and self.bars:
            raise click.UsageError("--whole takes all bars; give either --whole or --bars.")
        if self.keep_tracks and not self.whole:
            raise click.UsageError("--keep-tracks goes with --whole, which takes all bars of the file.")

    def take(self, *paths: Path) -> tuple["MusicModel", list[Excerpt]]:
        """Read files, load a model, and take a part of each.

        Raises:
            click.UsageError: --track or --bars was given neither once nor once per file.
        """
        from musicae.music.formats import read

        self.check(len(paths))
        tracks = _per_file("--track", self.tracks, len(paths))
        scores = [read(path) for path in paths]  # bad files are reported before torch is imported, which takes seconds
        model = load_for(paths, scores, tracks, self.checkpoint, self.device)
        return model, [self.excerpt(model, path, scores[i], number=i, of=len(paths)) for i, path in enumerate(paths)]

    def check(self, count: int) -> None:
        """Check that --track and --bars were given once, or once per file.

        Raises:
            click.UsageError: they were not.
        """
        _per_file("--track", self.tracks, count)
        _per_file("--bars", self.bars, count)

    def track(self, number: int, count: int) -> str | None:
        """Return what --track gave for file `number` (from 0) of `count`."""
        return _per_file("--track", self.tracks, count)[number]

    def excerpt(self, model: "MusicModel", path: Path, score: "Score", *, number: int = 0, of: int = 1) -> Excerpt:
        """Take the part that was asked for of a score.

        Arguments:
            model: The model.
            path: The file.
            score: Its content.
            number: Its place among the files, from 0.
            of: Number of files.
        """
        track = self.track(number, of)
        if self.whole:
            return Excerpt(path, model.piece(score, track=track, where=str(path), keep_tracks=self.keep_tracks))
        bars = _per_file("--bars", self.bars, of)[number]
        return Excerpt(path, model.phrase(score, track=track, bars=bars, where=str(path)))


def reading(checkpoint: Callable[[Any], Any], *, whole: bool = True) -> Callable[[F], F]:
    """Return a decorator that adds --track, --bars, --whole and --keep-tracks, a checkpoint option and --device.

    The command gets one argument `reading`.

    Arguments:
        checkpoint: The checkpoint option.
        whole: Whether the command takes whole pieces.
    """
    parts = [options.track, options.bars, *((options.whole, options.keep_tracks) if whole else ()), checkpoint, options.device]
    names = ["tracks", "bars", *(("whole", "keep_tracks") if whole else ()), "checkpoint", "device"]
    return bundle("reading", Reading, names, parts)


def in_words(excerpts: Sequence[Excerpt]) -> str:
    """Return the parts of several files as people read them."""
    return listing([str(excerpt) for excerpt in excerpts])


def unchanged(bars: "Sequence[KeptBars]") -> str:
    """Return the bars that stay as they are, with the reasons, as in `; unchanged: bars 1 (pick-up) and 7-8 (silent)`."""
    if not bars:
        return ""
    words = [f"{k.bar_numbers} ({k.reason})" for k in bars[:SHOWN_KEPT]]
    more = len(bars) - len(words)
    noun = "bar" if len(bars) == 1 and bars[0].first == bars[0].last else "bars"
    return f"; unchanged: {noun} {', '.join(words)} and {more} more" if more else f"; unchanged: {noun} {listing(words)}"


def _per_file(option: str, values: Sequence[T], count: int) -> list[T | None]:
    """Return what an option gave for each of `count` files."""
    if len(values) <= 1:
        return [values[0] if values else None] * count
    if len(values) != count:
        remedy = "give it once" if count == 1 else f"give it once for all files, or {count} times, once per file"
        raise click.UsageError(f"{option} was given {len(values)} times; {remedy}.")
    return list(values)


def load_for(
    paths: Sequence[Path],
    scores: "Sequence[Score]",
    tracks: Sequence[str | None],
    checkpoint: str | None,
    device: str,
) -> "MusicModel":
    """Load the model of a checkpoint, or, if none is given, the one for the kind of music in the files.

    Arguments:
        paths: The files.
        scores: Their content.
        tracks: The track asked for of each, or None.
        checkpoint: Name or file, or None.
        device: Where to compute.
    """
    if checkpoint is None:
        from musicae.music.kinds.default_model import default_model

        checkpoint = default_model([(str(p), s, t) for p, s, t in zip(paths, scores, tracks, strict=True)])

    return load_music(checkpoint, device)


class Models:
    """The models for files that are worked on one by one, each loaded once.

    Arguments:
        checkpoint: Name or file of the model for all of them, loaded at once; None chooses by the kind of music in each.
        device: Where to compute.
    """

    def __init__(self, checkpoint: str | None, device: str) -> None:
        self._given = None if checkpoint is None else load_music(checkpoint, device)
        self._device = device

        from musicae.core.device import pick_device

        pick_device(device)  # one that does not exist concerns all files
        self._loaded: dict[str, MusicModel] = {}

    def __call__(self, path: Path, score: "Score", track: str | None) -> "MusicModel":
        """Return the model for a file."""
        if self._given is not None:
            return self._given

        from musicae.music.kinds.default_model import default_model

        name = default_model([(str(path), score, track)])
        if name not in self._loaded:
            self._loaded[name] = load_music(name, self._device)
        return self._loaded[name]
