"""`mean`: the tune in the middle of several phrases or pieces."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Manner
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.paired_pieces import pair
from musicae.music.tasks.pieces import phrases_or_pieces

__all__ = ["mean", "mean_code"]


def mean(model: MusicModel, sources: Sequence[MusicSource | Piece], decoding: Decoding = GREEDY) -> Score:
    """Return the tune in the middle of several: the mean of their codes on the sphere (see `mean_code`).

    It has the bars, metre, instrument and key of the first; tempo (geometric) and loudness are means. The windows of pieces are
    paired in order, and a piece with fewer windows is repeated; kept bars and other tracks are those of the first piece.

    Arguments:
        model: The model.
        sources: The tunes, at least two: paths, scores and phrases (one phrase of each is taken), or pieces (all of their
            bars).
        decoding: How notes are chosen.

    Raises:
        ParameterError: fewer than two tunes, or phrases with pieces.
        MidiError: a file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> score = musicae.mean(model, ["examples/tunes/a-reel.mid", "examples/tunes/b-reel.mid"])
        >>> len(score.bars())
        2
    """
    if len(sources) < 2:
        raise ParameterError(f"A mean needs at least two tunes, got {len(sources)}.")
    phrases, pieces = phrases_or_pieces(model, sources)
    if pieces:
        return _mean_of_pieces(model, pieces, decoding)
    like = replace(phrases[0], manner=_mean_manner([p.manner for p in phrases]))
    return model.decode(mean_code(model.encode(*phrases).mode), like, decoding)[0]


def _mean_of_pieces(model: MusicModel, sources: Sequence[Piece], decoding: Decoding) -> Score:
    pieces = pair(model, sources)
    z = torch.stack([mean_code(codes) for codes in torch.stack(pieces.codes_for(0), dim=1)])
    manners = [_mean_manner(m) for m in zip(*pieces.manners_for(0), strict=True)]
    score = pieces.decode(model, 0, z, manners, decoding)
    return pieces.paced(score, 0, [1 / len(sources)] * len(sources))


def mean_code(codes: Tensor) -> Tensor:
    """Return the mean of codes on the sphere: their mean direction, at their mean length.

    The mean of two codes is what `musicae.core.latent.slerp` gives halfway. Codes that cancel out have no mean direction; the
    plain mean is returned for them.

    Arguments:
        codes: Shape (N, Z).

    Returns:
        Shape (Z,).
    """
    lengths = codes.norm(dim=1, keepdim=True)
    direction = (codes / lengths.clamp(min=1e-12)).mean(0)
    if direction.norm() < 1e-4:
        return codes.mean(0)
    middle: Tensor = direction / direction.norm() * lengths.mean()
    return middle


def _mean_manner(manners: Sequence[Manner]) -> Manner:
    qpm = math.exp(sum(math.log(m.qpm) for m in manners) / len(manners))
    return replace(manners[0], qpm=qpm, velocity=round(sum(m.velocity for m in manners) / len(manners)))
