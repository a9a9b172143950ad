"""`continuation`: bars that follow a phrase or a piece."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Manner, Phrase, to_score
from musicae.music.excerpts.piece import Piece
from musicae.music.latent.infill import infill
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.score import Bar, Score
from musicae.music.tasks.filling import fill
from musicae.music.tasks.pieces import reseeded

__all__ = ["continuation"]


def continuation(
    model: MusicModel, source: MusicSource | Piece, bars: int = 4, count: int = 1, decoding: Decoding = GREEDY
) -> list[Score]:
    """Write bars that follow a phrase, or the end of a piece.

    Half of the model's bars are taken as given and the other half filled, again and again. New bars have the metre of the last
    bar.

    Arguments:
        model: The model, of at least two bars.
        source: A path, a score or a phrase: one phrase is continued. A piece: the new bars follow its last one.
        bars: How many bars to write.
        count: How many continuations.
        decoding: How the new notes are chosen.

    Returns:
        `count` scores: the phrase with its continuation, or the whole piece with its continuation.

    Raises:
        ParameterError: a number of bars or a count below 1, or a model of one bar.
        MidiError: the file cannot be read, or has no such part.
        RepresentationError: the bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> [score] = musicae.continuation(model, "examples/tunes/a-reel.mid", bars=4)
        >>> len(score.bars())
        6

        Continue a whole piece of 17 bars:

        >>> [score] = musicae.continuation(model, model.piece("examples/tunes/a-reel.mid"), bars=4)
        >>> len(score.bars())
        21
    """
    if bars < 1 or count < 1:
        raise ParameterError(f"bars and count must be at least 1, got {bars} and {count}.")
    if model.bars < 2:
        raise ParameterError("A model of one bar cannot continue music; choose one of two bars or more.")
    if isinstance(source, Piece):
        free = [False] * len(source.score.bars()) + [True] * bars
        return fill(model, _lengthened(source, bars), free, count, decoding)
    return _continue_phrase(model, model.phrase(source), bars, count, decoding)


def _lengthened(piece: Piece, bars: int) -> Piece:
    """Return a piece with silent bars after its last one, in the same metre."""
    score, last = piece.score, piece.score.bars()[-1]
    end = max(score.end, score.length)
    metres = tuple(s for s in score.time_signatures if s.time < end - 1e-6)  # one that begins later would cut the new bars
    longer = replace(score, time_signatures=metres, length=last.start + (bars + 1) * last.full_length)
    return replace(piece, score=longer)


def _continue_phrase(model: MusicModel, phrase: Phrase, bars: int, count: int, decoding: Decoding) -> list[Score]:
    bias = model.scale_bias(decoding.scale)
    windows = [phrase.window] * count
    given_bars = model.bars - model.bars // 2
    for turn in range(-(-bars // (model.bars // 2))):
        x = GridBatch.from_windows([_tail(model, window, given_bars) for window in windows]).to(model.device)
        given = x.bar_index < given_bars
        seed = reseeded(decoding, turn).seed
        done = infill(model.network, x, given, temperature=decoding.temperature, seed=seed, logit_bias=bias)
        windows = [_append(old, new, given_bars) for old, new in zip(windows, done.windows.windows(), strict=True)]
    return [to_score(_first(w, model.bars + bars), _longer(phrase, bars), model.representation) for w in windows]


def _tail(model: MusicModel, window: GridWindow, given_bars: int) -> GridWindow:
    """Return the last `given_bars` bars, a note that is held into them beginning there, and empty ones after them."""
    counts = window.bar_steps[-given_bars:] + window.bar_steps[-1:] * (model.bars - given_bars)
    grid = model.representation
    start = grid.quarters(window.bar_steps[:-given_bars])
    return grid.encode(grid.decode(window), _bars(counts, start, model))


def _bars(counts: Sequence[int], start: float, model: MusicModel) -> list[Bar]:
    """Return bars of so many time steps each, from `start` (quarter notes) on."""
    bars = []
    for number, steps in enumerate(counts, 1):
        length = model.representation.quarters((steps,))
        bars.append(Bar(number, start, length, round(16 * length), 64))
        start += length
    return bars


def _append(window: GridWindow, new: GridWindow, given_bars: int) -> GridWindow:
    """Return a window with the bars of `new` after its first `given_bars` ones."""
    old = sum(new.bar_steps[:given_bars])
    values = None
    if window.values is not None and new.values is not None:
        values = np.concatenate([window.values, new.values[old:]])
    tokens = np.concatenate([window.tokens, new.tokens[old:]])
    return GridWindow(tokens, window.bar_steps + new.bar_steps[given_bars:], values)


def _first(window: GridWindow, bars: int) -> GridWindow:
    steps = sum(window.bar_steps[:bars])
    return GridWindow(window.tokens[:steps], window.bar_steps[:bars], None if window.values is None else window.values[:steps])


def _longer(phrase: Phrase, bars: int) -> Manner:
    return replace(phrase.manner, metres=phrase.manner.metres + phrase.manner.metres[-1:] * bars)
