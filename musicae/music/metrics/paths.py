"""Metrics of paths: how well one window becomes another.

Conventions: a path is S windows in the same bars, tokens int64 of shape (..., S, T), with a mask (..., T) of the time steps
that count. Distances are those of the kind of music (`WindowMetrics.distance`). Metrics come path by path, shape (...).

Metrics:
    step_ratio: largest over mean distance between neighbours. 1 if the music changes by equal amounts; S - 1 if all of it
        changes at once. 1 by convention for a path that does not move.
    monotone: share of steps after which the music is no nearer to the beginning of the path.
    rank_correlation: Spearman's correlation between the place on the path and the distance to its beginning, with mean ranks
        for ties; 1 by convention if all distances are equal.
    end_fidelity: how similar the ends of the path are to the two windows that it leads between; the mean of both ends.

The baseline mixes the data themselves: each time step comes from the second of the two windows with a probability that rises
from 0 to 1 along the path, drawn again for each window, and otherwise from the first.

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
    """Return the distance of each window from the one before, shape (..., S - 1)."""
    return distance(paths[..., :-1, :], paths[..., 1:, :], mask[..., None, :])


def distances_to_start(paths: Tensor, mask: Tensor, distance: Distance) -> Tensor:
    """Return the distance of each window from the first, shape (..., S); the first is 0."""
    return distance(paths[..., :1, :], paths, mask[..., None, :])


def step_ratio(sizes: Tensor) -> Tensor:
    """Return the largest over the mean of step sizes (..., S - 1), from 1 to S - 1."""
    mean = sizes.mean(-1)
    return torch.where(mean > 0, sizes.amax(-1) / mean.clamp(min=1e-12), 1.0)


def monotone(distances: Tensor) -> Tensor:
    """Return the share of steps at which a distance (..., S) does not fall."""
    return (distances.diff(dim=-1) >= -_SLACK).to(distances.dtype).mean(-1)


def rank_correlation(distances: Tensor) -> Tensor:
    """Return Spearman's correlation of distances (..., S) with their place, from -1 to 1; 1 if all are equal."""
    each, others = distances[..., :, None], distances[..., None, :]
    below, alike = (others < each - _SLACK).sum(-1), ((others - each).abs() <= _SLACK).sum(-1)
    ranks = below.double() + (alike.double() + 1) / 2
    ranks = ranks - ranks.mean(-1, keepdim=True)
    places = torch.arange(distances.shape[-1], dtype=torch.float64, device=distances.device)
    places = places - places.mean()
    length = ranks.norm(dim=-1) * places.norm()
    return torch.where(length > 0, (ranks @ places) / length.clamp(min=1e-12), 1.0)


def end_fidelity(paths: Tensor, first: Tensor, last: Tensor, mask: Tensor, metrics: WindowMetrics) -> Tensor:
    """Return how similar the ends of paths (P, S, T) are to the windows (P, T) that they lead between, shape (P,)."""
    return (metrics.fidelity(first, paths[:, 0], mask) + metrics.fidelity(last, paths[:, -1], mask)) / 2


def mixed(first: Tensor, last: Tensor, steps: int, generator: torch.Generator) -> Tensor:
    """Mix windows themselves: the baseline.

    Arguments:
        first: Tokens, shape (..., T).
        last: Tokens, shape (..., T).
        steps: Windows per path, both ends included.
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
        first: The windows that they should begin with, shape (P, T).
        last: The windows that they should end with, shape (P, T).
        mask: Shape (P, T).
        metrics: The metrics of their kind of music.

    Returns:
        Each of shape (P,): `step_ratio`, `monotone`, `rank_correlation`, `end_fidelity`, `ends_exact` (share of the two ends
        that sound as they should) and, for each metric of `WindowMetrics.rates`, its mean along the path without its ends,
        and, with the suffix `_ends`, its mean over the ends; windows without events are skipped. Also `curve`, distances to
        the first window of the path, shape (P, S).
    """
    away = distances_to_start(paths, mask, metrics.distance)
    ends = torch.stack([first, last], dim=1)
    exact = (metrics.distance(ends, paths[:, [0, -1]], mask[:, None]) == 0).float().mean(1)
    rates = metrics.rates(paths, mask[:, None])
    return {
        "step_ratio": step_ratio(step_sizes(paths, mask, metrics.distance)),
        "monotone": monotone(away),
        "rank_correlation": rank_correlation(away),
        "end_fidelity": end_fidelity(paths, first, last, mask, metrics),
        "ends_exact": exact,
        "curve": away,
        **{name: values[:, 1:-1].nanmean(1) for name, values in rates.items()},
        **{f"{name}_ends": values[:, [0, -1]].nanmean(1) for name, values in rates.items()},
    }


def averages(metrics: dict[str, Tensor]) -> dict[str, float | list[float]]:
    """Return the means over all paths of the result of `path_metrics`.

    Returns:
        Its metrics; paths without events are skipped in means of rates, which are 1 if nothing sounds at all. Also
        `step_ratio_worst` (mean over the worst tenth of the paths), `step_ratio_largest`, and `curve` as a list of S means.
    """
    curve = metrics["curve"].double().mean(0).tolist()
    means = {name: float(values.double().nanmean().nan_to_num(1.0)) for name, values in metrics.items() if name != "curve"}
    ratios = metrics["step_ratio"]
    worst = {"step_ratio_worst": worst_decile(ratios, largest=True), "step_ratio_largest": float(ratios.max())}
    return {**means, **worst, "curve": curve}
