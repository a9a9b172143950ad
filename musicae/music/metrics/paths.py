"""Metrics of paths: how well one window becomes another.

Conventions: a path is S windows in the same bars, tokens int64 of shape (..., S, T), with a mask (..., T) of the time steps
that count. Distances are those of the kind of music (`WindowMetrics.distance`). Metrics come path by path, shape (...).

Metrics:
    step_ratio: largest over mean distance between neighbours. 1 where the music changes by equal amounts; S - 1 where all of it
        changes at once. 1 by convention for a path that does not move.
    monotone: share of steps after which the music is no nearer to where the path began.
    rank_correlation: Spearman's, between the place on the path and the distance to where it began, ties given their mean rank;
        1 by convention where all of it is equally far away.
    end_fidelity: how well the ends of the path are the two windows that it was to lead between; the mean of both ends.

The baseline mixes the data themselves: each time step is taken from one of the two windows, from the other with a
probability that rises from 0 to 1 along the path, drawn afresh for each window.

References:
    Roberts et al., 2018, arXiv 1803.05428 (mixed data as a baseline, distances along a path); Spearman, 1904, The proof and
    measurement of association between two things.
"""

import torch
from torch import Tensor

from musicae.music.metrics.base import Distance, WindowMetrics, worst_decile

__all__ = [
    "averages",
    "distances_to_start",
    "end_fidelity",
    "mixed",
    "monotone",
    "path_metrics",
    "rank_correlation",
    "step_ratio",
    "step_sizes",
]

_SLACK = 1e-6  # distances are sums of equal parts; less than this is rounding


def step_sizes(paths: Tensor, mask: Tensor, distance: Distance) -> Tensor:
    """Return how far each window is from the one before, shape (..., S - 1)."""
    return distance(paths[..., :-1, :], paths[..., 1:, :], mask[..., None, :])


def distances_to_start(paths: Tensor, mask: Tensor, distance: Distance) -> Tensor:
    """Return how far each window is from the first, shape (..., S); the first is 0."""
    return distance(paths[..., :1, :], paths, mask[..., None, :])


def step_ratio(sizes: Tensor) -> Tensor:
    """Return the largest over the mean of step sizes (..., S - 1), from 1 to S - 1."""
    mean = sizes.mean(-1)
    return torch.where(mean > 0, sizes.amax(-1) / mean.clamp(min=1e-12), 1.0)


def monotone(distances: Tensor) -> Tensor:
    """Return the share of steps at which a distance (..., S) does not fall."""
    return (distances.diff(dim=-1) >= -_SLACK).to(distances.dtype).mean(-1)


def rank_correlation(distances: Tensor) -> Tensor:
    """Return Spearman's correlation of distances (..., S) with their place, from -1 to 1; 1 where all are equal."""
    here, there = distances[..., :, None], distances[..., None, :]
    below, alike = (there < here - _SLACK).sum(-1), ((there - here).abs() <= _SLACK).sum(-1)
    ranks = below.double() + (alike.double() + 1) / 2
    ranks = ranks - ranks.mean(-1, keepdim=True)
    places = torch.arange(distances.shape[-1], dtype=torch.float64, device=distances.device)
    places = places - places.mean()
    length = ranks.norm(dim=-1) * places.norm()
    return torch.where(length > 0, (ranks @ places) / length.clamp(min=1e-12), 1.0)


def end_fidelity(paths: Tensor, first: Tensor, last: Tensor, mask: Tensor, metrics: WindowMetrics) -> Tensor:
    """Return how well the ends of paths (P, S, T) are the windows (P, T) that they lead between, shape (P,), in [0, 1]."""
    return (metrics.fidelity(first, paths[:, 0], mask) + metrics.fidelity(last, paths[:, -1], mask)) / 2


def mixed(first: Tensor, last: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Mix windows themselves: the baseline.

    Arguments:
        first: Tokens, shape (..., T).
        last: Tokens, shape (..., T).
        steps: Windows a path, both ends included.
        generator: Source of randomness.

    Returns:
        Shape (..., steps, T).
    """
    alphas = torch.linspace(0.0, 1.0, steps)[:, None]
    noise = torch.rand((*first.shape[:-1], steps, first.shape[-1]), generator=generator)  # in [0, 1)
    return torch.where(noise.to(first.device) < alphas.to(first.device), last[..., None, :], first[..., None, :])


def path_metrics(paths: Tensor, first: Tensor, last: Tensor, mask: Tensor, metrics: WindowMetrics) -> dict[str, Tensor]:
    """Return all metrics of paths.

    Arguments:
        paths: Shape (P, S, T).
        first: The windows that they were to begin with, shape (P, T).
        last: The windows that they were to end with, shape (P, T).
        mask: Shape (P, T).
        metrics: The metrics of their kind of music.

    Returns:
        Each of shape (P,): `step_ratio`, `monotone`, `rank_correlation`, `end_fidelity`, `ends_exact` (share of the two ends
        that sound just as they were to) and what `WindowMetrics.along_path` gives; and `curve`, distances to the first window
        of the path, shape (P, S).
    """
    away = distances_to_start(paths, mask, metrics.distance)
    ends = torch.stack([first, last], dim=1)
    exact = (metrics.distance(ends, paths[:, [0, -1]], mask[:, None]) == 0).float().mean(1)
    return {
        "step_ratio": step_ratio(step_sizes(paths, mask, metrics.distance)),
        "monotone": monotone(away),
        "rank_correlation": rank_correlation(away),
        "end_fidelity": end_fidelity(paths, first, last, mask, metrics),
        "ends_exact": exact,
        "curve": away,
        **metrics.along_path(paths, mask),
    }


def averages(metrics: dict[str, Tensor]) -> dict[str, float | list[float]]:
    """Return the means over all paths of what `path_metrics` gave.

    Returns:
        Its metrics, windows without notes skipped in the rates in scale (which are 1 where nothing sounds at all); also
        `step_ratio_worst` (mean over the worst tenth of the paths), `step_ratio_largest`, and `curve` as a list of S means.
    """
    curve = metrics["curve"].double().mean(0).tolist()
    means = {name: float(values.double().nanmean().nan_to_num(1.0)) for name, values in metrics.items() if name != "curve"}
    ratios = metrics["step_ratio"]
    worst = {"step_ratio_worst": worst_decile(ratios, largest=True), "step_ratio_largest": float(ratios.max())}
    return {**means, **worst, "curve": curve}
