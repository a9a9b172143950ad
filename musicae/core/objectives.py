"""Loss terms in nats, free bits, and schedules for the weight of the KL.

Every term is summed over data and latent dimensions per example and averaged over the batch, so `reconstruction + kl` is a
bound on the negative log likelihood of one example (the negative ELBO).
"""

import math
from dataclasses import dataclass
from typing import Literal, final

import torch
from torch import Tensor

from musicae.errors import ParameterError

__all__ = ["BITS", "BetaSchedule", "Losses", "ObjectiveConfig", "elbo_losses", "importance_losses"]

BITS = 1.0 / math.log(2.0)  # one nat in bits
_LEAST, _MOST = 0.01, 10.0  # limits of the weight that a controller sets


@final
@dataclass(frozen=True, kw_only=True)
class BetaSchedule:
    """The weight of the KL as a function of the optimizer step.

    Arguments:
        kind: `constant`; `linear` (from 0 to `beta` over `steps`); `exponential`, `beta * (1 - rate**step)` as in
            MusicVAE; `cyclical` (`cycles` ramps over `steps`, each rising for half its length, then held);
            `target`, 0 for the first `steps`, then a controller that changes the weight, between 0.01 (or `beta`, if
            that is less) and 10, until the KL equals `target_bits`.
        beta: The largest weight; for `target` the first one above 0.
        steps: Length of the ramp, of all cycles together, or of the time before the controller starts.
        rate: Base of the exponential schedule.
        cycles: Number of cycles.
        target_bits: Mean KL that the controller aims at, in bits per example.

    References:
        Bowman et al., 2016, arXiv 1511.06349 (linear); Roberts et al., 2018, arXiv 1803.05428 (exponential);
        Fu et al., 2019, arXiv 1903.10145 (cyclical); Shao et al., 2020, arXiv 2004.05988 (control of the KL).
    """

    kind: Literal["constant", "linear", "exponential", "cyclical", "target"] = "constant"
    beta: float = 1.0
    steps: int = 1000
    rate: float = 0.99999
    cycles: int = 4
    target_bits: float = 60.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.beta < 0 or self.steps < 1 or self.cycles < 1 or not 0 < self.rate < 1 or self.target_bits <= 0:
            raise ParameterError(
                "BetaSchedule needs beta >= 0, steps >= 1, cycles >= 1, 0 < rate < 1 and target_bits > 0; "
                f"got beta={self.beta}, steps={self.steps}, cycles={self.cycles}, rate={self.rate}, "
                f"target_bits={self.target_bits}."
            )
        if self.kind == "target" and not 0 < self.beta <= _MOST:
            raise ParameterError(f"BetaSchedule of kind target needs 0 < beta <= 10, got {self.beta}.")

    def at(self, step: int, previous: float | None = None, kl_bits: float | None = None) -> float:
        """Return the weight for optimizer step `step` (from 0).

        Arguments:
            step: The optimizer step.
            previous: The weight of the step before; only `target` uses it.
            kl_bits: The mean KL of the step before, in bits; only `target` uses it.
        """
        if self.kind == "linear":
            return self.beta * min(1.0, step / self.steps)
        if self.kind == "exponential":
            return self.beta * (1.0 - self.rate**step)
        if self.kind == "cyclical":
            place = (step * self.cycles / self.steps) % 1.0 if step < self.steps else 1.0
            return self.beta * min(1.0, 2.0 * place)
        if self.kind == "target":
            if step < self.steps:
                return 0.0
            if not previous or kl_bits is None:
                return self.beta
            error = max(-1.0, min(1.0, kl_bits / self.target_bits - 1.0))
            return min(_MOST, max(min(self.beta, _LEAST), previous * math.exp(0.01 * error)))
        return self.beta

    def final(self, steps: int, current: float | None) -> float:
        """Return the weight of the validation loss in a training of `steps` steps: the last weight of the schedule.

        Losses under a weight that still rises are not comparable. The last weight of `target` is not known in advance, so
        `current` is returned.
        """
        return (current or 0.0) if self.kind == "target" else self.at(max(steps, self.steps))


@final
@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """The objective to minimise: reconstruction + beta * KL, where a part of the KL may be free.

    Arguments:
        beta: Schedule of the weight of the KL.
        free_bits: Bits of each example's **total** KL that are not penalised (MusicVAE).
        free_bits_per_dimension: Bits of each latent dimension's batch-mean KL that are not penalised
            (Kingma et al., 2016, arXiv 1606.04934).
        importance_samples: Codes drawn per example. More than 1 give the importance-weighted bound, which is closer to
            log p(x) than the ELBO (Burda et al., 2016, arXiv 1509.00519).
    """

    beta: BetaSchedule = BetaSchedule()
    free_bits: float = 0.0
    free_bits_per_dimension: float = 0.0
    importance_samples: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.free_bits < 0 or self.free_bits_per_dimension < 0:
            raise ParameterError("free_bits and free_bits_per_dimension must be at least 0.")
        if self.free_bits > 0 and self.free_bits_per_dimension > 0:
            raise ParameterError("Give free_bits or free_bits_per_dimension, not both.")
        if self.importance_samples < 1:
            raise ParameterError(f"importance_samples must be at least 1, got {self.importance_samples}.")
        if self.importance_samples > 1 and max(self.free_bits, self.free_bits_per_dimension) > 0:
            raise ParameterError("The importance-weighted bound has no free bits; give importance_samples or free bits.")


@final
@dataclass(frozen=True)
class Losses:
    """Loss terms of a batch, each a scalar in nats per example.

    Arguments:
        loss: The objective.
        reconstruction: Negative log likelihood of the data given the code.
        kl: The whole KL, before free bits and weight.
    """

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor


def elbo_losses(reconstruction: Tensor, kl: Tensor, objective: ObjectiveConfig, beta: float) -> Losses:
    """Combine the two terms.

    Arguments:
        reconstruction: Negative log likelihoods in nats, shape (B,).
        kl: KL in nats per dimension, shape (B, Z).
        objective: Free bits.
        beta: Weight of the KL above the free bits.

    Returns:
        The terms averaged over the batch.
    """
    if objective.free_bits_per_dimension > 0:
        floor = objective.free_bits_per_dimension / BITS
        charged = torch.clamp(kl.mean(0) - floor, min=0.0).sum()
    else:
        charged = torch.clamp(kl.sum(1) - objective.free_bits / BITS, min=0.0).mean()
    nll = reconstruction.mean()
    return Losses(loss=nll + beta * charged, reconstruction=nll, kl=kl.sum(1).mean())


def importance_losses(reconstruction: Tensor, ratio: Tensor, beta: float) -> Losses:
    """Return the importance-weighted bound on -log p(x) from K codes per example (Burda et al., 2016, arXiv 1509.00519).

    Arguments:
        reconstruction: Negative log likelihoods in nats, shape (K, B).
        ratio: log q(z|x) - log p(z) of the codes in nats, shape (K, B); its mean estimates the KL.
        beta: Weight of the ratio.

    Returns:
        The terms averaged over the batch; reconstruction and KL also over the codes.
    """
    bound = torch.logsumexp(-reconstruction - beta * ratio, 0) - math.log(len(ratio))
    return Losses(loss=-bound.mean(), reconstruction=reconstruction.mean(), kl=ratio.mean())
