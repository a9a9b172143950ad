"""The interface that the metrics of every kind of music implement: a distance, metrics of windows, and summaries.

Conventions: reference first, then estimate; tokens int64 of shape (B, T) or (..., T), with a boolean mask of the time steps
that count. Rates lie in [0, 1].
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor

from musicae.music.models.batch import GridBatch

__all__ = ["Distance", "WindowMetrics", "ratio", "ratios", "worst_decile"]

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]  # of reference and estimate (..., T) under a mask (..., T), shape (...)


class WindowMetrics(ABC):
    """The metrics of windows of one kind of music. Implementations are stateless."""

    headline: str  # name of the metric by which models are compared and checkpoints chosen
    names: tuple[str, ...]  # the metrics that `musicae reconstruct` reports, in its order

    @abstractmethod
    def distance(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return how different windows (..., T) sound, shape (...): a metric in the mathematical sense."""

    @abstractmethod
    def f1s(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return the F measure of the events of each window, shape (B,)."""

    @abstractmethod
    def fidelity(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return how similar estimates (B, T) are to their references, shape (B,), in [0, 1]; 1 for equal windows."""

    @abstractmethod
    def count_events(self, tokens: Tensor, mask: Tensor) -> int:
        """Return the number of notes or hits in windows."""

    @abstractmethod
    def event_metrics(self, reference: GridBatch, estimate: GridBatch) -> dict[str, float]:
        """Return the metrics of notes or hits over a set of windows in the same bars, by name."""

    @abstractmethod
    def rates(self, tokens: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return metrics of single windows (..., T) by name, each of shape (...); none if the kind has no such metric.

        They need no reference, so they also describe samples and the windows along a path. A window without events has NaN.
        """


def worst_decile(values: Tensor, *, largest: bool = False) -> float:
    """Return the mean of the worst tenth of values.

    Arguments:
        values: Shape (N,), N at least 1; the tenth is rounded up, so that it holds at least one.
        largest: Whether large values are bad. [default: small ones are]
    """
    return float(values.double().topk(-(-len(values) // 10), largest=largest).values.mean())


def ratio(part: Tensor, whole: Tensor) -> float:
    """Return part / whole, or 1 for an empty whole."""
    return float(part) / float(whole) if float(whole) else 1.0


def ratios(part: Tensor, whole: Tensor) -> Tensor:
    """Return part / whole per element, or 1 for an empty whole; float64, of the shape of the inputs."""
    return torch.where(whole > 0, part.double() / whole.clamp(min=1), 1.0)
