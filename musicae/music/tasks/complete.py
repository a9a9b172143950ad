"""`complete`: keep a part of a tune and fill the rest (see `musicae.music.latent.infill` and `musicae.music.tasks.filling`)."""

from collections.abc import Sequence

import torch

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Phrase, to_score
from musicae.music.excerpts.piece import Piece
from musicae.music.latent.infill import infill
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.score import Score
from musicae.music.tasks.filling import fill

__all__ = ["complete"]


def complete(
    model: MusicModel,
    source: MusicSource | Piece,
    given: Sequence[bool],
    count: int = 1,
    decoding: Decoding = GREEDY,
) -> list[Score]:
    """Keep a part of a tune, or of a drum pattern, and fill the rest.

    Given notes are kept as they are. In a piece so is everything in given bars, note for note.

    Arguments:
        model: The model.
        source: A path, a score or a phrase: one phrase is taken. A piece: all of its bars, silent ones too.
        given: What to keep: of a phrase one flag per time step of its window, of a piece one flag per bar of its score.
        count: How many ways to fill the rest.
        decoding: How the new notes are chosen.

    Returns:
        `count` scores: the phrase, or the whole piece.

    Raises:
        ParameterError: a count below 1, another number of flags, or nothing to fill.
        MidiError: the file cannot be read, or has no such part.
        RepresentationError: the bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> phrase = model.phrase("examples/tunes/a-reel.mid")
        >>> given = [step < len(phrase.window.tokens) // 2 for step in range(len(phrase.window.tokens))]  # the first bar
        >>> ways = musicae.complete(model, phrase, given, count=2)
        >>> len(ways)
        2

        Fill the fourth and the fifth bar of a whole piece:

        >>> reel = model.piece("examples/tunes/a-reel.mid")
        >>> [score] = musicae.complete(model, reel, [bar.number not in (4, 5) for bar in reel.score.bars()])
        >>> len(score.bars())
        17
    """
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    if isinstance(source, Piece):
        _check(given, len(source.score.bars()), "The piece has {} bars", "bars")
        return fill(model, source, [not flag for flag in given], count, decoding)
    phrase = model.phrase(source)
    _check(given, len(phrase.window.tokens), "The window has {} time steps", "time steps")
    return _complete_phrase(model, phrase, given, count, decoding)


def _check(given: Sequence[bool], length: int, holder: str, unit: str) -> None:
    if len(given) != length:
        raise ParameterError(f"{holder.format(length)}, but {len(given)} flags were given.")
    if all(given):
        raise ParameterError(f"All {unit} are given, so there is nothing to fill.")


def _complete_phrase(model: MusicModel, phrase: Phrase, given: Sequence[bool], count: int, decoding: Decoding) -> list[Score]:
    x = GridBatch.from_windows([phrase.window] * count).to(model.device)
    mask = torch.tensor([list(given)] * count, device=model.device)
    bias = model.scale_bias(decoding.scale)
    done = infill(model.network, x, mask, temperature=decoding.temperature, seed=decoding.seed, logit_bias=bias)
    return [to_score(window, phrase.manner, model.representation) for window in done.windows.windows()]
