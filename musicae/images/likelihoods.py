"""Likelihoods of images in [0, 1] given the output of the decoder.

The output of the decoder, of shape (B, C, H, W), is called logits. From it each likelihood computes log p(x|z) in nats, summed
over the pixels and channels of each image, the mean image, and samples.
"""

import math
from typing import Literal, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.config import check_temperature
from musicae.errors import ParameterError

__all__ = ["BernoulliLikelihood", "GaussianLikelihood", "Likelihood", "make_likelihood"]

_LOWEST_LOG_SCALE = -6.0


@final
class BernoulliLikelihood(nn.Module):
    """Every pixel is a Bernoulli variable with P(x = 1) = sigmoid(logit).

    Grey values are accepted as relaxed targets: log p = x log P + (1 - x) log (1 - P), the expected log likelihood of an
    image binarised with the grey values as probabilities. It is not a density over grey values (for one, see Loaiza-Ganem and
    Cunningham, 2019, arXiv 1907.06845), so metrics of grey and of binarised data are not comparable.
    """

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return log p(x|z) in nats, shape (B,), for logits and images of shape (B, C, H, W)."""
        return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)

    def mean(self, logits: Tensor) -> Tensor:
        """Return the mean image, shape (B, C, H, W), values in [0, 1]."""
        return torch.sigmoid(logits)

    def sample(self, logits: Tensor, *, temperature: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
        """Sample images of zeros and ones, shape (B, C, H, W).

        Arguments:
            logits: The output of the decoder, shape (B, C, H, W).
            temperature: Divides the logits: 1 samples from the likelihood, less sharpens it, 0 returns the **mean** image
                without sampling.
            generator: Source of randomness, on any device.
        """
        check_temperature(temperature)
        if temperature == 0:
            return self.mean(logits)
        device = logits.device if generator is None else generator.device
        uniform = torch.rand(logits.shape, generator=generator, dtype=logits.dtype, device=device).to(logits.device)
        return (uniform < torch.sigmoid(logits / temperature)).to(logits.dtype)


@final
class GaussianLikelihood(nn.Module):
    """Every pixel is normal with mean sigmoid(logit) and one scale (standard deviation) for all pixels.

    A scale of sqrt(1/2) makes `-log_prob` the summed squared error, up to a constant. A learned scale balances squared error
    and KL. It has a lower bound of exp(-6), about 0.0025; without one, the likelihood of an image with a constant background
    is unbounded.

    Arguments:
        scale: Standard deviation in units of the pixel range, above exp(-6) if learned, above 0 if not.
        learn_scale: Whether the scale is trained, starting from `scale`.

    Raises:
        ParameterError: `scale` is too small.

    References:
        Rybkin, Daniilidis and Levine, 2020, Simple and Effective VAE Training with Calibrated Decoders,
        arXiv 2006.13202 (the learned scale and its soft lower bound).
    """

    def __init__(self, *, scale: float = 1.0, learn_scale: bool = False) -> None:
        super().__init__()
        lowest = math.exp(_LOWEST_LOG_SCALE) if learn_scale else 0.0
        if not lowest < scale < math.inf:
            raise ParameterError(f"The scale of a Gaussian likelihood must be above {lowest:.4g}, got {scale}.")
        self.fixed_log_scale = math.log(scale)
        self.raw_scale: nn.Parameter | None = None
        if learn_scale:
            # The inverse of the softplus in `log_scale`, so that training starts from `scale`.
            start = math.log(math.expm1(self.fixed_log_scale - _LOWEST_LOG_SCALE))
            self.raw_scale = nn.Parameter(torch.tensor(start))

    @property
    def log_scale(self) -> Tensor:
        """Natural logarithm of the standard deviation, a scalar."""
        if self.raw_scale is None:
            return torch.tensor(self.fixed_log_scale)
        return _LOWEST_LOG_SCALE + F.softplus(self.raw_scale)

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return log p(x|z) in nats, shape (B,), for logits and images of shape (B, C, H, W)."""
        log_scale = self.log_scale
        square = ((x - self.mean(logits)) ** 2).flatten(1).sum(1) * torch.exp(-2 * log_scale)
        return -0.5 * square - math.prod(x.shape[1:]) * (log_scale + 0.5 * math.log(2 * math.pi))

    def mean(self, logits: Tensor) -> Tensor:
        """Return the mean image, shape (B, C, H, W), values in [0, 1]."""
        return torch.sigmoid(logits)

    def sample(self, logits: Tensor, *, temperature: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
        """Sample images, clipped to [0, 1], shape (B, C, H, W).

        Arguments:
            logits: The output of the decoder, shape (B, C, H, W).
            temperature: Multiplies the scale: 1 samples from the likelihood, 0 returns the mean image.
            generator: Source of randomness, on any device.
        """
        check_temperature(temperature)
        if temperature == 0:
            return self.mean(logits)
        device = logits.device if generator is None else generator.device
        noise = torch.randn(logits.shape, generator=generator, dtype=logits.dtype, device=device).to(logits.device)
        return (self.mean(logits) + temperature * torch.exp(self.log_scale) * noise).clamp(0.0, 1.0)


Likelihood = BernoulliLikelihood | GaussianLikelihood


def make_likelihood(kind: Literal["bernoulli", "gaussian"], *, scale: float = 1.0, learn_scale: bool = False) -> Likelihood:
    """Return a likelihood by name; `scale` and `learn_scale` belong to the Gaussian.

    Raises:
        ParameterError: an unknown kind, a scale that is too small, or a learned scale for the Bernoulli.
    """
    if kind == "gaussian":
        return GaussianLikelihood(scale=scale, learn_scale=learn_scale)
    if kind != "bernoulli":
        raise ParameterError(f"Unknown likelihood {kind!r}. Allowed: bernoulli, gaussian.")
    if learn_scale:
        raise ParameterError("A Bernoulli likelihood has no scale to learn; set likelihood to gaussian.")
    return BernoulliLikelihood()
