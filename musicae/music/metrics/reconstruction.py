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
    """Windows of a set, padded to one length, and what a model made of them.

    Arguments:
        reference: The tokens, shape (N, T).
        estimate: What was decoded, shape (N, T).
        mask: Time steps that count, shape (N, T).
        values: What tokens do not say, shape (N, T, V); None where nothing is known of it.
        estimate_values: The same for what was decoded.
        means: Posterior means, shape (N, Z).
        kl_bits: KL of each window in bits, shape (N,).
        nll_bits: Bound on the negative log likelihood of each window in bits, from one code each, shape (N,).
    """

    reference: Tensor
    estimate: Tensor
    mask: Tensor
    values: Tensor | None
    estimate_values: Tensor | None
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
            code: Gives the codes that are decoded, shape (B, Z). [default: the posterior means]
            seed: Seed of the codes that the bound is computed from.
        """
        width = max(b.tokens.shape[1] for b in batches)
        generator = torch.Generator().manual_seed(seed)
        found: dict[str, list[Tensor]] = {}
        for batch in batches:
            posterior = model.encode(batch)
            made = model.generate(posterior.mode if code is None else code(batch), batch)
            bits = posterior.kl().sum(1) * BITS
            noise = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
            z = posterior.mean + noise * posterior.std if isinstance(posterior, DiagonalGaussian) else posterior.mean
            parts = {"reference": batch.tokens, "estimate": made.tokens, "mask": batch.mask, "values": batch.values}
            parts |= {"estimate_values": made.values, "means": posterior.mean}
            parts |= {"kl_bits": bits, "nll_bits": bits - model.log_likelihood(batch, z) * BITS}
            for name, part in parts.items():
                if part is not None:
                    more = width - batch.tokens.shape[1] if name not in ("means", "kl_bits", "nll_bits") else 0
                    found.setdefault(name, []).append(_pad(part.cpu(), more))
        whole = {name: torch.cat(parts) for name, parts in found.items()}
        return cls(values=whole.pop("values", None), estimate_values=whole.pop("estimate_values", None), **whole)

    def summary(self, metrics: WindowMetrics) -> dict[str, float]:
        """Return what `reconstruction_metrics` does."""
        windows = self.reference, self.estimate, self.mask
        return {
            "hold_accuracy": hold_accuracy(self.reference, self.mask),
            "step_accuracy": step_accuracy(*windows),
            **metrics.event_metrics(self),
            "exact": exact(*windows),
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


def _pad(part: Tensor, more: int) -> Tensor:
    """Add `more` time steps of 0 to (B, T) or (B, T, V)."""
    return torch.nn.functional.pad(part, (0, more) if part.ndim == 2 else (0, 0, 0, more)) if more else part
