"""Figures that tell how well one melody, or drum pattern, becomes another.

Conventions: a path is S windows in the same bars, tokens int64 of shape (..., S, T), with a mask (..., T) of the time steps
that count; distances are those of `musicae.music.metrics.melody.window_distance`, of drum patterns those of
`musicae.music.metrics.drums.hit_distance`. Figures come path by path, shape (...).

Figures:
    step_ratio: largest over mean distance between neighbours. 1 where the music changes by equal amounts; S - 1 where all of it
        changes at once. 1 by convention for a path that does not move.
    monotone: share of steps after which the music is no nearer to where the path began.
    rank_correlation: Spearman's, between the place on the path and the distance to where it began, ties given their mean rank;
        1 by convention where all of it is equally far away.
    fidelity: how well the ends of the path are the two windows that it was to lead between: 1 minus their distance, or of drum
        patterns the F measure of hits; the mean of both ends.
    in_scale_rates: share of a window's notes in the best of the twelve diatonic scales, major or natural minor (Mogren's scale
        consistency); along a path it falls where keys are mixed.

The baseline is to mix the data themselves: each time step is taken from the one or the other window, from the other with a
probability that rises from 0 to 1 along the path, drawn afresh for each window.

References:
    Roberts et al., 2018, arXiv 1803.05428 (mixed data as a baseline, distances along a path); Mogren, 2016, C-RNN-GAN,
    arXiv 1611.09904; Spearman, 1904, The proof and measurement of association between two things.
"""

import torch
from torch import Tensor

from musicae.music.metrics.drums import hit_distance, hit_f1s
from musicae.music.metrics.melody import Distance, window_distance, worst_decile

__all__ = [
    "averages",
    "distances_to_start",
    "fidelity",
    "in_scale_rates",
    "mixed",
    "monotone",
    "path_figures",
    "rank_correlation",
    "step_ratio",
    "step_sizes",
]

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_SLACK = 1e-6  # distances are sums of equal parts; less than this is rounding


def step_sizes(paths: Tensor, mask: Tensor, distance: Distance = window_distance) -> Tensor:
    """Return how far each window is from the one before, shape (..., S - 1)."""
    return distance(paths[..., :-1, :], paths[..., 1:, :], mask[..., None, :])


def distances_to_start(paths: Tensor, mask: Tensor, distance: Distance = window_distance) -> Tensor:
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


def fidelity(paths: Tensor, first: Tensor, last: Tensor, mask: Tensor, *, drums: bool = False) -> Tensor:
    """Return how well the ends of paths (P, S, T) are the windows (P, T) that they lead between, shape (P,), in [0, 1]."""
    pairs = ((first, paths[:, 0]), (last, paths[:, -1]))
    kept = [hit_f1s(a, b, mask) if drums else 1 - window_distance(a, b, mask) for a, b in pairs]
    return (kept[0] + kept[1]) / 2


def in_scale_rates(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the share of the notes of each window that lie in the diatonic scale that holds most of them.

    Arguments:
        tokens: Tokens of a melody grid, shape (..., T).
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...), from 7 / 12 (all pitch classes alike) to 1; NaN for windows without notes.
    """
    onset = (tokens > 1) & mask
    classes = torch.nn.functional.one_hot(tokens % 12, 12) * onset[..., None]  # rotated by a constant: no matter here
    counts = classes.sum(-2).float()  # (..., 12)
    scales = torch.zeros(12, 12, device=tokens.device)
    for tonic in range(12):
        scales[[(tonic + step) % 12 for step in _MAJOR], tonic] = 1.0
    return (counts @ scales).amax(-1) / counts.sum(-1)


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


def path_figures(paths: Tensor, first: Tensor, last: Tensor, mask: Tensor, *, drums: bool = False) -> dict[str, Tensor]:
    """Return all figures of paths.

    Arguments:
        paths: Shape (P, S, T).
        first: The windows that they were to begin with, shape (P, T).
        last: The windows that they were to end with, shape (P, T).
        mask: Shape (P, T).
        drums: Whether the tokens are sets of hits.

    Returns:
        Each of shape (P,): `step_ratio`, `monotone`, `rank_correlation`, `end_fidelity`, `ends_exact` (share of the two ends
        that sound just as they were to), `in_scale` (mean along the path, ends left out) and `in_scale_ends` (mean of the
        path's two ends), NaN where nothing sounds, neither of them of drums; and `curve`, distances to the first window of
        the path, shape (P, S).
    """
    distance = hit_distance if drums else window_distance
    away = distances_to_start(paths, mask, distance)
    wanted = torch.stack([first, last], dim=1)
    exact = (distance(wanted, paths[:, [0, -1]], mask[:, None]) == 0).float().mean(1)
    figures = {
        "step_ratio": step_ratio(step_sizes(paths, mask, distance)),
        "monotone": monotone(away),
        "rank_correlation": rank_correlation(away),
        "end_fidelity": fidelity(paths, first, last, mask, drums=drums),
        "ends_exact": exact,
        "curve": away,
    }
    if not drums:
        scale = in_scale_rates(paths, mask[:, None])
        figures |= {"in_scale": scale[:, 1:-1].nanmean(1), "in_scale_ends": scale[:, [0, -1]].nanmean(1)}
    return figures


def averages(figures: dict[str, Tensor]) -> dict[str, float | list[float]]:
    """Return the means over all paths of what `path_figures` gave.

    Returns:
        Its figures, windows without notes left out of the rates in scale (which are 1 where nothing sounds at all); also
        `step_ratio_worst` (mean over the worst tenth of the paths), `step_ratio_largest`, and `curve` as a list of S means.
    """
    curve = figures["curve"].double().mean(0).tolist()
    means = {name: float(values.double().nanmean().nan_to_num(1.0)) for name, values in figures.items() if name != "curve"}
    ratios = figures["step_ratio"]
    worst = {"step_ratio_worst": worst_decile(ratios, largest=True), "step_ratio_largest": float(ratios.max())}
    return {**means, **worst, "curve": curve}
