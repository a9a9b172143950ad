"""Adversarial autoencoders: an opponent learns to tell codes from draws of N(0, I), and the encoder learns to fool it.

The opponent's output is an estimate of log q(z) / p(z), the log ratio of the codes' density over the prior's; the encoder
pays softplus of it, ln 2 where the opponent cannot tell. So the pull towards the prior takes the place of a VAE's KL in the
same objective, weighed by the same beta, while the code itself stays a point. The opponent has an optimizer of its own (see
`musicae.training.loop`); its accuracy rises above one half while codes and prior differ, and falls back when they no longer do.

References:
    Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015, Adversarial Autoencoders, arXiv 1511.05644;
    Mescheder, Nowozin and Geiger, 2017, Adversarial Variational Bayes, arXiv 1701.04722 (the log ratio).
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.autoencoder import Adversarial, Duel
from musicae.core.distributions import JudgedPoint
from musicae.core.layers import mlp
from musicae.errors import ParameterError
from musicae.images.batch import Pictures
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.models.dense_and_conv import dense_or_conv

__all__ = ["AdversarialAutoencoder", "AdversarialAutoencoderConfig"]


@dataclass(frozen=True, kw_only=True)
class AdversarialAutoencoderConfig(ImageConfig):
    """Sizes of an `AdversarialAutoencoder`.

    Arguments:
        latent_size: Z.
        variational: False: the code is a point.
        hidden_sizes: Widths of the encoder's dense layers; the decoder has them in reverse.
        widths: Channels after each convolution before the dense layers; none for a dense model.
        opponent_sizes: Widths of the opponent's hidden layers.
        opponent_rate: The opponent's learning rate as a share of the model's.
    """

    latent_size: int = 8
    variational: bool = False
    hidden_sizes: tuple[int, ...] = (512, 512)
    widths: tuple[int, ...] = ()
    opponent_sizes: tuple[int, ...] = (256, 256)
    opponent_rate: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        super().__post_init__()
        if self.variational:
            raise ParameterError("The code of an adversarial autoencoder is a point: set variational to false.")
        if not 0 < self.opponent_rate <= 100:
            raise ParameterError(f"opponent_rate must lie above 0 and at most at 100, got {self.opponent_rate}.")


class _JudgedHead(nn.Module):
    """Takes the encoder's numbers as the code and asks the opponent what it thinks of them."""

    def __init__(self, opponent: nn.Module) -> None:
        super().__init__()
        self.opponent = opponent

    def forward(self, outputs: Tensor) -> JudgedPoint:
        """Return the posterior of numbers (B, Z)."""
        return JudgedPoint(outputs, self.opponent(outputs)[:, 0])


@final
class AdversarialAutoencoder(ImageAutoencoder, Adversarial):
    """A plain autoencoder whose codes an opponent compares with N(0, I)."""

    name: ClassVar[str] = "adversarial-autoencoder"
    config_type = AdversarialAutoencoderConfig
    config: AdversarialAutoencoderConfig

    def __init__(self, config: AdversarialAutoencoderConfig) -> None:
        c = config
        down, up, values = dense_or_conv(c, c.widths)
        encoder = mlp([values, *c.hidden_sizes, c.encoder_outputs], activation=c.activation)
        decoder = mlp([c.latent_size, *reversed(c.hidden_sizes), values], activation=c.activation)
        opponent = mlp([c.latent_size, *c.opponent_sizes, 1], activation=c.activation)
        super().__init__(c, nn.Sequential(down, nn.Flatten(), encoder), nn.Sequential(decoder, up), head=_JudgedHead(opponent))
        self.opponent_rate = c.opponent_rate

    @property
    def opponent(self) -> nn.Module:
        """The network from codes (B, Z) to log ratios (B, 1)."""
        assert isinstance(self.head, _JudgedHead)
        return self.head.opponent

    def duel(self, x: Pictures) -> Duel:
        """Return the opponent's loss and accuracy on the codes of a batch and as many draws of the prior."""
        with torch.no_grad():
            codes = self.encode(x).mode
        prior = torch.randn_like(codes)
        on_codes, on_prior = self.opponent(codes)[:, 0], self.opponent(prior)[:, 0]
        loss = F.softplus(-on_codes).mean() + F.softplus(on_prior).mean()
        right = (on_codes > 0).float().mean() + (on_prior <= 0).float().mean()
        return Duel(loss=0.5 * loss, accuracy=0.5 * right)
