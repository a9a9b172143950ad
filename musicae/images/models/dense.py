"""Dense autoencoders of images, plain or variational.

References:
    Hinton and Salakhutdinov, 2006, Reducing the Dimensionality of Data with Neural Networks (deep autoencoders);
    Kingma and Welling, 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from torch import nn

from musicae.core.layers import mlp
from musicae.images.models.base import ImageAutoencoder, ImageConfig

__all__ = ["DenseAutoencoder", "DenseAutoencoderConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class DenseAutoencoderConfig(ImageConfig):
    """Sizes of a `DenseAutoencoder`.

    Arguments:
        hidden_sizes: Widths of the encoder's hidden layers; the decoder has them in reverse.
    """

    hidden_sizes: tuple[int, ...] = (512, 256)


@final
class DenseAutoencoder(ImageAutoencoder):
    """Dense layers from pixels to code, and their mirror image back to pixels."""

    name: ClassVar[str] = "dense-autoencoder"
    config_type = DenseAutoencoderConfig
    config: DenseAutoencoderConfig

    def __init__(self, config: DenseAutoencoderConfig) -> None:
        c = config
        down = mlp([c.pixels, *c.hidden_sizes, c.encoder_outputs], activation=c.activation)
        up = mlp([c.latent_size, *reversed(c.hidden_sizes), c.pixels], activation=c.activation)
        super().__init__(c, nn.Sequential(nn.Flatten(), down), nn.Sequential(up, nn.Unflatten(1, c.image_shape)))
