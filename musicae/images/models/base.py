"""What all image autoencoders share: their configuration, and the way from images to codes and back.

Subclasses only build networks. A *head*, a module of its own, turns the output of the encoder into a posterior: a Gaussian (a
VAE), a point (a plain autoencoder), or a point with a discriminator (see `musicae.images.models.adversarial`).

A batch is a float tensor (B, C, H, W) with values in [0, 1] and H = W = `size`, or an `ImageBatch`, in which the encoder input
may differ from the decoder target, and which may have labels.
"""

from abc import ABC
from dataclasses import dataclass
from typing import Any, Literal, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.autoencoder import Autoencoder
from musicae.core.distributions import DiagonalGaussian, Point, Posterior
from musicae.core.layers import Activation
from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch, Images
from musicae.images.likelihoods import make_likelihood

__all__ = ["GaussianHead", "ImageAutoencoder", "ImageConfig", "PointHead"]


@dataclass(frozen=True, kw_only=True)
class ImageConfig(ABC):  # noqa: B024  (subclasses add fields, not methods)
    """The fields that the configurations of all image models share.

    Arguments:
        latent_size: Z.
        channels: Channels of an image, C: 1 for grey, 3 for colour.
        size: Side of an image in pixels, H = W.
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
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return (self.channels, self.size, self.size)

    @property
    def pixels(self) -> int:
        """Number of values of an image, C * H * W."""
        return self.channels * self.size**2

    @property
    def encoder_outputs(self) -> int:
        """Number of encoder outputs: a mean per latent dimension, and a log variance if the model is variational."""
        return 2 * self.latent_size if self.variational else self.latent_size


@final
class GaussianHead(nn.Module):
    """Splits the output of the encoder into means and log variances."""

    def forward(self, outputs: Tensor) -> DiagonalGaussian:
        """Return the posterior for encoder outputs (B, 2 Z)."""
        return DiagonalGaussian.from_parameters(outputs)


@final
class PointHead(nn.Module):
    """Takes the output of the encoder as the code."""

    def forward(self, outputs: Tensor) -> Point:
        """Return the posterior for encoder outputs (B, Z)."""
        return Point(outputs)


class ImageAutoencoder(Autoencoder[Any]):
    """An encoder, a head, a decoder and a likelihood of pixels; subclasses only build the networks.

    Arguments:
        config: The sizes.
        encoder: Network from (B, C, H, W) to (B, `config.encoder_outputs`); with `classes` it also takes one-hot labels
            (B, classes).
        decoder: Network from (B, Z) to logits (B, C, H, W); with `classes` it also takes one-hot labels.
        head: Module from encoder outputs to a posterior; None chooses it by `config.variational`.
        classes: Number of classes that encoder and decoder are conditioned on; 0 for none.
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

    def encode(self, x: Images) -> Posterior:
        """Return the posterior of images (B, C, H, W), codes of shape (B, Z).

        Raises:
            ParameterError: the images have another size, number of channels or number type, or a conditional model gets no
                labels.
        """
        batch = ImageBatch.of(x)
        self._check_images(batch.images)
        return self.head(self.encoder(*self._inputs(batch.images, batch.labels)))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Return logits of shape (B, C, H, W) for codes (B, Z) and, in a conditional model, labels (B,).

        Raises:
            ParameterError: the codes have another shape, or a conditional model gets no labels.
        """
        if z.dim() != 2 or z.shape[1] != self.latent_size:
            raise ParameterError(f"Codes must have shape (B, {self.latent_size}), got {tuple(z.shape)}.")
        return self.decoder(*self._inputs(z, labels))

    def log_likelihood(self, x: Images, z: Tensor) -> Tensor:
        """Return log p(x|z) of the targets in nats, summed over pixels and channels, shape (B,).

        Raises:
            ParameterError: images, codes or labels of the wrong shape.
        """
        batch = ImageBatch.of(x)
        self._check_images(batch.targets)
        return self.likelihood.log_prob(self.decode(z, batch.labels), batch.targets)

    @torch.no_grad()
    def generate(
        self, z: Tensor, like: Images, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """Decode codes into images, without gradient (use `decode` to differentiate).

        Arguments:
            z: Codes, shape (B, Z).
            like: Images of the model's size, shape (N, C, H, W); their number and content are ignored. A conditional model
                uses their labels, one per code.
            temperature: 0 gives the mean image, which is the one to show. Above 0 pixels are sampled from the likelihood,
                1 being the likelihood itself: the logits of a Bernoulli likelihood are divided by the temperature, the scale
                of a Gaussian one is multiplied by it.
            generator: Source of randomness, on any device.

        Returns:
            Images, shape (B, C, H, W), values in [0, 1].

        Raises:
            ParameterError: codes, images or labels of the wrong shape, or a negative temperature.
        """
        batch = ImageBatch.of(like)
        self._check_images(batch.images)
        return self.likelihood.sample(self.decode(z, batch.labels), temperature=temperature, generator=generator)

    def _inputs(self, first: Tensor, labels: Tensor | None) -> tuple[Tensor, ...]:
        """Return the inputs of a network: images or codes and, in a conditional model, one-hot labels (B, classes)."""
        if not self.classes:
            return (first,)
        if labels is None or labels.shape != (len(first),):
            shape = "none" if labels is None else f"labels of shape {tuple(labels.shape)}"
            raise ParameterError(f"This model is conditional: it needs {len(first)} labels, one per image, got {shape}.")
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < self.classes:
            wrong = int(labels.min()) if int(labels.min()) < 0 else int(labels.max())
            raise ParameterError(f"The label {wrong} is out of range; the labels of this model are 0 to {self.classes - 1}.")
        return (first, F.one_hot(labels, self.classes).to(first.dtype))

    def _check_images(self, x: Tensor) -> None:
        """Check that images have the shape and type of the networks' input."""
        c = self.config
        if x.dim() != 4 or tuple(x.shape[1:]) != c.image_shape:
            raise ParameterError(
                f"This model takes images of shape (B, {c.channels}, {c.size}, {c.size}), got {tuple(x.shape)}; "
                "resize them or build a model with another size and channels."
            )
        if not x.is_floating_point():
            raise ParameterError(f"Images must be floats in [0, 1], got {x.dtype}; divide bytes by 255.")
