"""Even paths: codes between two, chosen so that the music changes by equal amounts from each to the next.

1. The great circle is cut finely, and all of it is decoded greedily.
2. Points are chosen by dynamic programming (`musicae.core.latent.respace`): the music stands still on some parts and runs on others.
3. Somewhere it may jump: one token falls the other way, and those after it follow. No spacing evens that out. There the path is
   led over bridges: windows cut together from the music before the jump and that behind it, to which codes are refined as
   those of an exact morph are (`musicae.music.latent.refine`). Then the points are chosen again.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from musicae.core import latent
from musicae.music.latent.refine import refine
from musicae.music.metrics.base import Distance
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch

__all__ = ["even_path"]

FINE = 64  # parts that a path is cut into before its points are chosen
REACH = 8  # parts that a step may take, in those that it would take on average
JUMP = 1.5  # mean steps from which on a change between neighbouring parts is a jump
GRAIN = 2  # parts of a bridge for each step that it is to be crossed in
TRIES = 100  # gradient steps to a bridge


@dataclass(frozen=True)
class _Line:
    """Points of a path: shares of the way (N,), codes (N, Z), and what they decode to, (N, T)."""

    alphas: Tensor
    codes: Tensor
    tokens: Tensor


@torch.no_grad()
def even_path(
    model: GridAutoencoder, a: Tensor, b: Tensor, steps: int, like: GridBatch, distance: Distance
) -> tuple[list[float], Tensor]:
    """Choose codes between two so that the music changes by equal amounts from each to the next.

    Arguments:
        model: The model, in evaluation mode.
        a: Code, shape (Z,).
        b: Code, shape (Z,).
        steps: Number of codes, at least 2, both ends included.
        like: One window, whose bars are decoded.
        distance: How far tokens (..., T) are from others under a mask (..., T), shape (...): that of the kind of music.

    Returns:
        Where the codes lie between a (0) and b (1), strictly increasing, and the codes, shape (steps, Z); those of bridges lie
        beside the great circle.
    """
    count = max(FINE, 2 * steps)
    codes, mask = latent.path(a, b, count + 1), like.mask[0]
    line = _Line(torch.arange(count + 1, dtype=torch.float64) / count, codes, _decoded(model, codes, like))
    chosen = _choose(line, mask, steps, distance)
    taken = line.tokens[chosen]
    sizes = distance(taken[:-1], taken[1:], mask)
    if bool(sizes.max() > JUMP * sizes.mean()):
        line = _bridged(model, line, like, float(sizes.mean()), steps, distance)
        chosen = _choose(line, mask, steps, distance)
    return line.alphas[chosen].tolist(), line.codes[chosen]


def _decoded(model: GridAutoencoder, codes: Tensor, like: GridBatch) -> Tensor:
    """Return what codes (N, Z) decode to in the bars of one window, (N, T)."""
    return model.generate(codes, like.repeat(len(codes))).tokens


def _choose(line: _Line, mask: Tensor, steps: int, distance: Distance) -> list[int]:
    """Return which points to take, the first and the last included."""
    tokens, count = line.tokens, len(line.tokens) - 1
    reach = min(count, REACH * -(-count // (steps - 1)))
    distances = torch.zeros(count + 1, reach)
    for hop in range(1, reach + 1):
        distances[: count + 1 - hop, hop - 1] = distance(tokens[:-hop], tokens[hop:], mask).cpu()
    return latent.respace(distances, steps)


def _bridged(model: GridAutoencoder, line: _Line, like: GridBatch, size: float, steps: int, distance: Distance) -> _Line:
    """Return the line with bridges over its jumps, `GRAIN` points for each step of `size`."""
    jumps, tokens = distance(line.tokens[:-1], line.tokens[1:], like.mask[0]), line.tokens
    alphas, begin, wanted = [], [], []
    for i in (jumps > JUMP * size).nonzero()[:, 0].tolist():
        parts = min(GRAIN * (steps - 1), math.ceil(GRAIN * float(jumps[i]) / size))
        shares = torch.arange(1, parts, dtype=torch.float64) / parts
        alphas.append(torch.lerp(line.alphas[i], line.alphas[i + 1], shares))
        begin.append(line.codes[[i]].expand(parts - 1, -1))
        wanted.append(_crossing(tokens[i], tokens[i + 1], like.mask[0], parts, distance))
    if not wanted:
        return line
    windows = torch.cat(wanted)
    goal = like.repeat(len(windows)).with_tokens(windows)
    codes = refine(model, goal, torch.cat(begin), steps=TRIES).z
    whole = torch.cat([line.alphas, *alphas])
    order = whole.argsort()
    made = _decoded(model, codes, like)  # what a code that was not refined in time decodes to may serve as well
    return _Line(whole[order], torch.cat([line.codes, codes])[order], torch.cat([tokens, made])[order])


def _crossing(first: Tensor, last: Tensor, mask: Tensor, parts: int, distance: Distance) -> Tensor:
    """Return windows between two, each of one up to a time step and of the other from there on, in about equal steps.

    The first comes before the last or behind it, whichever makes the steps more equal: a note that is held from the beginning
    of a window cannot be entered later.

    Arguments:
        first: Tokens, shape (T,).
        last: Tokens, shape (T,).
        mask: The time steps that count, shape (T,).
        parts: Number of steps to make from the first to the last.
        distance: See `even_path`.

    Returns:
        Shape (parts - 1, T).
    """
    place = torch.arange(len(first), device=first.device)
    behind = place >= place[:, None]
    share = torch.arange(1, parts, device=first.device)[:, None] / parts
    whole = distance(first, last, mask)
    found = []
    for cuts in (torch.where(behind, last, first), torch.where(behind, first, last)):  # (T, T), cut at each time step
        gone, left = distance(first, cuts, mask), distance(cuts, last, mask)
        off = torch.maximum((gone - share * whole).abs(), (left - (1 - share) * whole).abs())  # (parts - 1, T)
        nearest = off.min(1)
        found.append((float(nearest.values.max()), cuts[nearest.indices]))
    return min(found, key=lambda pair: pair[0])[1]
