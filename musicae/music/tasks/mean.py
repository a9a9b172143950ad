"""`mean`: the tune in the middle of several."""

import math
from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Manner
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score

__all__ = ["mean", "mean_code"]


def mean(model: MusicModel, sources: Sequence[MusicSource], decoding: Decoding = GREEDY) -> Score:
    """Return the tune in the middle of several: the mean of their codes on the sphere (see `mean_code`).

    It has the bars, metre, instrument and key of the first; tempo (geometric) and loudness are means.

    Arguments:
        model: The model.
        sources: The tunes, at least two.
        decoding: How notes are chosen.

    Raises:
        ParameterError: fewer than two tunes.
        MidiError: a file cannot be read, or holds no melody.
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
    phrases = [model.phrase(source) for source in sources]
    like = replace(phrases[0], manner=_mean_manner([p.manner for p in phrases]))
    z = mean_code(model.encode(*phrases).mode)
    return model.decode(z, like, decoding)[0]


def mean_code(codes: Tensor) -> Tensor:
    """Return the mean of codes on the sphere: their mean direction, at their mean length.

    Of two codes it is what `musicae.core.latent.slerp` gives halfway. Codes that cancel out have no mean direction; the plain mean
    is returned then.

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
