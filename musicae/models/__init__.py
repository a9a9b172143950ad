"""Models by name. To add one: a file here and a line in `MODELS`."""

from collections.abc import Callable
from typing import Any, NamedTuple

from musicae.models.adversarial import AdversarialAutoencoder, AdversarialAutoencoderConfig
from musicae.models.base import Autoencoder
from musicae.models.conditional import ConditionalAutoencoder, ConditionalAutoencoderConfig
from musicae.models.conductor import ConductorVAE, ConductorVAEConfig
from musicae.models.image import ConvAutoencoder, ConvAutoencoderConfig, DenseAutoencoder, DenseAutoencoderConfig
from musicae.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.models.personal import PersonalVAE, PersonalVAEConfig
from musicae.models.plan import PlanVAE, PlanVAEConfig

__all__ = [
    "MODELS",
    "AdversarialAutoencoder",
    "AdversarialAutoencoderConfig",
    "Autoencoder",
    "ConditionalAutoencoder",
    "ConditionalAutoencoderConfig",
    "ConductorVAE",
    "ConductorVAEConfig",
    "ConvAutoencoder",
    "ConvAutoencoderConfig",
    "DenseAutoencoder",
    "DenseAutoencoderConfig",
    "ModelKind",
    "MusicVAE",
    "MusicVAEConfig",
    "PersonalVAE",
    "PersonalVAEConfig",
    "PlanVAE",
    "PlanVAEConfig",
]


class ModelKind(NamedTuple):
    """A model class and the class of its configuration."""

    build: Callable[[Any], Autoencoder[Any]]
    config_type: type[Any]


MODELS: dict[str, ModelKind] = {
    PlanVAE.name: ModelKind(PlanVAE, PlanVAEConfig),
    ConductorVAE.name: ModelKind(ConductorVAE, ConductorVAEConfig),
    MusicVAE.name: ModelKind(MusicVAE, MusicVAEConfig),
    PersonalVAE.name: ModelKind(PersonalVAE, PersonalVAEConfig),
    DenseAutoencoder.name: ModelKind(DenseAutoencoder, DenseAutoencoderConfig),
    ConvAutoencoder.name: ModelKind(ConvAutoencoder, ConvAutoencoderConfig),
    ConditionalAutoencoder.name: ModelKind(ConditionalAutoencoder, ConditionalAutoencoderConfig),
    AdversarialAutoencoder.name: ModelKind(AdversarialAutoencoder, AdversarialAutoencoderConfig),
}
