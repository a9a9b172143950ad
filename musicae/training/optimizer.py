"""The configuration of a training, and the optimizer that it describes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from musicae.core.objectives import ObjectiveConfig
from musicae.errors import ParameterError

__all__ = ["TrainingConfig", "Updater"]


@final
@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained.

    Arguments:
        steps: Optimizer steps.
        batch_size: Examples per step.
        learning_rate: Peak of the learning rate.
        final_learning_rate: Learning rate at the end.
        schedule: `cosine` from peak to final rate over `steps`; `exponential`, MusicVAE's decay by 0.9999 per step.
        warmup_steps: Steps in which the rate rises from 0.
        weight_decay: Weight decay of AdamW.
        clip_norm: Largest global norm of the gradient; larger gradients are scaled down.
        skip_norm: Steps whose gradient has a larger norm than this, or is not finite, are skipped.
        average: Decay of the running average of the weights that is validated and saved; 0 saves the weights themselves.
        seed: Seed of all randomness.
        log_every: Steps between lines of `metrics.csv`.
        validate_every: Steps between validations.
        checkpoint_every: Steps between checkpoints.
        objective: The objective to minimise.
    """

    steps: int = 1000
    batch_size: int = 256
    learning_rate: float = 2e-3
    final_learning_rate: float = 1e-5
    schedule: Literal["cosine", "exponential"] = "cosine"
    warmup_steps: int = 50
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    skip_norm: float = 10_000.0
    average: float = 0.0
    seed: int = 0
    log_every: int = 20
    validate_every: int = 250
    checkpoint_every: int = 100
    objective: ObjectiveConfig = ObjectiveConfig()

    def __post_init__(self) -> None:
        """Check the ranges."""
        least = dict.fromkeys(("steps", "batch_size", "log_every", "validate_every", "checkpoint_every"), 1)
        least |= dict.fromkeys(("warmup_steps", "weight_decay", "final_learning_rate", "seed"), 0)
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ParameterError(f"TrainingConfig.{name} must be at least {low}, got {getattr(self, name)}.")
        if min(self.learning_rate, self.clip_norm, self.skip_norm) <= 0 or not 0 <= self.average < 1:
            raise ParameterError(
                "TrainingConfig needs learning_rate, clip_norm and skip_norm above 0 and 0 <= average < 1; got "
                f"learning_rate={self.learning_rate}, clip_norm={self.clip_norm}, skip_norm={self.skip_norm}, "
                f"average={self.average}."
            )

    def learning_rate_at(self, step: int) -> float:
        """Return the learning rate of an optimizer step (from 0)."""
        low, high = self.final_learning_rate, self.learning_rate
        if self.schedule == "exponential":
            return (high - low) * 0.9999**step + low
        progress = min(1.0, step / max(1, self.steps))
        rate = low + (high - low) * 0.5 * (1.0 + math.cos(math.pi * progress))
        return rate * min(1.0, (step + 1) / max(1, self.warmup_steps))


@final
class Updater:
    """An optimizer with the learning rate, clipping and skipping of a `TrainingConfig`.

    Arguments:
        parameters: The parameters to train.
        config: How to train them.
        share: Learning rate as a share of the configuration's.
    """

    def __init__(self, parameters: Sequence[Tensor], config: TrainingConfig, share: float = 1.0) -> None:
        self.parameters, self.config, self.share = list(parameters), config, share
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=share * config.learning_rate,
            weight_decay=config.weight_decay,
            betas=(0.9, 0.99),
            fused=True,
        )

    def update(self, loss: Tensor, step: int) -> Tensor:
        """Do optimizer step `step` (from 0) on a loss; the step is skipped if its gradient is too large or not finite.

        Returns:
            1 if the step was skipped, 0 if not, on the device, shape ().
        """
        config = self.config
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, config.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.share * config.learning_rate_at(step)
        # The fused optimizer skips a step itself if this flag is set, so the host need not wait for the device.
        skipped = (~(norm <= config.skip_norm)).float()  # 1 for NaN too
        self.optimizer.found_inf = skipped  # type: ignore[attr-defined]
        self.optimizer.step()
        return skipped
