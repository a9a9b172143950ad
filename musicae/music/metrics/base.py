"""What the metrics of every kind of music offer: distances, scores of windows and summaries, under one interface.

Conventions: reference first, then estimate; tokens int64 of shape (B, T) or (..., T), with a boolean mask of the time steps that
count. Rates lie in [0, 1].
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from musicae.music.metrics.reconstruction import Reconstructions

__all__ = ["Distance", "WindowMetrics", "ratio", "ratios", "worst_decile"]

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]  # of reference and estimate (..., T) under a mask (..., T), shape (...)


class WindowMetrics(ABC):
    """The metrics of windows of one kind of music. Implementations are stateless."""

    headline: str  # the name of the metric by which models are compared and chosen
    names: tuple[str, ...]  # what `musicae reconstruct` reports, in its order

    @abstractmethod
    def distance(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return how far windows (..., T) are apart to the ear, shape (...); a metric in the mathematical sense."""

    @abstractmethod
    def f1s(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return the F measure of the events of each window, shape (B,)."""

    @abstractmethod
    def fidelity(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return how well windows (B, T) are kept, shape (B,), in [0, 1]."""

    @abstractmethod
    def count_events(self, tokens: Tensor, mask: Tensor) -> int:
        """Return the number of notes or hits in windows."""

    @abstractmethod
    def event_metrics(self, results: "Reconstructions") -> dict[str, float]:
        """Return the metrics of notes or hits over a set of reconstructions, by name."""

    @abstractmethod
    def along_path(self, paths: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return further metrics of paths (P, S, T) under a mask (P, T), each of shape (P,); empty if there are none."""


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
    """Return part / whole for each element, or 1 for an empty whole; float64, of the shape of the inputs."""
    return torch.where(whole > 0, part.double() / whole.clamp(min=1), 1.0)
