"""Completion and continuation: some notes are given, the model finds the rest.

The code of a half-given window is found in three stages:

1. *Draws.* Codes from the prior are decoded with the given tokens held fast, and the windows encoded again, a few times over:
   a Markov chain whose windows come to fit the given part (Rezende, Mohamed and Wierstra, 2014, arXiv 1401.4082, appendix F).
2. *Choice.* The draws under which the given tokens are likeliest are kept.
3. *Refinement.* Their codes are moved until they decode to the given tokens by themselves (`musicae.music.latent.refine`), so that the rest
   is what the model thinks belongs to them.

Given tokens are held fast in the last decoding too, so they are kept even where the third stage does not get there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.config import check_temperature
from musicae.core.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.music.excerpts.phrase import Manner, Phrase, to_score
from musicae.music.latent.refine import keep_tokens, refine
from musicae.music.model import MusicModel, Source
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.scales import Scale
from musicae.music.score import Bar, Score

__all__ = ["Completed", "complete", "complete_windows", "continue_phrase"]

DRAWS = 8
ROUNDS = 3
REFINEMENT = 40  # steps; more hardly helps, since the given tokens are held fast anyway


@dataclass(frozen=True)
class Completed:
    """What `complete_windows` returns.

    Arguments:
        windows: The windows; the given tokens, and their values where there are any, are those that were given.
        z: Their codes, shape (B, Z).
        exact: Whether the code alone, decoded greedily, gives all given tokens, bool, shape (B,).
    """

    windows: GridBatch
    z: Tensor
    exact: Tensor


def complete_windows(
    model: GridAutoencoder,
    x: GridBatch,
    given: Tensor,
    *,
    draws: int = DRAWS,
    temperature: float = 0.0,
    seed: int = 0,
    logit_bias: Tensor | None = None,
) -> Completed:
    """Fill in windows of which some tokens are given (see the module's text).

    Arguments:
        model: The model, in evaluation mode.
        x: The windows; tokens that are not given are not looked at.
        given: Which tokens are given, bool, shape (B, T).
        draws: Codes drawn for each window, of which the best is kept.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of draws and notes.
        logit_bias: Added to the logits of tokens that are not given, broadcast against (B, T, D).
    """
    generator = torch.Generator().manual_seed(seed)
    device = x.tokens.device
    many = x.repeat(draws)
    held = given.repeat_interleave(draws, 0)
    keep = _held(many, held, model, logit_bias)
    z = torch.randn(len(many), model.latent_size, generator=generator).to(device)
    with torch.no_grad():
        for _ in range(ROUNDS):
            posterior = model.encode(model.generate(z, many, temperature=0.5, generator=generator, logit_bias=keep))
            z = posterior.rsample(generator) if isinstance(posterior, DiagonalGaussian) else posterior.mode
        z = posterior.mode
        made = model.generate(z, many, logit_bias=keep)
        nll = F.cross_entropy(model.logits(made, z).flatten(0, 1), made.tokens.flatten(), reduction="none")
        unlikely = (nll.view_as(made.tokens) * (held & made.mask)).sum(1).view(-1, draws)  # (B, draws)
    best = torch.arange(len(x), device=device) * draws + unlikely.argmin(1)
    refined = refine(model, x, z[best], given=given, steps=REFINEMENT)
    keep = _held(x, given, model, logit_bias)
    windows = model.generate(refined.z, x, temperature=temperature, generator=generator, logit_bias=keep)
    if x.values is not None and windows.values is not None:
        windows = windows.with_tokens(windows.tokens, torch.where(given[..., None], x.values, windows.values))
    return Completed(windows, refined.z, refined.exact)


def _held(x: GridBatch, given: Tensor, model: GridAutoencoder, logit_bias: Tensor | None) -> Tensor:
    """Return the logit bias that holds given tokens fast and leaves a bias to the others, shape (B, T, D)."""
    keep = keep_tokens(x, given, model.config.depth)
    return keep if logit_bias is None else torch.where(given[..., None], keep, logit_bias)


def complete(
    model: MusicModel,
    source: Source,
    given: Sequence[bool],
    count: int = 1,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> list[Score]:
    """Keep a part of a tune, or of a drum pattern, and let the model find the rest.

    Arguments:
        model: The model.
        source: The tune.
        given: Which time steps to keep, one flag for each of its window.
        count: How many ways to fill the rest.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of draws and notes.
        scale: Allow only notes of this scale in the rest.

    Raises:
        ParameterError: a count below 1, a temperature below 0, not one flag for each time step, or nothing to fill.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.
    """
    check_temperature(temperature)
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    phrase = model.phrase(source)
    if len(given) != len(phrase.window.tokens):
        raise ParameterError(f"The window has {len(phrase.window.tokens)} time steps, but {len(given)} flags were given.")
    if all(given):
        raise ParameterError("All time steps are given, so there is nothing to fill.")
    x = GridBatch.from_windows([phrase.window] * count).to(model.device)
    mask = torch.tensor([list(given)] * count, device=model.device)
    bias = model.scale_bias(scale)
    done = complete_windows(model.model, x, mask, temperature=temperature, seed=seed, logit_bias=bias)
    return [to_score(window, phrase.manner, model.representation) for window in done.windows.windows()]


def continue_phrase(
    model: MusicModel,
    source: Source,
    bars: int = 4,
    count: int = 1,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> list[Score]:
    """Write bars that follow a phrase.

    The last half of the model's bars is taken as given and the other half completed, again and again. New bars have the metre
    of the phrase's last one.

    Arguments:
        model: The model, of at least two bars.
        source: The phrase.
        bars: How many bars to write.
        count: How many continuations.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of draws and notes.
        scale: Allow only notes of this scale in the new bars.

    Returns:
        Scores of the phrase with its continuation.

    Raises:
        ParameterError: a number of bars or a count below 1, a temperature below 0, or a model of one bar.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.
    """
    check_temperature(temperature)
    if bars < 1 or count < 1:
        raise ParameterError(f"bars and count must be at least 1, got {bars} and {count}.")
    if model.bars < 2:
        raise ParameterError("A model of one bar cannot continue a phrase; choose one of two bars or more.")
    phrase = model.phrase(source)
    bias = model.scale_bias(scale)
    windows = [phrase.window] * count
    told = model.bars - model.bars // 2
    for turn in range(-(-bars // (model.bars // 2))):
        tails = [_tail(model, window, told) for window in windows]
        x = GridBatch.from_windows(tails).to(model.device)
        given = x.bar_index < told
        shift = seed + 1_000_003 * turn
        done = complete_windows(model.model, x, given, temperature=temperature, seed=shift, logit_bias=bias)
        windows = [_append(w, made, told) for w, made in zip(windows, done.windows.windows(), strict=True)]
    return [to_score(_first(w, model.bars + bars), _longer(phrase, bars), model.representation) for w in windows]


def _tail(model: MusicModel, window: GridWindow, told: int) -> GridWindow:
    """Return the last `told` bars, a note that is held into them beginning there, and empty ones after them."""
    counts = window.bar_steps[-told:] + window.bar_steps[-1:] * (model.bars - told)
    grid = model.representation
    start = grid.quarters(window.bar_steps[:-told])
    bars = []
    for number, steps in enumerate(counts, 1):
        length = grid.quarters((steps,))
        bars.append(Bar(number, start, length, round(16 * length), 64))
        start += length
    return grid.encode(grid.decode(window), bars)


def _append(window: GridWindow, made: GridWindow, told: int) -> GridWindow:
    """Return a window with the bars of `made` after its first `told` ones."""
    old = sum(made.bar_steps[:told])
    values = None
    if window.values is not None and made.values is not None:
        values = np.concatenate([window.values, made.values[old:]])
    tokens = np.concatenate([window.tokens, made.tokens[old:]])
    return GridWindow(tokens, window.bar_steps + made.bar_steps[told:], values)


def _first(window: GridWindow, bars: int) -> GridWindow:
    steps = sum(window.bar_steps[:bars])
    return GridWindow(window.tokens[:steps], window.bar_steps[:bars], None if window.values is None else window.values[:steps])


def _longer(phrase: Phrase, bars: int) -> Manner:
    return replace(phrase.manner, metres=phrase.manner.metres + phrase.manner.metres[-1:] * bars)
