"""Posteriors q(z|x) over the latent code: a diagonal Gaussian, or a point for autoencoders without noise.

`logvar` is the log **variance** everywhere. The prior is the standard normal N(0, I) unless a docstring names another.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["AdversarialPoint", "DiagonalGaussian", "Point", "Posterior", "active_units"]


class Posterior(ABC):
    """A distribution of the code given the data.

    Attributes:
        mean: Means of the codes, shape (B, Z).
    """

    mean: Tensor

    @property
    def mode(self) -> Tensor:
        """The most probable code, shape (B, Z): the mean."""
        return self.mean

    @abstractmethod
    def rsample(self, generator: torch.Generator | None = None) -> Tensor:
        """Draw a code, differentiable in the parameters of the posterior, shape (B, Z)."""

    @abstractmethod
    def kl(self) -> Tensor:
        """Return KL(q || N(0, I)) in nats **per dimension**, shape (B, Z); its sum over Z is the rate."""


@final
@dataclass(frozen=True)
class DiagonalGaussian(Posterior):
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
    def from_parameters(cls, parameters: Tensor) -> "DiagonalGaussian":
        """Split a network's output into means and log variances.

        Log variances are clamped to [-12, 4]. A wider range gains nothing, and the exponential could overflow after one bad
        step.

        Arguments:
            parameters: Means, then log variances, shape (B, 2 Z).
        """
        mean, logvar = parameters.chunk(2, dim=1)
        return cls(mean, logvar.clamp(-12.0, 4.0))

    @property
    def std(self) -> Tensor:
        """Standard deviations, shape (B, Z)."""
        return torch.exp(0.5 * self.logvar)

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


@final
@dataclass(frozen=True)
class Point(Posterior):
    """A code without noise, for plain autoencoders: its KL is defined as zero.

    Arguments:
        mean: The code, shape (B, Z).
    """

    mean: Tensor

    def rsample(self, generator: torch.Generator | None = None) -> Tensor:
        """Return the code itself, shape (B, Z)."""
        return self.mean

    def kl(self) -> Tensor:
        """Return zeros, shape (B, Z): the rate of a plain autoencoder is not penalised."""
        return torch.zeros_like(self.mean)


@final
@dataclass(frozen=True)
class AdversarialPoint(Posterior):
    """A code without noise, with a discriminator's estimate of its density ratio to the prior.

    Arguments:
        mean: The code, shape (B, Z).
        log_ratio: The discriminator's estimate of log q(z) / p(z) in nats, shape (B,).
    """

    mean: Tensor
    log_ratio: Tensor

    def rsample(self, generator: torch.Generator | None = None) -> Tensor:
        """Return the code itself, shape (B, Z)."""
        return self.mean

    def kl(self) -> Tensor:
        """Return softplus of the log ratio, which replaces the KL, spread evenly over the dimensions, shape (B, Z)."""
        return (F.softplus(self.log_ratio) / self.mean.shape[1])[:, None].expand_as(self.mean)


def active_units(means: Tensor, threshold: float = 0.01) -> int:
    """Return how many latent dimensions carry information.

    Arguments:
        means: Posterior means over a data set, shape (N, Z).
        threshold: Variance of the mean above which a dimension counts.

    References:
        Burda et al., 2015, Importance Weighted Autoencoders, arXiv 1509.00519.
    """
    return int((means.var(0, correction=0) > threshold).sum())
