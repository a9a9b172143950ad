"""Even paths: codes between two, chosen so that the music changes by equal amounts from each to the next.

1. The great circle is cut finely, and all of it is decoded greedily.
2. Points are chosen by dynamic programming (`musicae.core.latent.respace`), because the music changes slowly on some parts and
   fast on others.
3. On some parts the music may jump: one token changes, and those after it follow. No spacing can even out a jump. There the
   path is replaced by a bridge: windows that join the music before the jump and the music after it, and codes that are refined
   to decode to these windows (`musicae.music.latent.refine`). Then the points are chosen again. A model without logits gets no
   bridges.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from musicae.core import latent
from musicae.music.latent.refine import refine
from musicae.music.metrics.base import Distance
from musicae.music.models.base import GridAutoencoder, MusicAutoencoder
from musicae.music.models.batch import GridBatch

__all__ = ["even_path"]

FINE = 64  # parts that a path is cut into before its points are chosen
REACH = 8  # most parts that a step may span, as a multiple of the average
JUMP = 1.5  # a change between neighbouring parts that is larger than so many mean steps is a jump
GRAIN = 2  # parts of a bridge per step that crosses it
TRIES = 100  # gradient steps per window of a bridge


@dataclass(frozen=True)
class _Line:
    """Points of a path: shares of the way (N,), codes (N, Z), and the tokens that they decode to, (N, T)."""

    alphas: Tensor
    codes: Tensor
    tokens: Tensor


@torch.no_grad()
def even_path(
    model: MusicAutoencoder, a: Tensor, b: Tensor, steps: int, like: GridBatch, distance: Distance
) -> tuple[list[float], Tensor]:
    """Choose codes between two so that the music changes by equal amounts from each to the next.

    Arguments:
        model: The model, in evaluation mode.
        a: Code, shape (Z,).
        b: Code, shape (Z,).
        steps: Number of codes, at least 2, both ends included.
        like: One window, whose bars are decoded.
        distance: Distance between tokens (..., T) and others under a mask (..., T), shape (...): that of the kind of music.

    Returns:
        Where the codes lie between a (0) and b (1), strictly increasing, and the codes, shape (steps, Z). The codes of bridges
        do not lie on the great circle.
    """
    count = max(FINE, 2 * steps)
    codes, mask = latent.path(a, b, count + 1), like.mask[0]
    line = _Line(torch.arange(count + 1, dtype=torch.float64) / count, codes, _decoded(model, codes, like))
    chosen = _choose(line, mask, steps, distance)
    taken = line.tokens[chosen]
    sizes = distance(taken[:-1], taken[1:], mask)
    if isinstance(model, GridAutoencoder) and bool(sizes.max() > JUMP * sizes.mean()):
        line = _bridged(model, line, like, float(sizes.mean()), steps, distance)
        chosen = _choose(line, mask, steps, distance)
    return line.alphas[chosen].tolist(), line.codes[chosen]


def _decoded(model: MusicAutoencoder, codes: Tensor, like: GridBatch) -> Tensor:
    """Return the tokens that codes (N, Z) decode to in the bars of one window, (N, T)."""
    return model.generate(codes, like.repeat(len(codes))).tokens


def _choose(line: _Line, mask: Tensor, steps: int, distance: Distance) -> list[int]:
    """Return the indices of the chosen points, the first and the last included."""
    tokens, count = line.tokens, len(line.tokens) - 1
    reach = min(count, REACH * -(-count // (steps - 1)))
    distances = torch.zeros(count + 1, reach)
    for span in range(1, reach + 1):
        distances[: count + 1 - span, span - 1] = distance(tokens[:-span], tokens[span:], mask).cpu()
    return latent.respace(distances, steps)


def _bridged(model: GridAutoencoder, line: _Line, like: GridBatch, size: float, steps: int, distance: Distance) -> _Line:
    """Return the line with bridges over its jumps, `GRAIN` points per step of `size`."""
    jumps, tokens = distance(line.tokens[:-1], line.tokens[1:], like.mask[0]), line.tokens
    alphas, begin, bridges = [], [], []
    for i in (jumps > JUMP * size).nonzero()[:, 0].tolist():
        parts = min(GRAIN * (steps - 1), math.ceil(GRAIN * float(jumps[i]) / size))
        shares = torch.arange(1, parts, dtype=torch.float64) / parts
        alphas.append(torch.lerp(line.alphas[i], line.alphas[i + 1], shares))
        begin.append(line.codes[[i]].expand(parts - 1, -1))
        bridges.append(_crossing(tokens[i], tokens[i + 1], like.mask[0], parts, distance))
    if not bridges:
        return line
    windows = torch.cat(bridges)
    goal = like.repeat(len(windows)).with_tokens(windows)
    codes = refine(model, goal, torch.cat(begin), steps=TRIES).z
    whole = torch.cat([line.alphas, *alphas])
    order = whole.argsort()
    decoded = _decoded(model, codes, like)  # a code that is not exact may still decode to a point between
    return _Line(whole[order], torch.cat([line.codes, codes])[order], torch.cat([tokens, decoded])[order])


def _crossing(first: Tensor, last: Tensor, mask: Tensor, parts: int, distance: Distance) -> Tensor:
    """Return windows between two: each equals one of them up to a time step and the other from there on.

    The steps between them are about equal. Either window may come first, because a note that is held from the beginning of a
    window cannot be entered later; the order with the more equal steps is taken.

    Arguments:
        first: Tokens, shape (T,).
        last: Tokens, shape (T,).
        mask: The time steps that count, shape (T,).
        parts: Number of steps from the first to the last.
        distance: See `even_path`.

    Returns:
        Shape (parts - 1, T).
    """
    place = torch.arange(len(first), device=first.device)
    after = place >= place[:, None]
    share = torch.arange(1, parts, device=first.device)[:, None] / parts
    whole = distance(first, last, mask)
    candidates = []
    for cuts in (torch.where(after, last, first), torch.where(after, first, last)):  # (T, T), cut at each time step
        covered, left = distance(first, cuts, mask), distance(cuts, last, mask)
        error = torch.maximum((covered - share * whole).abs(), (left - (1 - share) * whole).abs())  # (parts - 1, T)
        nearest = error.min(1)
        candidates.append((float(nearest.values.max()), cuts[nearest.indices]))
    return min(candidates, key=lambda pair: pair[0])[1]
