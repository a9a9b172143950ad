"""`vary`: neighbours of a phrase or a piece."""

import torch
from torch import Tensor

from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.pieces import codes_of, decode_windows, reseeded

__all__ = ["vary"]


def vary(
    model: MusicModel, source: MusicSource | Piece, count: int = 4, distance: float = 0.3, decoding: Decoding = GREEDY
) -> list[Score]:
    """Return neighbours of a source: each lies some way along the great circle from its code to a draw from the prior.

    Arguments:
        model: The model.
        source: A path, a score or a phrase (one phrase is taken), or a piece, each of whose windows goes its own way.
        count: Number of neighbours.
        distance: How far to go: 0 is the reconstruction itself, 1 a new sample.
        decoding: How notes are chosen; its seed also draws the directions, which are the same at any distance.

    Raises:
        ParameterError: a count below 1, or a distance outside 0 to 1.
        MidiError: the file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> scores = musicae.vary(model, "examples/tunes/a-reel.mid", count=3, distance=0.3)
        >>> len(scores)
        3
    """
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    if not 0 <= distance <= 1:
        raise ParameterError(f"distance must lie between 0 (the tune itself) and 1 (a new sample), got {distance}.")
    if isinstance(source, Piece):
        codes = codes_of(model, source)[0]
        draws = _draws(decoding.seed, codes, count, *codes.shape)
        return [
            decode_windows(model, source, slerp(codes, draw, distance), reseeded(decoding, number))
            for number, draw in enumerate(draws)
        ]
    phrase = model.phrase(source)
    code = model.encode(phrase).mode
    draws = _draws(decoding.seed, code, count, code.shape[1])
    return model.decode(slerp(code.expand(count, -1), draws, distance), phrase, decoding)


def _draws(seed: int, like: Tensor, *shape: int) -> Tensor:
    """Return codes drawn from the prior, on the device of `like`."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(like)
