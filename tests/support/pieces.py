"""Models and scores with which whole pieces are tested."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from musicae import Note, Score, Track
from musicae.music.excerpts.phrase import Phrase, to_score
from musicae.music.excerpts.piece import Piece, cut
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.kinds import kind_of
from musicae.music.model import MusicModel
from musicae.music.representations import MelodyGrid, Representation, WindowSpec


class Echo:
    """A model that returns the windows it is given, so that only cutting and stitching are left to be tested."""

    def __init__(self, bars: int = 2, max_bar_steps: int = 32, representation: Representation | None = None) -> None:
        self.representation = representation or MelodyGrid()
        self.spec = WindowSpec(self.representation, bars, max_bar_steps=max_bar_steps)
        self.bars, self.kind = bars, kind_of(self.representation)

    def piece(self, source: Score | Path | Piece, **options: Any) -> Piece:
        return source if isinstance(source, Piece) else cut(source, self.spec, self.kind.tracks, **options)

    def encode(self, *phrases: Phrase) -> Any:
        return SimpleNamespace(mode=torch.zeros(len(phrases), 4))

    def decode(self, z: torch.Tensor, like: list[Phrase], *options: object) -> list[Score]:
        return [to_score(p.window, p.manner, self.representation) for p in like]


def echo(bars: int = 2, max_bar_steps: int = 32, representation: Representation | None = None) -> MusicModel:
    model: Any = Echo(bars, max_bar_steps, representation)
    result: MusicModel = model
    return result


def melody(*notes: tuple[float, float, int], **rest: Any) -> Score:
    """Return a score of one track from onsets, durations and pitches."""
    return Score((Track(tuple(Note(*n) for n in notes)),), **rest)


def notes(score: Score) -> list[tuple[float, float, int]]:
    """Return onsets, durations and pitches of the notes of all tracks."""
    return [(n.onset, n.duration, n.pitch) for track in score.tracks for n in track.notes]


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
