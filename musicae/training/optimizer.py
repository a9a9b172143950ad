"""How a model is trained, and the optimizer that carries it out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from musicae.core.objectives import ObjectiveConfig
from musicae.errors import ParameterError

__all__ = ["TrainingConfig", "Updater"]


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained.

    Arguments:
        steps: Optimizer steps.
        batch_size: Examples a step.
        learning_rate: Its peak.
        final_learning_rate: What it ends at.
        schedule: `cosine` from peak to final over `steps`; `exponential`, MusicVAE's decay by 0.9999 a step.
        warmup_steps: Steps in which the rate rises from 0.
        weight_decay: AdamW's.
        clip_norm: Largest global norm of the gradient.
        skip_norm: A step whose gradient is larger than this, or not finite, is left out.
        average: Decay of the running average of the weights that is validated and saved; 0 saves the weights themselves.
        seed: Seed of everything random.
        log_every: Steps between lines of `metrics.csv`.
        validate_every: Steps between validations.
        checkpoint_every: Steps between checkpoints.
        objective: What is minimised.
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


class Updater:
    """One optimizer with the learning rate, the clipping and the skipping that a `TrainingConfig` asks for.

    Arguments:
        parameters: What it trains.
        config: How.
        share: Its learning rate as a share of the configuration's.
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
        """Do optimizer step `step` (from 0) on a loss; it is left out if its gradient is too large or not finite.

        Returns:
            1 where it was left out, else 0, on the device, shape ().
        """
        config = self.config
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, config.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.share * config.learning_rate_at(step)
        # The fused optimizer itself leaves a step out where this flag is set, so that the host need not wait for the device.
        skipped = (~(norm <= config.skip_norm)).float()  # 1 for NaN too
        self.optimizer.found_inf = skipped  # type: ignore[attr-defined]
        self.optimizer.step()
        return skipped
