"""Walks through the latent space.

References:
    Shoemake, 1985, Animating rotation with quaternion curves (slerp); White, 2016, Sampling Generative Networks,
    arXiv 1609.04468 (why codes are interpolated on the sphere).
"""

import torch
from torch import Tensor

from musicae.errors import ParameterError

__all__ = ["lerp", "path", "respace", "slerp"]


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


def respace(lengths: Tensor, steps: int) -> list[int]:
    """Choose points of a finely cut path so that they lie the same way apart.

    Arguments:
        lengths: How far each point of the fine path is from the one before, by any measure, shape (N,) for N + 1 points; at
            least 0.
        steps: How many points to choose, from 2 to N + 1.

    Returns:
        Their indices, strictly increasing, the first 0 and the last N: each as near as can be to its equal share of the whole
        length. Where all lengths are 0 the indices are evenly spaced.

    Raises:
        ParameterError: fewer than two steps, or more than there are points.
    """
    count = len(lengths)
    if not 2 <= steps <= count + 1:
        raise ParameterError(f"Of a path of {count + 1} points 2 to {count + 1} can be chosen, got {steps}.")
    whole = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
    if not whole[-1] > 0:
        whole = torch.arange(count + 1.0)
    chosen = [0]
    for k in range(1, steps - 1):
        nearest = int((whole - whole[-1] * k / (steps - 1)).abs().argmin())
        chosen.append(min(max(nearest, chosen[-1] + 1), count - (steps - 1 - k)))
    return [*chosen, count]
