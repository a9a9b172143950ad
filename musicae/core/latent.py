"""Paths through the latent space.

References:
    Shoemake, 1985, Animating rotation with quaternion curves (slerp); White, 2016, Sampling Generative Networks,
    arXiv 1609.04468 (the reason to interpolate codes on the sphere).
"""

from itertools import pairwise

import torch
from torch import Tensor

from musicae.errors import ParameterError

__all__ = ["lerp", "path", "respace", "slerp"]

_SHARES = (0.3, 1.2, 8)  # from, to, number: step sizes that `respace` tries, relative to the mean step along the whole path


def lerp(a: Tensor, b: Tensor, alpha: Tensor | float) -> Tensor:
    """Return a + alpha * (b - a); a and b have shape (..., Z)."""
    return a + alpha * (b - a)


def slerp(a: Tensor, b: Tensor, alpha: Tensor | float) -> Tensor:
    """Interpolate along the great circle through a and b, lengths included.

    The direction is interpolated on the sphere and the length linearly. If the directions are equal or opposite, or one code
    is zero, no great circle is defined and the result lies on the straight line.

    Arguments:
        a: Codes, shape (..., Z).
        b: Codes, shape (..., Z).
        alpha: Position between them, 0 for a and 1 for b; broadcast against (..., 1).

    Returns:
        Codes, shape (..., Z), always finite for finite input.
    """
    alpha = torch.as_tensor(alpha, dtype=a.dtype, device=a.device)
    length_a, length_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    unit_a, unit_b = a / length_a.clamp(min=1e-12), b / length_b.clamp(min=1e-12)
    # Twice the sine and cosine of half the angle: exact near equal and opposite directions, unlike the cosine of the angle.
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
    """Choose points of a finely sampled path so that their distances are as equal as possible.

    For each of several step sizes, dynamic programming finds the points whose distances are closest to that size (least
    squares). Of these choices, the one with the smallest ratio of largest to mean distance is returned.

    Arguments:
        distances: Distances between points, by any measure, at least 0, shape (N + 1, H). Entry (i, h) is the distance from
            point i to point i + h + 1; entries past the last point, N, are ignored. No step is longer than H points.
        steps: Number of points to choose, from 2 to N + 1.

    Returns:
        Indices of the points, strictly increasing, from 0 to N. If all distances are 0 they are evenly spaced.

    Raises:
        ParameterError: fewer than two steps, more steps than points, or too few steps to reach the end.
    """
    count, reach = len(distances) - 1, distances.shape[1]
    if not 2 <= steps <= count + 1:
        raise ParameterError(f"From a path of {count + 1} points, 2 to {count + 1} can be chosen; got {steps}.")
    if (steps - 1) * reach < count:
        raise ParameterError(f"{steps - 1} steps of at most {reach} points do not reach point {count}.")
    lengths = distances.double()
    sizes = lengths[:-1, 0].sum() / (steps - 1) * torch.linspace(*_SHARES, dtype=torch.float64)
    cost = (lengths - sizes[:, None, None]) ** 2  # (sizes, N + 1, H)
    deviations = torch.arange(1, reach + 1, dtype=torch.float64) * (steps - 1) / count - 1
    cost = cost + 1e-6 * (sizes.max() ** 2 + 1e-6) * deviations**2  # breaks ties in favour of evenly spaced points
    targets = torch.arange(count + 1)[:, None] + torch.arange(1, reach + 1)  # (N + 1, H)
    remaining = torch.full((len(sizes), count + 1 + reach), torch.inf, dtype=torch.float64)  # least cost to the end
    remaining[:, count] = 0.0
    jumps: list[Tensor] = []  # for each number of steps left, the best next jump from each point
    for _ in range(steps - 1):
        best, index = (cost + remaining[:, targets]).min(2)
        remaining[:, : count + 1] = best
        jumps.insert(0, index + 1)
    choices = [_follow([jump[k].tolist() for jump in jumps]) for k in range(len(sizes))]
    return min(choices, key=lambda points: _unevenness(lengths, points))


def _follow(jumps: list[list[int]]) -> list[int]:
    """Return the points reached from 0 by a list of jumps, each given for every point."""
    points = [0]
    for jump in jumps:
        points.append(points[-1] + jump[points[-1]])
    return points


def _unevenness(lengths: Tensor, points: list[int]) -> float:
    """Return the ratio of the largest to the mean distance between consecutive points, or 0 if all distances are 0."""
    distances = torch.stack([lengths[i, j - i - 1] for i, j in pairwise(points)])
    return float(distances.max() / distances.mean()) if bool(distances.any()) else 0.0
