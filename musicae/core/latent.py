"""Walks through the latent space.

References:
    Shoemake, 1985, Animating rotation with quaternion curves (slerp); White, 2016, Sampling Generative Networks,
    arXiv 1609.04468 (why codes are interpolated on the sphere).
"""

from itertools import pairwise

import torch
from torch import Tensor

from musicae.errors import ParameterError

__all__ = ["lerp", "path", "respace", "slerp"]

_SHARES = (0.3, 1.2, 8)  # from, to, number: sizes that `respace` tries, in those of equal steps along the whole of the path


def lerp(a: Tensor, b: Tensor, alpha: Tensor | float) -> Tensor:
    """Return a + alpha * (b - a); a and b have shape (..., Z)."""
    return a + alpha * (b - a)


def slerp(a: Tensor, b: Tensor, alpha: Tensor | float) -> Tensor:
    """Interpolate along the great circle through a and b, lengths included.

    Direction and length are interpolated apart: the direction on the sphere, the length linearly. Where the directions are
    equal, opposite, or one code is zero, no great circle is defined and the straight line is taken.

    Arguments:
        a: Codes, shape (..., Z).
        b: Codes, shape (..., Z).
        alpha: Where between them, 0 gives a and 1 gives b; broadcast against (..., 1).

    Returns:
        Codes, shape (..., Z), always finite for finite input.
    """
    alpha = torch.as_tensor(alpha, dtype=a.dtype, device=a.device)
    length_a, length_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    unit_a, unit_b = a / length_a.clamp(min=1e-12), b / length_b.clamp(min=1e-12)
    # Twice sine and cosine of half the angle: unlike the cosine of the whole, exact near equal and opposite directions.
    chord, twice_cosine = (unit_a - unit_b).norm(dim=-1, keepdim=True), (unit_a + unit_b).norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(chord, twice_cosine)
    sine = chord * twice_cosine / 2
    unsafe = (sine < 1e-4) | (length_a < 1e-6) | (length_b < 1e-6)
    safe_sine = torch.where(unsafe, torch.ones_like(sine), sine)
    direction = (torch.sin((1 - alpha) * angle) * unit_a + torch.sin(alpha * angle) * unit_b) / safe_sine
    return torch.where(unsafe, lerp(a, b, alpha), direction * lerp(length_a, length_b, alpha))


def path(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Return `steps` codes from a to b, both included, on the sphere.

    Arguments:
        a: Code, shape (Z,).
        b: Code, shape (Z,).
        steps: Number of codes, at least 2.

    Returns:
        Shape (steps, Z); the first and the last row are a and b exactly.

    Raises:
        ParameterError: fewer than two steps.
    """
    if steps < 2:
        raise ParameterError(f"A path needs at least 2 steps, its two ends; got {steps}.")
    alphas = torch.linspace(0.0, 1.0, steps, dtype=a.dtype, device=a.device)[:, None]
    codes = slerp(a.expand(steps, -1), b.expand(steps, -1), alphas)
    codes[0], codes[-1] = a, b
    return codes


def respace(distances: Tensor, steps: int) -> list[int]:
    """Choose points of a finely cut path so that they lie the same way apart.

    For each of a few sizes the points are found whose steps are nearest to it (least squares, by dynamic programming); of these
    choices that one is taken whose largest step is smallest beside its mean.

    Arguments:
        distances: How far points are from those before them, by any measure, at least 0: entry (i, h) is that from point i to
            point i + h + 1, shape (N + 1, H); what lies past the last point, N, is not looked at. No step leads further.
        steps: How many points to choose, from 2 to N + 1.

    Returns:
        Their indices, strictly increasing, the first 0 and the last N. Where all distances are 0 they are evenly spaced.

    Raises:
        ParameterError: fewer than two steps, more than there are points, or too few to get to the end.
    """
    count, reach = len(distances) - 1, distances.shape[1]
    if not 2 <= steps <= count + 1:
        raise ParameterError(f"Of a path of {count + 1} points 2 to {count + 1} can be chosen, got {steps}.")
    if (steps - 1) * reach < count:
        raise ParameterError(f"{steps - 1} steps of at most {reach} points do not lead to point {count}.")
    lengths = distances.double()
    sizes = lengths[:-1, 0].sum() / (steps - 1) * torch.linspace(*_SHARES, dtype=torch.float64)
    cost = (lengths - sizes[:, None, None]) ** 2  # (sizes, N + 1, H)
    hops = torch.arange(1, reach + 1, dtype=torch.float64) * (steps - 1) / count - 1
    cost = cost + 1e-6 * (sizes.max() ** 2 + 1e-6) * hops**2  # of equal ones that with even hops
    landing = torch.arange(count + 1)[:, None] + torch.arange(1, reach + 1)  # (N + 1, H)
    to_go = torch.full((len(sizes), count + 1 + reach), torch.inf, dtype=torch.float64)
    to_go[:, count] = 0.0
    hop: list[Tensor] = []  # for each number of steps left, the best next one from each point
    for _ in range(steps - 1):
        best, taken = (cost + to_go[:, landing]).min(2)
        to_go[:, : count + 1] = best
        hop.insert(0, taken + 1)
    chosen = [_follow([h[k].tolist() for h in hop]) for k in range(len(sizes))]
    return min(chosen, key=lambda points: _unevenness(lengths, points))


def _follow(hops: list[list[int]]) -> list[int]:
    """Return the points that one comes to from 0 by hops, each listed for all points."""
    points = [0]
    for hop in hops:
        points.append(points[-1] + hop[points[-1]])
    return points


def _unevenness(lengths: Tensor, points: list[int]) -> float:
    """Return the largest of the steps between points over their mean, 0 where all are 0."""
    made = torch.stack([lengths[i, j - i - 1] for i, j in pairwise(points)])
    return float(made.max() / made.mean()) if bool(made.any()) else 0.0
