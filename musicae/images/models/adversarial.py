"""Adversarial autoencoders: a discriminator separates codes from samples of N(0, I), and the encoder is trained against it.

The discriminator's output is an estimate of log q(z) / p(z), the log ratio of the density of the codes to the prior's. The
encoder's loss includes softplus of it, which is ln 2 if the discriminator cannot separate the two. So the discriminator takes
the place of the KL of a VAE in the same objective, with the same weight beta, while the code itself stays a point. The
discriminator has its own optimizer (see `musicae.training.loop`). Its accuracy rises above one half while codes and prior
differ, and returns to one half when they no longer do.

References:
    Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015, Adversarial Autoencoders, arXiv 1511.05644;
    Mescheder, Nowozin and Geiger, 2017, Adversarial Variational Bayes, arXiv 1701.04722 (the log ratio).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.autoencoder import Adversarial, DiscriminatorTerms
from musicae.core.distributions import AdversarialPoint
from musicae.core.layers import mlp
from musicae.errors import ParameterError
from musicae.images.batch import Images
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.models.conv import dense_or_conv

__all__ = ["AdversarialAutoencoder", "AdversarialAutoencoderConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class AdversarialAutoencoderConfig(ImageConfig):
    """Sizes of an `AdversarialAutoencoder`.

    Arguments:
        latent_size: Z.
        variational: Always False: the code is a point.
        hidden_sizes: Widths of the encoder's dense layers; the decoder has them in reverse.
        widths: Channels after each convolution before the dense layers; empty for a dense model.
        discriminator_sizes: Widths of the discriminator's hidden layers.
        discriminator_rate: Learning rate of the discriminator as a share of the model's.
    """

    latent_size: int = 8
    variational: bool = False
    hidden_sizes: tuple[int, ...] = (512, 512)
    widths: tuple[int, ...] = ()
    discriminator_sizes: tuple[int, ...] = (256, 256)
    discriminator_rate: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        super().__post_init__()
        if self.variational:
            raise ParameterError("The code of an adversarial autoencoder is a point: set variational to false.")
        if not 0 < self.discriminator_rate <= 100:
            raise ParameterError(f"discriminator_rate must be above 0 and at most 100, got {self.discriminator_rate}.")


@final
class _AdversarialHead(nn.Module):
    """Takes the encoder's output as the code, and adds the discriminator's estimate of its log ratio."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, outputs: Tensor) -> AdversarialPoint:
        """Return the posterior for encoder outputs (B, Z)."""
        return AdversarialPoint(outputs, self.discriminator(outputs)[:, 0])


@final
class AdversarialAutoencoder(ImageAutoencoder, Adversarial):
    """A plain autoencoder with a discriminator between its codes and samples of N(0, I)."""

    name: ClassVar[str] = "adversarial-autoencoder"
    config_type = AdversarialAutoencoderConfig
    renamed_parameters: ClassVar[Mapping[str, str]] = MappingProxyType({"head.opponent": "head.discriminator"})
    renamed_fields: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"opponent_sizes": "discriminator_sizes", "opponent_rate": "discriminator_rate"}
    )
    config: AdversarialAutoencoderConfig

    def __init__(self, config: AdversarialAutoencoderConfig) -> None:
        c = config
        down, up, values = dense_or_conv(c, c.widths)
        encoder = mlp([values, *c.hidden_sizes, c.encoder_outputs], activation=c.activation)
        decoder = mlp([c.latent_size, *reversed(c.hidden_sizes), values], activation=c.activation)
        head = _AdversarialHead(mlp([c.latent_size, *c.discriminator_sizes, 1], activation=c.activation))
        super().__init__(c, nn.Sequential(down, nn.Flatten(), encoder), nn.Sequential(decoder, up), head=head)
        self.discriminator_rate = c.discriminator_rate

    @property
    def discriminator(self) -> nn.Module:
        """The network from codes (B, Z) to log ratios (B, 1)."""
        assert isinstance(self.head, _AdversarialHead)
        return self.head.discriminator

    def discriminator_loss(self, x: Images) -> DiscriminatorTerms:
        """Return the discriminator's loss and accuracy on the codes of a batch and as many samples of the prior."""
        with torch.no_grad():
            codes = self.encode(x).mode
        prior = torch.randn_like(codes)
        on_codes, on_prior = self.discriminator(codes)[:, 0], self.discriminator(prior)[:, 0]
        loss = F.softplus(-on_codes).mean() + F.softplus(on_prior).mean()
        correct = (on_codes > 0).float().mean() + (on_prior <= 0).float().mean()
        return DiscriminatorTerms(loss=0.5 * loss, accuracy=0.5 * correct)
