"""Metrics of drum patterns.

Conventions: tokens are sets of hits, values their velocities and offsets, as in `musicae.music.representations.drums`; int64 tensors
(B, T) and floats (B, T, 2 * parts), with a mask (B, T) of the time steps that count; the reference comes first, then the
estimate. Averages are over all time steps or hits of the set (micro average).

Metrics:
    hit_f1: F measure of hits, a hit being right when its step and part are; hit_f1s: that of each window.
    velocity_error: mean absolute error of velocities, in MIDI units (1 to 127), over hits that both have.
    timing_error: mean absolute error of onsets in milliseconds at 120 quarter notes a minute, over hits that both have.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, arXiv 1905.06118 (errors of timing and velocity beside those of the quantised
    pattern).
"""

from typing import final

import torch
from torch import Tensor

from musicae.music.metrics.base import WindowMetrics
from musicae.music.metrics.reconstruction import Reconstructions

__all__ = [
    "PLAIN_VELOCITY",
    "DrumMetrics",
    "drum_metrics",
    "hit_counts",
    "hit_distance",
    "hit_f1",
    "hit_f1s",
    "timing_error",
    "velocity_error",
]

PLAIN_VELOCITY = 80  # of a quantised pattern, as MusicVAE writes it
_HALF_STEP_MS = 62.5  # of a sixteenth at 120 quarter notes a minute


def hit_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of hits by step and part; 1 where neither has any."""
    on = mask.to(torch.int64)
    right = int(hit_counts(reference & estimate & -on).sum())
    both = int(hit_counts(reference & -on).sum() + hit_counts(estimate & -on).sum())
    return 2 * right / both if both else 1.0


def hit_f1s(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the F measure of hits of each window, shape (B,); 1 where neither has any."""
    on = mask.to(torch.int64)
    right = hit_counts(reference & estimate & -on).sum(1).double()
    both = hit_counts(reference & -on).sum(1) + hit_counts(estimate & -on).sum(1)
    return torch.where(both > 0, 2 * right / both.clamp(min=1), 1.0)


def hit_counts(tokens: Tensor) -> Tensor:
    """Return the number of hits at each time step, of the shape of the tokens."""
    bits = torch.arange(int(tokens.max()).bit_length() if tokens.numel() else 0, device=tokens.device)
    return (tokens[..., None] >> bits & 1).sum(-1)


def hit_distance(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return how far drum patterns are apart: the hits that one of them lacks, a time step.

    Arguments:
        reference: Tokens, shape (..., T).
        estimate: Tokens, broadcast against them.
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...): 0 for equal patterns, symmetric, and never longer than a way round.
    """
    return (hit_counts(reference ^ estimate) * mask).sum(-1) / mask.sum(-1).clamp(min=1)


def velocity_error(reference: Tensor, estimate: Tensor, common: Tensor) -> float:
    """Return the mean absolute error of velocities in MIDI units; all tensors (..., parts), `common` True at hits of both."""
    return 127 * _mean((reference - estimate).abs(), common)


def timing_error(reference: Tensor, estimate: Tensor, common: Tensor) -> float:
    """Return the mean absolute error of offsets in milliseconds at 120 quarter notes a minute; tensors as above."""
    return _HALF_STEP_MS * _mean((reference - estimate).abs(), common)


def drum_metrics(
    reference: Tensor, estimate: Tensor, mask: Tensor, values: Tensor, estimated_values: Tensor | None
) -> dict[str, float]:
    """Return the metrics of hits and, if the estimate has values, those of velocities and offsets.

    `plain_velocity_error` and `plain_timing_error` are what a quantised pattern of velocity 80 would have at the same hits.
    """
    metrics = {"hit_f1": hit_f1(reference, estimate, mask)}
    if estimated_values is None:
        return metrics
    parts = values.shape[-1] // 2
    hits = (reference & estimate & -mask.to(torch.int64))[..., None] >> torch.arange(parts) & 1
    common = hits > 0
    velocity, offset = values.chunk(2, dim=-1)
    other_velocity, other_offset = estimated_values.chunk(2, dim=-1)
    return {
        **metrics,
        "velocity_error": velocity_error(velocity, other_velocity, common),
        "plain_velocity_error": velocity_error(velocity, torch.full_like(velocity, PLAIN_VELOCITY / 127), common),
        "timing_error": timing_error(offset, other_offset, common),
        "plain_timing_error": timing_error(offset, torch.zeros_like(offset), common),
    }


def _mean(errors: Tensor, common: Tensor) -> float:
    return float(errors[common].mean()) if bool(common.any()) else 0.0


@final
class DrumMetrics(WindowMetrics):
    """The metrics of drum patterns (see the module's text)."""

    headline = "hit_f1"
    names = (
        *("step_accuracy", "hit_f1", "velocity_error", "plain_velocity_error", "timing_error", "plain_timing_error"),
        *("exact", "hold_accuracy", "kl_bits"),
    )

    def distance(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `hit_distance`."""
        return hit_distance(reference, estimate, mask)

    def f1s(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `hit_f1s`."""
        return hit_f1s(reference, estimate, mask)

    def fidelity(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `hit_f1s`."""
        return hit_f1s(reference, estimate, mask)

    def count_events(self, tokens: Tensor, mask: Tensor) -> int:
        """Return the number of hits."""
        return int(hit_counts(tokens * mask).sum())

    def event_metrics(self, results: Reconstructions) -> dict[str, float]:
        """Return what `drum_metrics` gives; without values only that of hits."""
        if results.values is None:
            return {"hit_f1": hit_f1(results.reference, results.estimate, results.mask)}
        return drum_metrics(results.reference, results.estimate, results.mask, results.values, results.estimate_values)

    def along_path(self, paths: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return nothing: drums have no scale."""
        return {}
