"""`sample`: new music from the prior."""

import torch

from musicae.errors import ParameterError
from musicae.music.decoding import NATURAL, Decoding
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.pieces import decode_windows, reseeded

__all__ = ["sample"]


def sample(
    model: MusicModel,
    count: int = 1,
    *,
    like: MusicSource | Piece | None = None,
    metre: str | None = None,
    qpm: float | None = None,
    decoding: Decoding = NATURAL,
) -> list[Score]:
    """Return new music, decoded from codes drawn from the prior.

    Arguments:
        model: The model.
        count: Number of scores.
        like: Music that gives bars, tempo, loudness and instrument: a path, a score or a phrase (one phrase is taken), or a
            piece, each of whose windows is replaced by a draw. [default: bars of `metre` at `qpm`]
        metre: Time signature of the scores. [default: that of the music that a personal model was trained on, or 4/4]
        qpm: Tempo in quarter notes per minute. [default: 120]
        decoding: How notes are chosen; its seed also draws the codes.

    Raises:
        ParameterError: `count` is below 1, `qpm` is out of range, `metre` is not a valid time signature or has bars longer than
            the model supports, or `like` is given with a metre or a tempo.
        MidiError: the file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar-sampling")
        >>> scores = musicae.sample(model, 3, metre="6/8", decoding=musicae.Decoding(temperature=0.5, seed=1))
        >>> [len(score.bars()) for score in scores]
        [2, 2, 2]
    """
    if like is None:
        return model.sample(count, metre=metre, qpm=120.0 if qpm is None else qpm, decoding=decoding)
    if metre is not None or qpm is not None:
        raise ParameterError("`like` gives the metre and the tempo; give it alone, or a metre and a tempo without it.")
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    generator = torch.Generator().manual_seed(decoding.seed)
    if not isinstance(like, Piece):
        return model.decode(torch.randn(count, model.network.latent_size, generator=generator), model.phrase(like), decoding)
    draws = torch.randn(count, len(like.windows), model.network.latent_size, generator=generator)
    return [decode_windows(model, like, z, reseeded(decoding, number)) for number, z in enumerate(draws)]
