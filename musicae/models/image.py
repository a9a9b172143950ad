"""Dense and convolutional autoencoders of pictures, plain or variational.

One class for each kind of network; a flag in its configuration decides whether the code is a point (an autoencoder)
or a Gaussian with the standard normal as prior (a VAE). Both maximise log p(x|z), summed over pixels, in nats.

A batch is a float tensor (B, C, H, W) with values in [0, 1] and H = W = `size`.

References:
    Hinton and Salakhutdinov, 2006, Reducing the Dimensionality of Data with Neural Networks (deep autoencoders);
    Kingma and Welling, 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, final

import torch
from torch import Tensor, nn

from musicae.distributions import DiagonalGaussian, Point
from musicae.errors import ParameterError
from musicae.likelihoods import make_likelihood
from musicae.models.base import Autoencoder
from musicae.nn import Activation, Resample, activation_layer, conv_decoder, conv_encoder, mlp, stage_sizes

__all__ = [
    "ConvAutoencoder",
    "ConvAutoencoderConfig",
    "DenseAutoencoder",
    "DenseAutoencoderConfig",
    "ImageAutoencoder",
    "ImageConfig",
]


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What all models of pictures share.

    Arguments:
        latent_size: Z.
        channels: Channels of a picture, C: 1 for grey, 3 for colour.
        size: Side of a picture in pixels, H = W.
        variational: True for a Gaussian posterior (a VAE), False for a point (a plain autoencoder).
        likelihood: `bernoulli` or `gaussian` (see `musicae.likelihoods`).
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
    def pixels(self) -> int:
        """Numbers in a picture, C * H * W."""
        return self.channels * self.size**2

    @property
    def encoder_outputs(self) -> int:
        """Numbers that the encoder gives for a code: a mean, and a log variance if the model is variational."""
        return 2 * self.latent_size if self.variational else self.latent_size


class ImageAutoencoder(Autoencoder[Tensor]):
    """An encoder, a decoder and a likelihood of pixels; subclasses only build the two networks.

    Arguments:
        config: The sizes.
        encoder: Network from (B, C, H, W) to (B, `config.encoder_outputs`): means, then log variances.
        decoder: Network from (B, Z) to logits (B, C, H, W).
    """

    config: ImageConfig

    def __init__(self, config: ImageConfig, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.latent_size
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = make_likelihood(config.likelihood, scale=config.scale, learn_scale=config.learn_scale)

    def encode(self, x: Tensor) -> DiagonalGaussian | Point:
        """Return the posterior of pictures (B, C, H, W), codes of shape (B, Z).

        Raises:
            ParameterError: the pictures have another size, number of channels or number type.
        """
        self._check_images(x)
        outputs = self.encoder(x)
        if not self.config.variational:
            return Point(outputs)
        mean, logvar = outputs.chunk(2, dim=1)
        # Past these bounds nothing is gained, and exp(logvar) would overflow after one bad step.
        return DiagonalGaussian(mean, logvar.clamp(-12.0, 4.0))

    def decode(self, z: Tensor) -> Tensor:
        """Return logits of shape (B, C, H, W) for codes (B, Z).

        Raises:
            ParameterError: the codes have another shape.
        """
        if z.dim() != 2 or z.shape[1] != self.latent_size:
            raise ParameterError(f"Codes must have shape (B, {self.latent_size}), got {tuple(z.shape)}.")
        logits: Tensor = self.decoder(z)
        return logits

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) in nats, summed over pixels and channels, shape (B,).

        Raises:
            ParameterError: pictures or codes of the wrong shape.
        """
        self._check_images(x)
        return self.likelihood.log_prob(self.decode(z), x)

    @torch.no_grad()
    def generate(
        self, z: Tensor, like: Tensor, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """Turn codes into pictures, without gradient (use `decode` to differentiate).

        Arguments:
            z: Codes, shape (B, Z).
            like: Pictures of the model's size, shape (N, C, H, W); neither their number nor their content matters.
            temperature: 0 gives the mean picture, which is what people look at. Above 0 pixels are drawn from the
                likelihood, 1 being the likelihood itself: a Bernoulli's logits are divided by the temperature, a
                Gaussian's scale is multiplied by it.
            generator: Source of randomness, on any device.

        Returns:
            Pictures, shape (B, C, H, W), values in [0, 1].

        Raises:
            ParameterError: codes or pictures of the wrong shape, or a negative temperature.
        """
        self._check_images(like)
        return self.likelihood.sample(self.decode(z), temperature=temperature, generator=generator)

    def _check_images(self, x: Tensor) -> None:
        """Refuse pictures that the networks were not built for."""
        c = self.config
        if x.dim() != 4 or tuple(x.shape[1:]) != (c.channels, c.size, c.size):
            raise ParameterError(
                f"This model takes pictures of shape (B, {c.channels}, {c.size}, {c.size}), got {tuple(x.shape)}; "
                "resize them or build a model with another size and channels."
            )
        if not x.is_floating_point():
            raise ParameterError(f"Pictures must be floats in [0, 1], got {x.dtype}; divide bytes by 255.")


@dataclass(frozen=True, kw_only=True)
class DenseAutoencoderConfig(ImageConfig):
    """Sizes of a `DenseAutoencoder`.

    Arguments:
        hidden_sizes: Widths of the encoder's hidden layers; the decoder has them in reverse.
    """

    hidden_sizes: tuple[int, ...] = (512, 256)


@final
class DenseAutoencoder(ImageAutoencoder):
    """Dense layers from pixels to code, and their mirror back."""

    name: ClassVar[str] = "dense-autoencoder"
    config: DenseAutoencoderConfig
    presets: ClassVar[Mapping[str, DenseAutoencoderConfig]] = MappingProxyType(
        {
            "dense-ae": DenseAutoencoderConfig(variational=False),
            "dense-vae": DenseAutoencoderConfig(),
        }
    )

    def __init__(self, config: DenseAutoencoderConfig) -> None:
        c = config
        down = mlp([c.pixels, *c.hidden_sizes, c.encoder_outputs], activation=c.activation)
        up = mlp([c.latent_size, *reversed(c.hidden_sizes), c.pixels], activation=c.activation)
        picture = (c.channels, c.size, c.size)
        super().__init__(c, nn.Sequential(nn.Flatten(), down), nn.Sequential(up, nn.Unflatten(1, picture)))


@dataclass(frozen=True, kw_only=True)
class ConvAutoencoderConfig(ImageConfig):
    """Sizes of a `ConvAutoencoder`.

    Arguments:
        widths: Channels after each convolution of the encoder, each of which halves the side, rounding up; the decoder
            has them in reverse.
        resample: `stride` (strided and transposed convolutions) or `pool` (maximum of 2x2 pixels, repeated pixels).
        bottleneck: `dense` puts dense layers between the smallest map and the code; `map` takes the map itself as
            the code, so that `latent_size` must be its number of values.
        hidden_sizes: Widths of the dense layers between the map and the code; none for `map`.
        activation: `relu`, `silu` or `tanh`; `silu` learns in fewer steps than `relu`.
    """

    widths: tuple[int, ...] = (16, 32, 64)
    resample: Resample = "stride"
    bottleneck: Literal["dense", "map"] = "dense"
    hidden_sizes: tuple[int, ...] = ()
    activation: Activation = "silu"

    def __post_init__(self) -> None:
        """Check that the code fits the map."""
        super().__post_init__()
        if min(self.widths, default=1) < 1:
            raise ParameterError(f"Every width must be at least 1, got {self.widths}.")
        values = math.prod(self.map_shape)
        if self.bottleneck == "map" and (self.latent_size != values or self.hidden_sizes):
            raise ParameterError(
                f"With bottleneck 'map' the code is the map of {' x '.join(map(str, self.map_shape))} = {values} "
                f"values: set latent_size to {values} (got {self.latent_size}) and hidden_sizes to () "
                f"(got {self.hidden_sizes})."
            )

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the encoder's smallest map."""
        side = stage_sizes(self.size, len(self.widths))[-1]
        return (self.widths[-1], side, side)


@final
class ConvAutoencoder(ImageAutoencoder):
    """Convolutions from pixels to code, and their mirror back.

    The preset `lesson-conv-ae` is the network of the autoencoder lesson of Microsoft's *AI for Beginners*: three 3x3
    convolutions with pooling, a code of 8 x 4 x 4 = 128 values, repeated pixels on the way up, 4,385 parameters.
    """

    name: ClassVar[str] = "conv-autoencoder"
    config: ConvAutoencoderConfig
    presets: ClassVar[Mapping[str, ConvAutoencoderConfig]] = MappingProxyType(
        {
            "conv-ae": ConvAutoencoderConfig(variational=False),
            "conv-vae": ConvAutoencoderConfig(),
            "lesson-conv-ae": ConvAutoencoderConfig(
                latent_size=128,
                variational=False,
                widths=(16, 8, 8),
                resample="pool",
                bottleneck="map",
                activation="relu",
            ),
        }
    )

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        c = config
        down = conv_encoder(c.channels, c.widths, c.size, resample=c.resample, activation=c.activation)
        up = conv_decoder(c.channels, c.widths, c.size, resample=c.resample, activation=c.activation)
        values = math.prod(c.map_shape)
        to_code: list[nn.Module] = [nn.Flatten()]
        from_code: list[nn.Module] = []
        if c.bottleneck == "dense":
            to_code.append(mlp([values, *c.hidden_sizes, c.encoder_outputs], activation=c.activation))
            from_code.append(mlp([c.latent_size, *reversed(c.hidden_sizes), values], activation=c.activation))
            from_code.append(activation_layer(c.activation))
        elif c.variational:
            # A mean must be free to be negative, so a variational map needs one more layer without activation.
            to_code.insert(0, nn.Conv2d(c.widths[-1], 2 * c.widths[-1], 1))
        super().__init__(c, nn.Sequential(down, *to_code), nn.Sequential(*from_code, nn.Unflatten(1, c.map_shape), up))
