"""Reconstructions of a set of windows, and their metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from musicae.core.autoencoder import Autoencoder
from musicae.core.distributions import DiagonalGaussian, active_units
from musicae.core.objectives import BITS
from musicae.music.metrics.base import WindowMetrics
from musicae.music.metrics.steps import exact, hold_accuracy, step_accuracy
from musicae.music.models.batch import GridBatch

__all__ = ["Reconstructions", "reconstruction_metrics"]


@dataclass(frozen=True)
class Reconstructions:
    """Windows of a set and their reconstructions by a model, on the CPU.

    Arguments:
        reference: The windows, N of them.
        estimate: The decoded windows, in the same bars.
        means: Posterior means, shape (N, Z).
        kl_bits: KL of each window in bits, shape (N,).
        nll_bits: Bound on the negative log likelihood of each window in bits, from one code each, shape (N,).
    """

    reference: GridBatch
    estimate: GridBatch
    means: Tensor
    kl_bits: Tensor
    nll_bits: Tensor

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        model: Autoencoder[Any],
        batches: Sequence[GridBatch],
        code: Callable[[GridBatch], Tensor] | None = None,
        *,
        seed: int = 0,
    ) -> "Reconstructions":
        """Encode and decode windows.

        Arguments:
            model: A model over token grids, in evaluation mode.
            batches: The windows, at least one.
            code: Returns the codes to decode, shape (B, Z). [default: the posterior means]
            seed: Seed of the codes from which the bound is computed.
        """
        generator = torch.Generator().manual_seed(seed)
        estimates, columns = [], []
        for batch in batches:
            posterior = model.encode(batch)
            decoded = model.generate(posterior.mode if code is None else code(batch), batch)
            bits = posterior.kl().sum(1) * BITS
            noise = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
            z = posterior.mean + noise * posterior.std if isinstance(posterior, DiagonalGaussian) else posterior.mean
            estimates.append(decoded.to("cpu"))
            columns.append((posterior.mean.cpu(), bits.cpu(), (bits - model.log_likelihood(batch, z) * BITS).cpu()))
        means, kl_bits, nll_bits = (torch.cat(column) for column in zip(*columns, strict=True))
        return cls(GridBatch.join([b.to("cpu") for b in batches]), GridBatch.join(estimates), means, kl_bits, nll_bits)

    @property
    def tokens(self) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens of reference and estimate, and the mask of the time steps that count, each of shape (N, T)."""
        return self.reference.tokens, self.estimate.tokens, self.reference.mask

    def summary(self, metrics: WindowMetrics) -> dict[str, float]:
        """Return the result of `reconstruction_metrics`."""
        return {
            "hold_accuracy": hold_accuracy(self.reference.tokens, self.reference.mask),
            "step_accuracy": step_accuracy(*self.tokens),
            **metrics.event_metrics(self.reference, self.estimate),
            "exact": exact(*self.tokens),
            "kl_bits": float(self.kl_bits.double().mean()),
            "nll_bits": float(self.nll_bits.double().mean()),
            "active_units": float(active_units(self.means)),
        }


def reconstruction_metrics(
    model: Autoencoder[Any],
    batches: Sequence[GridBatch],
    metrics: WindowMetrics,
    code: Callable[[GridBatch], Tensor] | None = None,
) -> dict[str, float]:
    """Return all metrics of reconstructions from the posterior mean, decoded freely at temperature 0.

    Arguments:
        model: A model over token grids, in evaluation mode.
        batches: The windows, at least one.
        metrics: The metrics of their kind of music.
        code: Returns the codes to decode, shape (B, Z). [default: the posterior means]

    Returns:
        `hold_accuracy`, `step_accuracy`, `exact`, `kl_bits` (mean per window), `nll_bits` (bound on the negative log
        likelihood, mean per window), `active_units`, and the `event_metrics` of the kind.
        `musicae.music.evaluation.codes.thorough_metrics` has more.
    """
    return Reconstructions.of(model, batches, code).summary(metrics)
