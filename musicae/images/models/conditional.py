"""Conditional autoencoders: encoder and decoder also get the label, so the code describes the style only.

The bound is on log p(x|y) for image x and label y, with the prior N(0, I) for every label.

References:
    Sohn, Lee and Yan, 2015, Learning Structured Output Representation using Deep Conditional Generative Models (the
    conditional VAE).
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from musicae.core.layers import mlp
from musicae.errors import ParameterError
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.models.conv import dense_or_conv

__all__ = ["ConditionalAutoencoder", "ConditionalAutoencoderConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class ConditionalAutoencoderConfig(ImageConfig):
    """Sizes of a `ConditionalAutoencoder`.

    Arguments:
        classes: Number of labels, 0 to classes - 1.
        hidden_sizes: Widths of the encoder's dense layers; the decoder has them in reverse.
        widths: Channels after each convolution before the dense layers, each of which halves the side; empty for a dense
            model. Labels are concatenated between convolutions and dense layers.
    """

    classes: int = 10
    hidden_sizes: tuple[int, ...] = (200, 200)
    widths: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        super().__post_init__()
        if self.classes < 2:
            raise ParameterError(f"A conditional model needs at least 2 classes, got {self.classes}.")


@final
class _Labelled(nn.Module):
    """Concatenates the output of `before` with one-hot labels, and passes both to `after`."""

    def __init__(self, before: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the output of `after` for input of B rows and one-hot labels (B, classes)."""
        return self.after(torch.cat([self.before(x).flatten(1), labels], dim=1))


@final
class ConditionalAutoencoder(ImageAutoencoder):
    """Dense layers, with or without convolutions before them, that get the label on both sides of the code."""

    name: ClassVar[str] = "conditional-autoencoder"
    config_type = ConditionalAutoencoderConfig
    config: ConditionalAutoencoderConfig

    def __init__(self, config: ConditionalAutoencoderConfig) -> None:
        c = config
        down, up, values = dense_or_conv(c, c.widths)
        encoder = mlp([values + c.classes, *c.hidden_sizes, c.encoder_outputs], activation=c.activation)
        decoder = mlp([c.latent_size + c.classes, *reversed(c.hidden_sizes), values], activation=c.activation)
        super().__init__(
            c,
            _Labelled(down, encoder),
            _Labelled(nn.Identity(), nn.Sequential(decoder, up)),
            classes=c.classes,
        )
