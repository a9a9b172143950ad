"""Metrics of rhythms: the F measure of onsets, and the share of time steps that differ."""

from typing import final

from torch import Tensor

from musicae.music.metrics.base import WindowMetrics, ratio, ratios
from musicae.music.models.batch import GridBatch

__all__ = ["RhythmMetrics"]


@final
class RhythmMetrics(WindowMetrics):
    """The metrics of rhythms."""

    headline = "rhythm_f1"
    names = ("step_accuracy", "rhythm_f1", "exact", "hold_accuracy", "kl_bits")

    def distance(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return the share of time steps that differ, shape (...)."""
        return ((reference != estimate) & mask).sum(-1) / mask.sum(-1).clamp(min=1)

    def f1s(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return the F measure of the onsets of each window, shape (B,)."""
        return ratios(2 * (reference * estimate * mask).sum(1), ((reference + estimate) * mask).sum(1))

    def fidelity(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `f1s`."""
        return self.f1s(reference, estimate, mask)

    def count_events(self, tokens: Tensor, mask: Tensor) -> int:
        """Return the number of onsets."""
        return int((tokens * mask).sum())

    def event_metrics(self, reference: GridBatch, estimate: GridBatch) -> dict[str, float]:
        """Return the F measure of all onsets."""
        right = (reference.tokens * estimate.tokens * reference.mask).sum()
        return {"rhythm_f1": ratio(2 * right, ((reference.tokens + estimate.tokens) * reference.mask).sum())}

    def rates(self, tokens: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return nothing."""
        return {}
