"""Metrics of drum patterns.

Conventions: tokens are sets of voices, and values their velocities and offsets, as in `musicae.music.representations.drums`:
int64 tensors (B, T) and floats (B, T, 2 * voices), with a mask (B, T) of the time steps that count. The reference comes first,
then the estimate. Averages are over all time steps or hits of the set (micro average).

Metrics:
    hit_f1: F measure of hits. A hit is right if its step and its voice are. hit_f1s: the F measure of each window.
    velocity_error: mean absolute error of velocities, in MIDI units (1 to 127), over hits that both have.
    timing_error: mean absolute error of onsets in milliseconds at 120 quarter notes per minute, over hits that both have.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, arXiv 1905.06118 (errors of timing and velocity, compared with those of the
    quantised pattern).
"""

from typing import final

import torch
from torch import Tensor

from musicae.music.metrics.base import WindowMetrics
from musicae.music.models.batch import GridBatch

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

PLAIN_VELOCITY = 80  # velocity of a quantised pattern, as MusicVAE writes it
_HALF_STEP_MS = 62.5  # half a sixteenth at 120 quarter notes per minute


def hit_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of hits by step and voice; 1 if neither has any."""
    on = mask.to(torch.int64)
    right = int(hit_counts(reference & estimate & -on).sum())
    both = int(hit_counts(reference & -on).sum() + hit_counts(estimate & -on).sum())
    return 2 * right / both if both else 1.0


def hit_f1s(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the F measure of hits of each window, shape (B,); 1 if neither has any."""
    on = mask.to(torch.int64)
    right = hit_counts(reference & estimate & -on).sum(1).double()
    both = hit_counts(reference & -on).sum(1) + hit_counts(estimate & -on).sum(1)
    return torch.where(both > 0, 2 * right / both.clamp(min=1), 1.0)


def hit_counts(tokens: Tensor) -> Tensor:
    """Return the number of hits at each time step, of the shape of the tokens."""
    bits = torch.arange(int(tokens.max()).bit_length() if tokens.numel() else 0, device=tokens.device)
    return (tokens[..., None] >> bits & 1).sum(-1)


def hit_distance(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return how different drum patterns are: the number of hits per time step that only one of them has.

    Arguments:
        reference: Tokens, shape (..., T).
        estimate: Tokens, broadcast against them.
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...): 0 for equal patterns, symmetric, and at most the sum of the distances to a third pattern.
    """
    return (hit_counts(reference ^ estimate) * mask).sum(-1) / mask.sum(-1).clamp(min=1)


def velocity_error(reference: Tensor, estimate: Tensor, common: Tensor) -> float:
    """Return the mean absolute error of velocities in MIDI units; all tensors (..., voices), `common` True at hits of both."""
    return 127 * _mean((reference - estimate).abs(), common)


def timing_error(reference: Tensor, estimate: Tensor, common: Tensor) -> float:
    """Return the mean absolute error of offsets in milliseconds at 120 quarter notes per minute; tensors as above."""
    return _HALF_STEP_MS * _mean((reference - estimate).abs(), common)


def drum_metrics(reference: GridBatch, estimate: GridBatch) -> dict[str, float]:
    """Return the metrics of hits and, if both have expression values, those of velocities and offsets.

    `plain_velocity_error` and `plain_timing_error` are the errors of a quantised pattern of velocity 80 at the same hits.
    """
    mask = reference.mask
    metrics = {"hit_f1": hit_f1(reference.tokens, estimate.tokens, mask)}
    if reference.values is None or estimate.values is None:
        return metrics
    voices = reference.values.shape[-1] // 2
    hits = (reference.tokens & estimate.tokens & -mask.to(torch.int64))[..., None] >> torch.arange(voices) & 1
    common = hits > 0
    velocity, offset = reference.values.chunk(2, dim=-1)
    other_velocity, other_offset = estimate.values.chunk(2, dim=-1)
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

    def event_metrics(self, reference: GridBatch, estimate: GridBatch) -> dict[str, float]:
        """Return the result of `drum_metrics`."""
        return drum_metrics(reference, estimate)

    def rates(self, tokens: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return nothing: drums have no scale."""
        return {}
