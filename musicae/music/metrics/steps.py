"""Metrics of time steps, for tokens of any kind.

Conventions: tokens int64 of shape (B, T) with a mask (B, T) of the time steps that count; reference first, then estimate. Rates
lie in [0, 1] and are averaged over all time steps of the set (micro average), not over windows.

Metrics:
    step_accuracy: share of time steps with the right token. It is inflated by "no event", so read it next to the no-event
        baseline `hold_accuracy`, the step accuracy of always predicting "no event".
    exact: share of windows without any wrong time step.
    step_accuracies: the step accuracy of each window.
"""

import torch
from torch import Tensor

from musicae.music.metrics.base import ratio, ratios

__all__ = ["exact", "hold_accuracy", "step_accuracies", "step_accuracy"]


def step_accuracy(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of time steps with the right token."""
    return ratio(((reference == estimate) & mask).sum(), mask.sum())


def hold_accuracy(reference: Tensor, mask: Tensor) -> float:
    """Return the no-event baseline: the step accuracy of always predicting "no event"."""
    return step_accuracy(reference, torch.zeros_like(reference), mask)


def exact(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of windows in which every time step is right."""
    return ratio((((reference == estimate) | ~mask).all(1)).sum(), torch.tensor(len(reference)))


def step_accuracies(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the share of right time steps of each window, shape (B,); 1 for a window without any."""
    return ratios(((reference == estimate) & mask).sum(1), mask.sum(1))
