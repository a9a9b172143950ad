"""`continuation`: bars that follow a phrase."""

from dataclasses import replace

import numpy as np

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Manner, Phrase, to_score
from musicae.music.latent.infill import infill
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.score import Bar, Score
from musicae.music.tasks.pieces import reseeded

__all__ = ["continuation"]


def continuation(
    model: MusicModel, source: MusicSource, bars: int = 4, count: int = 1, decoding: Decoding = GREEDY
) -> list[Score]:
    """Write bars that follow a phrase.

    The last half of the model's bars is taken as given and the other half completed, again and again. New bars have the metre
    of the phrase's last one.

    Arguments:
        model: The model, of at least two bars.
        source: The phrase.
        bars: How many bars to write.
        count: How many continuations.
        decoding: How the new notes are chosen.

    Returns:
        Scores of the phrase with its continuation.

    Raises:
        ParameterError: a number of bars or a count below 1, or a model of one bar.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> [score] = musicae.continuation(model, "examples/tunes/a-reel.mid", bars=4)
        >>> len(score.bars())
        6
    """
    if bars < 1 or count < 1:
        raise ParameterError(f"bars and count must be at least 1, got {bars} and {count}.")
    if model.bars < 2:
        raise ParameterError("A model of one bar cannot continue a phrase; choose one of two bars or more.")
    phrase = model.phrase(source)
    bias = model.scale_bias(decoding.scale)
    windows = [phrase.window] * count
    given_bars = model.bars - model.bars // 2
    for turn in range(-(-bars // (model.bars // 2))):
        tails = [_tail(model, window, given_bars) for window in windows]
        x = GridBatch.from_windows(tails).to(model.device)
        given = x.bar_index < given_bars
        seed = reseeded(decoding, turn).seed
        done = infill(model.network, x, given, temperature=decoding.temperature, seed=seed, logit_bias=bias)
        windows = [_append(w, made, given_bars) for w, made in zip(windows, done.windows.windows(), strict=True)]
    return [to_score(_first(w, model.bars + bars), _longer(phrase, bars), model.representation) for w in windows]


def _tail(model: MusicModel, window: GridWindow, given_bars: int) -> GridWindow:
    """Return the last `given_bars` bars, a note that is held into them beginning there, and empty ones after them."""
    counts = window.bar_steps[-given_bars:] + window.bar_steps[-1:] * (model.bars - given_bars)
    grid = model.representation
    start = grid.quarters(window.bar_steps[:-given_bars])
    bars = []
    for number, steps in enumerate(counts, 1):
        length = grid.quarters((steps,))
        bars.append(Bar(number, start, length, round(16 * length), 64))
        start += length
    return grid.encode(grid.decode(window), bars)


def _append(window: GridWindow, made: GridWindow, given_bars: int) -> GridWindow:
    """Return a window with the bars of `made` after its first `given_bars` ones."""
    old = sum(made.bar_steps[:given_bars])
    values = None
    if window.values is not None and made.values is not None:
        values = np.concatenate([window.values, made.values[old:]])
    tokens = np.concatenate([window.tokens, made.tokens[old:]])
    return GridWindow(tokens, window.bar_steps + made.bar_steps[given_bars:], values)


def _first(window: GridWindow, bars: int) -> GridWindow:
    steps = sum(window.bar_steps[:bars])
    return GridWindow(window.tokens[:steps], window.bar_steps[:bars], None if window.values is None else window.values[:steps])


def _longer(phrase: Phrase, bars: int) -> Manner:
    return replace(phrase.manner, metres=phrase.manner.metres + phrase.manner.metres[-1:] * bars)
