"""Models by name. To add one: a file in `music/models` or `images/models`, and a line in `MODELS`.

The lines are strings, so the core imports neither wing, and a model family costs nothing until it is used.
"""

from typing import Any

from musicae.core.autoencoder import Autoencoder
from musicae.core.lazy_registry import Registry

__all__ = ["MODELS"]

MODELS: Registry[type[Autoencoder[Any]]] = Registry(
    {
        "plan-vae": "musicae.music.models.plan:PlanVAE",
        "conductor-vae": "musicae.music.models.conductor:ConductorVAE",
        "musicvae": "musicae.music.models.musicvae:MusicVAE",
        "personal-vae": "musicae.music.models.personal:PersonalVAE",
        "dense-autoencoder": "musicae.images.models.dense:DenseAutoencoder",
        "conv-autoencoder": "musicae.images.models.conv:ConvAutoencoder",
        "conditional-autoencoder": "musicae.images.models.conditional:ConditionalAutoencoder",
        "adversarial-autoencoder": "musicae.images.models.adversarial:AdversarialAutoencoder",
    }
)
