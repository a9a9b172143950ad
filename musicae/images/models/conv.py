"""Convolutional autoencoders of images, plain or variational, and the convolutional stacks of other models.

References:
    Masci, Meier, Ciresan and Schmidhuber, 2011, Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction;
    Kingma and Welling, 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from torch import nn

from musicae.core.layers import Activation, activation_layer, mlp
from musicae.errors import ParameterError
from musicae.images.layers import Resample, conv_decoder, conv_encoder, stage_sizes
from musicae.images.models.base import ImageAutoencoder, ImageConfig

__all__ = ["ConvAutoencoder", "ConvAutoencoderConfig", "dense_or_conv"]


@final
@dataclass(frozen=True, kw_only=True)
class ConvAutoencoderConfig(ImageConfig):
    """Sizes of a `ConvAutoencoder`.

    Arguments:
        widths: Channels after each convolution of the encoder, each of which halves the side, rounding up; the decoder
            has them in reverse.
        blocks: Residual blocks after each halving and before each doubling.
        resample: `stride` (strided and transposed convolutions) or `pool` (maximum of 2x2 pixels, repeated pixels).
        bottleneck: `dense` puts dense layers between the smallest map and the code; `map` uses the map itself as the code, so
            `latent_size` must be its number of values.
        hidden_sizes: Widths of the dense layers between the map and the code; empty for `map`.
        activation: `relu`, `silu` or `tanh`; `silu` needs fewer training steps than `relu`.
    """

    widths: tuple[int, ...] = (16, 32, 64)
    blocks: int = 0
    resample: Resample = "stride"
    bottleneck: Literal["dense", "map"] = "dense"
    hidden_sizes: tuple[int, ...] = ()
    activation: Activation = "silu"

    def __post_init__(self) -> None:
        """Check that the code fits the map."""
        super().__post_init__()
        if min(self.widths, default=1) < 1:
            raise ParameterError(f"Every width must be at least 1, got {self.widths}.")
        if self.blocks < 0:
            raise ParameterError(f"blocks must be at least 0, got {self.blocks}.")
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
    """Convolutions from pixels to code, and their mirror image back to pixels.

    The preset `lesson-conv-ae` is the network of the autoencoder lesson of Microsoft's *AI for Beginners*: three 3x3
    convolutions with pooling, a code of 8 x 4 x 4 = 128 values, repeated pixels in the decoder, 4,385 parameters.
    """

    name: ClassVar[str] = "conv-autoencoder"
    config_type = ConvAutoencoderConfig
    config: ConvAutoencoderConfig

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        c = config
        down = conv_encoder(c.channels, c.widths, c.size, resample=c.resample, activation=c.activation, blocks=c.blocks)
        up = conv_decoder(c.channels, c.widths, c.size, resample=c.resample, activation=c.activation, blocks=c.blocks)
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


def dense_or_conv(config: ImageConfig, widths: tuple[int, ...]) -> tuple[nn.Module, nn.Module, int]:
    """Return the layers between images and dense layers: a change of shape only, or convolutions.

    Arguments:
        config: Sizes of the image.
        widths: Channels after each convolution; empty for a dense model.

    Returns:
        A network from (B, C, H, W) to (B, ...), one from (B, values) back to (B, C, H, W), and the number of values.
    """
    c = config
    if not widths:
        return nn.Identity(), nn.Unflatten(1, c.image_shape), c.pixels
    side = stage_sizes(c.size, len(widths))[-1]
    down = conv_encoder(c.channels, widths, c.size, activation=c.activation)
    up = conv_decoder(c.channels, widths, c.size, activation=c.activation)
    shape = (widths[-1], side, side)
    return down, nn.Sequential(activation_layer(c.activation), nn.Unflatten(1, shape), up), math.prod(shape)
