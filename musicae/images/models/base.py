"""What all autoencoders of pictures share: their configuration, and the way from pictures to code and back.

Subclasses only build networks. What kind of posterior the encoder's numbers mean is said by a *head*, a module of its own:
a Gaussian (a VAE), a point (a plain autoencoder), or a point with a discriminator (see `musicae.images.models.adversarial`).

A batch is a float tensor (B, C, H, W) with values in [0, 1] and H = W = `size`, or an `ImageBatch`, in which what the encoder
sees may differ from what the decoder should give, and which may carry labels.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.autoencoder import Autoencoder
from musicae.core.distributions import DiagonalGaussian, Point, Posterior
from musicae.core.layers import Activation
from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch, Pictures
from musicae.images.likelihoods import make_likelihood

__all__ = ["GaussianHead", "ImageAutoencoder", "ImageConfig", "PointHead"]


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What all models of pictures share.

    Arguments:
        latent_size: Z.
        channels: Channels of a picture, C: 1 for grey, 3 for colour.
        size: Side of a picture in pixels, H = W.
        variational: True for a Gaussian posterior (a VAE), False for a point (a plain autoencoder).
        likelihood: `bernoulli` or `gaussian` (see `musicae.images.likelihoods`).
        scale: Standard deviation of the Gaussian likelihood, in units of the pixel range.
        learn_scale: Whether that standard deviation is trained.
        activation: `relu`, `silu` or `tanh`.
    """

    latent_size: int = 32
    channels: int = 1
    size: int = 28
    variational: bool = True
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    scale: float = 1.0
    learn_scale: bool = False
    activation: Activation = "relu"

    def __post_init__(self) -> None:
        """Check the ranges."""
        if min(self.latent_size, self.channels, self.size) < 1:
            raise ParameterError(
                f"latent_size ({self.latent_size}), channels ({self.channels}) and size ({self.size}) must each be at least 1."
            )

    @property
    def picture(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        return (self.channels, self.size, self.size)

    @property
    def pixels(self) -> int:
        """Numbers in a picture, C * H * W."""
        return self.channels * self.size**2

    @property
    def encoder_outputs(self) -> int:
        """Numbers that the encoder gives for a code: a mean, and a log variance if the model is variational."""
        return 2 * self.latent_size if self.variational else self.latent_size


class GaussianHead(nn.Module):
    """Reads means, then log variances, off the encoder's numbers."""

    def forward(self, outputs: Tensor) -> DiagonalGaussian:
        """Return the posterior of numbers (B, 2 Z)."""
        return DiagonalGaussian.from_parameters(outputs)


class PointHead(nn.Module):
    """Takes the encoder's numbers as the code."""

    def forward(self, outputs: Tensor) -> Point:
        """Return the posterior of numbers (B, Z)."""
        return Point(outputs)


class ImageAutoencoder(Autoencoder[Any]):
    """An encoder, a head, a decoder and a likelihood of pixels; subclasses only build the networks.

    Arguments:
        config: The sizes.
        encoder: Network from (B, C, H, W) to (B, `config.encoder_outputs`); with `classes` it takes one-hot labels
            (B, classes) too.
        decoder: Network from (B, Z) to logits (B, C, H, W); with `classes` it takes one-hot labels too.
        head: Module from the encoder's numbers to a posterior; None takes what `config.variational` says.
        classes: Number of classes that encoder and decoder are told of; 0 for none.
    """

    config: ImageConfig

    def __init__(
        self, config: ImageConfig, encoder: nn.Module, decoder: nn.Module, *, head: nn.Module | None = None, classes: int = 0
    ) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.latent_size
        self.classes = classes
        self.encoder = encoder
        self.head = head or (GaussianHead() if config.variational else PointHead())
        self.decoder = decoder
        self.likelihood = make_likelihood(config.likelihood, scale=config.scale, learn_scale=config.learn_scale)

    def encode(self, x: Pictures) -> Posterior:
        """Return the posterior of pictures (B, C, H, W), codes of shape (B, Z).

        Raises:
            ParameterError: the pictures have another size, number of channels or number type, or a conditional model lacks
                labels.
        """
        batch = ImageBatch.of(x)
        self._check_images(batch.images)
        posterior: Posterior = self.head(self.encoder(*self._told(batch.images, batch.labels)))
        return posterior

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return logits of shape (B, C, H, W) for codes (B, Z) and, in a conditional model, labels (B,).

        Raises:
            ParameterError: the codes have another shape, or a conditional model lacks labels.
        """
        if z.dim() != 2 or z.shape[1] != self.latent_size:
            raise ParameterError(f"Codes must have shape (B, {self.latent_size}), got {tuple(z.shape)}.")
        logits: Tensor = self.decoder(*self._told(z, labels))
        return logits

    def log_likelihood(self, x: Pictures, z: Tensor) -> Tensor:
        """Return log p(x|z) of the targets in nats, summed over pixels and channels, shape (B,).

        Raises:
            ParameterError: pictures, codes or labels of the wrong shape.
        """
        batch = ImageBatch.of(x)
        self._check_images(batch.targets)
        return self.likelihood.log_prob(self.decode(z, batch.labels), batch.targets)

    @torch.no_grad()
    def generate(
        self, z: Tensor, like: Pictures, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """Turn codes into pictures, without gradient (use `decode` to differentiate).

        Arguments:
            z: Codes, shape (B, Z).
            like: Pictures of the model's size, shape (N, C, H, W); neither their number nor their content matters. A
                conditional model takes the labels from it, one for each code.
            temperature: 0 gives the mean picture, which is what people look at. Above 0 pixels are drawn from the
                likelihood, 1 being the likelihood itself: a Bernoulli's logits are divided by the temperature, a
                Gaussian's scale is multiplied by it.
            generator: Source of randomness, on any device.

        Returns:
            Pictures, shape (B, C, H, W), values in [0, 1].

        Raises:
            ParameterError: codes, pictures or labels of the wrong shape, or a negative temperature.
        """
        batch = ImageBatch.of(like)
        self._check_images(batch.images)
        return self.likelihood.sample(self.decode(z, batch.labels), temperature=temperature, generator=generator)

    def _told(self, first: Tensor, labels: Tensor | None) -> tuple[Tensor, ...]:
        """Return what a network is told: its input and, in a conditional model, one-hot labels (B, classes)."""
        if not self.classes:
            return (first,)
        if labels is None or labels.shape != (len(first),):
            given = "none" if labels is None else f"labels of shape {tuple(labels.shape)}"
            raise ParameterError(f"This model is conditional: it needs {len(first)} labels, one for each picture, got {given}.")
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < self.classes:
            wrong = int(labels.min()) if int(labels.min()) < 0 else int(labels.max())
            raise ParameterError(f"The label {wrong} is out of range; this model knows 0 to {self.classes - 1}.")
        return (first, F.one_hot(labels, self.classes).to(first.dtype))

    def _check_images(self, x: Tensor) -> None:
        """Refuse pictures that the networks were not built for."""
        c = self.config
        if x.dim() != 4 or tuple(x.shape[1:]) != c.picture:
            raise ParameterError(
                f"This model takes pictures of shape (B, {c.channels}, {c.size}, {c.size}), got {tuple(x.shape)}; "
                "resize them or build a model with another size and channels."
            )
        if not x.is_floating_point():
            raise ParameterError(f"Pictures must be floats in [0, 1], got {x.dtype}; divide bytes by 255.")
