"""Validation: metrics of a model on fixed batches, and the rank by which the best weights are chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch

from musicae.core.autoencoder import Autoencoder
from musicae.core.objectives import BITS, BetaSchedule, ObjectiveConfig

__all__ = ["Metrics", "Validation"]

Metrics = dict[str, float]

_TOLERATED = 1.1  # a KL of up to so many times the target counts as held at the target
_EXCEEDED = 1e9  # ranks from here on belong to weights whose KL is too large


@final
@dataclass(frozen=True, kw_only=True)
class Validation:
    """How a model is validated.

    Arguments:
        batches: Fixed batches on the model's device; without any, the last weights count as the best.
        score: Returns further metrics of the model on the batches, by name.
        maximise: Name of the metric among these whose highest value makes weights the best. If None, the lowest validation
            loss does, or the last weights where a controller changes the weight of the KL.
    """

    batches: Sequence[Any] = ()
    score: Callable[[Autoencoder[Any], Sequence[Any]], Metrics] | None = None
    maximise: str | None = None

    @torch.no_grad()
    def measure(self, model: Autoencoder[Any], objective: ObjectiveConfig, beta: float, *, seed: int) -> Metrics:
        """Return the metrics of a model in evaluation mode, with the prefix `valid_`; none without batches.

        Arguments:
            model: The model.
            objective: The objective.
            beta: Weight of the KL.
            seed: Seed of the sampled codes.
        """
        total, count = torch.zeros(3), 0
        generator = torch.Generator(next(model.parameters()).device).manual_seed(seed)
        for batch in self.batches:
            losses = model(batch, objective, beta, generator)
            total += torch.stack([losses.loss, losses.reconstruction, losses.kl]).cpu() * len(batch)
            count += len(batch)
        if not count:
            return {}
        loss, reconstruction, kl = (total / count).tolist()
        scores = self.score(model, self.batches) if self.score else {}
        return {
            "valid_loss": loss,
            "valid_reconstruction": reconstruction,
            "valid_kl_bits": kl * BITS,
            **{f"valid_{name}": value for name, value in scores.items()},
        }

    def rank(self, metrics: Metrics, schedule: BetaSchedule, step: int) -> float:
        """Return the rank of weights, the lower the better.

        If a controller holds the KL at a target, weights whose KL exceeds the target by more than a tenth rank after all
        others, the closest to the target first: their codes carry more bits than allowed. Losses under the weights of a
        controller are not comparable.

        Arguments:
            metrics: What `measure` returned.
            schedule: Schedule of the weight of the KL.
            step: The optimizer step, from 1.
        """
        if schedule.kind == "target" and metrics:
            ratio = metrics["valid_kl_bits"] / schedule.target_bits
            if ratio > _TOLERATED:
                return _EXCEEDED + ratio
        if self.maximise and self.score and metrics:
            return -metrics[f"valid_{self.maximise}"]
        return -float(step) if schedule.kind == "target" else metrics.get("valid_loss", -float(step))
