"""A dense VAE over windows of two tokens: each time step is on or off, independently of the others given the code."""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.distributions import DiagonalGaussian
from musicae.music.models.base import GridAutoencoder, check_length, pick, sequence_log_likelihood
from musicae.music.models.batch import GridBatch

__all__ = ["RhythmVAE", "RhythmVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class RhythmVAEConfig:
    """Sizes of a `RhythmVAE`.

    Arguments:
        depth: Number of tokens of the representation, D.
        latent_size: Z.
        max_steps: Longest window in time steps.
        hidden_size: Units of the hidden layers.
    """

    depth: int = 2
    latent_size: int = 8
    max_steps: int = 64
    hidden_size: int = 64


@final
class RhythmVAE(GridAutoencoder):
    """Dense VAE over windows (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "rhythm-vae"
    config_type = RhythmVAEConfig

    def __init__(self, config: RhythmVAEConfig) -> None:
        super().__init__()
        self.config = c = config
        self.latent_size = c.latent_size
        self.encoder = nn.Sequential(
            nn.Linear(c.max_steps, c.hidden_size), nn.Tanh(), nn.Linear(c.hidden_size, 2 * c.latent_size)
        )
        self.decoder = nn.Sequential(
            nn.Linear(c.latent_size, c.hidden_size), nn.Tanh(), nn.Linear(c.hidden_size, c.max_steps * c.depth)
        )

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z)."""
        check_length(x, self.config.max_steps)
        tokens = F.pad(x.tokens * x.mask, (0, self.config.max_steps - x.tokens.shape[1]))
        return DiagonalGaussian.from_parameters(self.encoder(tokens.float()))

    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return logits, shape (B, T, D)."""
        check_length(x, self.config.max_steps)
        return self.decoder(z).view(len(z), self.config.max_steps, self.config.depth)[:, : x.tokens.shape[1]]

    def log_likelihood(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return log p(x|z) in nats, shape (B,)."""
        return sequence_log_likelihood(self.logits(x, z), x)

    @torch.no_grad()
    def generate(
        self,
        z: Tensor,
        like: GridBatch,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        logit_bias: Tensor | None = None,
    ) -> GridBatch:
        """Decode codes in the bars of `like`."""
        logits = self.logits(like, z) + (0.0 if logit_bias is None else logit_bias)
        return like.with_tokens(pick(logits, temperature, generator) * like.mask)
