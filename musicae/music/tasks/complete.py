"""`complete`: keep a part of a tune and fill the rest (see `musicae.music.latent.infill`)."""

from collections.abc import Sequence

import torch

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import to_score
from musicae.music.latent.infill import infill
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.score import Score

__all__ = ["complete"]


def complete(
    model: MusicModel,
    source: MusicSource,
    given: Sequence[bool],
    count: int = 1,
    decoding: Decoding = GREEDY,
) -> list[Score]:
    """Keep a part of a tune, or of a drum pattern, and let the model find the rest.

    Arguments:
        model: The model.
        source: The tune.
        given: Which time steps to keep, one flag for each of its window.
        count: How many ways to fill the rest.
        decoding: How the new notes are chosen.

    Raises:
        ParameterError: a count below 1, not one flag for each time step, or nothing to fill.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> phrase = model.phrase("examples/tunes/a-reel.mid")
        >>> given = [step < len(phrase.window.tokens) // 2 for step in range(len(phrase.window.tokens))]  # the first bar
        >>> ways = musicae.complete(model, phrase, given, count=2)
        >>> len(ways)
        2
    """
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    phrase = model.phrase(source)
    if len(given) != len(phrase.window.tokens):
        raise ParameterError(f"The window has {len(phrase.window.tokens)} time steps, but {len(given)} flags were given.")
    if all(given):
        raise ParameterError("All time steps are given, so there is nothing to fill.")
    x = GridBatch.from_windows([phrase.window] * count).to(model.device)
    mask = torch.tensor([list(given)] * count, device=model.device)
    bias = model.scale_bias(decoding.scale)
    done = infill(model.network, x, mask, temperature=decoding.temperature, seed=decoding.seed, logit_bias=bias)
    return [to_score(window, phrase.manner, model.representation) for window in done.windows.windows()]
