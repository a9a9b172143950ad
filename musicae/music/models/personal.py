"""A small VAE on the codes of another model, so that samples of its prior resemble the music of one person.

The base model is frozen. A dense encoder maps the mean of its posterior to a code of a few dimensions. A dense decoder maps
that code to softmax weights of the codes of the person's own phrases, the *anchors*, and the base decodes the weighted mean. So
every sample lies among these phrases. Encoder and decoder are trained on codes alone (`musicae.music.tasks.personalize`).

References:
    Dinculescu, Engel and Roberts, 2019, MidiMe: Personalizing a MusicVAE model with user data (a small VAE on the codes of a
    frozen model; its decoder returns codes directly, and needs far more steps to come as close to the phrases).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from musicae.core.autoencoder import Autoencoder, Nested
from musicae.core.config import from_dict, look_up
from musicae.core.distributions import DiagonalGaussian
from musicae.core.layers import mlp
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch

__all__ = ["PersonalVAE", "PersonalVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class PersonalVAEConfig:
    """Sizes of a `PersonalVAE`.

    Arguments:
        base: Name of the base model's class (a key of `musicae.core.registry.MODELS`).
        base_config: The base model's configuration.
        anchors: Number of phrases.
        latent_size: Z.
        hidden_sizes: Widths of the encoder's hidden layers; the decoder has them in reverse.
    """

    base: str
    base_config: dict[str, Any]
    anchors: int
    latent_size: int = 4
    hidden_sizes: tuple[int, ...] = (256, 256)

    def __post_init__(self) -> None:
        """Check the sizes."""
        if min(self.anchors, self.latent_size, *self.hidden_sizes) < 1:
            raise ParameterError("PersonalVAEConfig needs anchors, latent_size and hidden_sizes of at least 1.")
        if self.base == PersonalVAE.name:
            raise ParameterError("The base of a personal model cannot be a personal model.")

    @cached_property
    def settings(self) -> Any:
        """The base model's configuration, parsed.

        Raises:
            ParameterError: there is no such model, or its configuration is wrong.
        """
        return from_dict(_model_class(self.base).config_type, self.base_config, where="base_config")

    @property
    def depth(self) -> int:
        """Number of tokens of the representation, D."""
        return int(self.settings.depth)

    @property
    def max_steps(self) -> int:
        """Longest window in time steps."""
        return int(self.settings.max_steps)

    @property
    def max_bar_steps(self) -> int:
        """Longest bar in time steps."""
        return int(getattr(self.settings, "max_bar_steps", self.max_steps))


@final
class PersonalVAE(GridAutoencoder):
    """A frozen base model with a dense VAE on its codes (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "personal-vae"
    config_type = PersonalVAEConfig
    nested = (Nested("base", "base", "base_config"),)
    config: PersonalVAEConfig
    centre: Tensor
    scale: Tensor
    anchors: Tensor

    def __init__(self, config: PersonalVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.latent_size
        self.base = _base(config).requires_grad_(False)
        size = self.base.latent_size
        self.encoder = mlp([size, *config.hidden_sizes, 2 * config.latent_size], activation="silu")
        self.decoder = mlp([config.latent_size, *reversed(config.hidden_sizes), config.anchors], activation="silu")
        self.register_buffer("centre", torch.zeros(size))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("anchors", torch.randn(config.anchors, size))

    def set_anchors(self, codes: Tensor) -> None:
        """Store the phrases, and their mean and spread as the encoder's origin and unit.

        Arguments:
            codes: Their codes in the base model, shape (anchors, Z of the base).
        """
        self.anchors.copy_(codes)
        self.centre.copy_(codes.mean(0))
        self.scale.copy_(codes.var(0, correction=0).mean().sqrt().clamp(min=1e-3))

    def posterior(self, codes: Tensor) -> DiagonalGaussian:
        """Return the posterior of codes of the base model (B, Z of the base), mean and logvar of shape (B, Z)."""
        return DiagonalGaussian.from_parameters(self.encoder((codes - self.centre) / self.scale))

    def base_code(self, z: Tensor) -> Tensor:
        """Return the codes of the base model, shape (B, Z of the base), for codes (B, Z)."""
        return self.decoder(z).softmax(1) @ self.anchors

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z).

        Raises:
            ParameterError: a window or bar is longer than the base model's.
        """
        return self.posterior(self.base.encode(x).mode)

    def log_likelihood(self, x: GridBatch, z: Tensor) -> Tensor:
        """Return log p(x|z) in nats under teacher forcing, shape (B,)."""
        return self.base.log_likelihood(x, self.base_code(z))

    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the base model's teacher-forced logits, shape (B, T, D)."""
        return self.base.logits(x, self.base_code(z), generator)

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
        """Decode codes with the base model into the bars of `like`."""
        code = self.base_code(z)
        return self.base.generate(code, like, temperature=temperature, generator=generator, logit_bias=logit_bias)


def _base(config: PersonalVAEConfig) -> GridAutoencoder:
    """Return a fresh base model.

    Raises:
        ParameterError: there is no such model, its configuration is wrong, or it does not decode music token by token.
    """
    model = _model_class(config.base)(config.settings)
    if not isinstance(model, GridAutoencoder):
        raise ParameterError(f"The base model {config.base!r} is not a model of music that decodes token by token.")
    return model


def _model_class(name: str) -> type[Autoencoder[Any]]:
    """Return the class of a base model."""
    return look_up("base model", name, MODELS)
