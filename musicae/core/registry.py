"""Models by name. To add one: a file in `music/models` or `images/models`, and a line in `MODELS`.

The lines are strings, so that the core imports neither wing, and a model family costs nothing until it is used.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from musicae.core.autoencoder import Autoencoder

__all__ = ["MODELS", "Registry"]

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Names and the places of what they stand for, imported on first use.

    Arguments:
        places: Import path per name, as `package.module:Name`.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)

    def __getitem__(self, name: str) -> T:
        """Import and return what a name stands for; KeyError for an unknown name."""
        module, _, attribute = self.places[name].partition(":")
        value: T = getattr(import_module(module), attribute)
        return value

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names without importing anything."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return the number of names."""
        return len(self.places)


MODELS: Registry[type[Autoencoder[Any]]] = Registry(
    {
        "plan-vae": "musicae.music.models.plan:PlanVAE",
        "conductor-vae": "musicae.music.models.conductor:ConductorVAE",
        "musicvae": "musicae.music.models.musicvae:MusicVAE",
        "personal-vae": "musicae.music.models.personal:PersonalVAE",
        "dense-autoencoder": "musicae.images.models.dense_and_conv:DenseAutoencoder",
        "conv-autoencoder": "musicae.images.models.dense_and_conv:ConvAutoencoder",
        "conditional-autoencoder": "musicae.images.models.conditional:ConditionalAutoencoder",
        "adversarial-autoencoder": "musicae.images.models.adversarial:AdversarialAutoencoder",
    }
)
