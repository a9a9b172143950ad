"""Models and scores with which whole pieces are tested."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from musicae import MelodyGrid, Note, Score, Track, read_midi, write_midi
from musicae.music.excerpts.phrase import Phrase, check_bars, to_score
from musicae.music.model import MusicModel
from musicae.music.score import Bar


class Echo:
    """A model that gives back what it is given, so that only cutting and stitching are left to be tested."""

    def __init__(self, bars: int = 2, max_bar_steps: int = 32) -> None:
        self.bars, self.representation, self.max_bar_steps = bars, MelodyGrid(), max_bar_steps

    def refusal(self, bars: list[Bar]) -> str | None:
        return check_bars(self.representation, bars, max_steps=None, max_bar_steps=self.max_bar_steps)

    def encode(self, *phrases: Phrase) -> Any:
        return SimpleNamespace(mode=torch.zeros(len(phrases), 4))

    def decode(self, z: torch.Tensor, like: list[Phrase], **options: object) -> list[Score]:
        return [to_score(p.window, p.manner, self.representation) for p in like]


def echo(bars: int = 2, max_bar_steps: int = 32) -> MusicModel:
    model: Any = Echo(bars, max_bar_steps)
    made: MusicModel = model
    return made


def melody(*notes: tuple[float, float, int], **rest: Any) -> Score:
    """Return a score of one track from onsets, durations and pitches."""
    return Score((Track(tuple(Note(*n) for n in notes)),), **rest)


def facts(score: Score) -> tuple[Any, ...]:
    """Return what a whole piece keeps."""
    return [(b.start, b.length, b.numerator, b.denominator) for b in score.bars()], score.time_signatures, score.keys


def reread(score: Score, folder: Path) -> Score:
    path = folder / "whole.mid"
    write_midi(score, path)
    return read_midi(path)


def four(bars: int, **rest: Any) -> Score:
    """Return `bars` bars of 4/4 in quarters."""
    return melody(*((float(i), 1.0, 60 + i % 5) for i in range(4 * bars)), **rest)
