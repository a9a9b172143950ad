"""Posteriors over the latent code: a diagonal Gaussian, and a point for autoencoders without noise.

`logvar` is the log **variance** everywhere. The prior is the standard normal N(0, I) unless said otherwise.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["DiagonalGaussian", "JudgedPoint", "Point", "Posterior", "active_units"]


@dataclass(frozen=True)
class DiagonalGaussian:
    """Gaussian with independent dimensions, N(mean, exp(logvar)).

    Arguments:
        mean: Means, shape (B, Z).
        logvar: Log variances, shape (B, Z).

    References:
        Kingma and Welling, 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114.
    """

    mean: Tensor
    logvar: Tensor

    @classmethod
    def from_numbers(cls, numbers: Tensor) -> "DiagonalGaussian":
        """Read means, then log variances, off a network's output (B, 2 Z).

        Log variances are kept within -12 and 4: past that nothing is gained, and their exponential would overflow after one
        bad step.
        """
        mean, logvar = numbers.chunk(2, dim=1)
        return cls(mean, logvar.clamp(-12.0, 4.0))

    @property
    def std(self) -> Tensor:
        """Standard deviations, shape (B, Z)."""
        return torch.exp(0.5 * self.logvar)

    @property
    def mode(self) -> Tensor:
        """The most probable code, shape (B, Z): the mean."""
        return self.mean

    def rsample(self, generator: torch.Generator | None = None) -> Tensor:
        """Draw a code, differentiable in mean and logvar, shape (B, Z)."""
        device = self.mean.device if generator is None else generator.device
        noise = torch.randn(self.mean.shape, generator=generator, dtype=self.mean.dtype, device=device)
        return self.mean + self.std * noise.to(self.mean.device)

    def log_prob(self, z: Tensor) -> Tensor:
        """Return log q(z) in nats, summed over dimensions; z has shape (..., B, Z), the result (..., B)."""
        square = (z - self.mean) ** 2 * torch.exp(-self.logvar)
        return -0.5 * (square + self.logvar + math.log(2 * math.pi)).sum(-1)

    def kl(self) -> Tensor:
        """Return KL(q || N(0, I)) in nats **per dimension**, shape (B, Z); its sum over Z is the rate."""
        return 0.5 * (self.mean**2 + torch.exp(self.logvar) - 1.0 - self.logvar)


@dataclass(frozen=True)
class Point:
    """A code without noise, for plain autoencoders: its KL is defined as zero.

    Arguments:
        mean: The code, shape (B, Z).
    """

    mean: Tensor

    @property
    def mode(self) -> Tensor:
        """The code itself, shape (B, Z)."""
        return self.mean

    def rsample(self, generator: torch.Generator | None = None) -> Tensor:
        """Return the code itself, shape (B, Z)."""
        return self.mean

    def kl(self) -> Tensor:
        """Return zeros, shape (B, Z): a plain autoencoder pays no rate."""
        return torch.zeros_like(self.mean)


@dataclass(frozen=True)
class JudgedPoint(Point):
    """A code without noise, with an opponent's verdict on it (see `musicae.images.models.adversarial`).

    Arguments:
        mean: The code, shape (B, Z).
        log_ratio: The opponent's estimate of log q(z) / p(z) in nats, shape (B,).
    """

    log_ratio: Tensor

    def kl(self) -> Tensor:
        """Return what stands for the KL: softplus of the log ratio, spread evenly over the dimensions, shape (B, Z)."""
        return (F.softplus(self.log_ratio) / self.mean.shape[1])[:, None].expand_as(self.mean)


Posterior = DiagonalGaussian | Point


def active_units(means: Tensor, threshold: float = 0.01) -> int:
    """Return how many latent dimensions carry information.

    Arguments:
        means: Posterior means over a data set, shape (N, Z).
        threshold: Variance of the mean above which a dimension counts.

    References:
        Burda et al., 2015, Importance Weighted Autoencoders, arXiv 1509.00519.
    """
    return int((means.var(0, correction=0) > threshold).sum())
