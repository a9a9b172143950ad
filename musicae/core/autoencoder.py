"""The abstract autoencoder: data to posterior, code, and back to data or its likelihood. Everything in musicae builds on it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor, nn

from musicae.core.distributions import DiagonalGaussian, Posterior
from musicae.core.objectives import Losses, ObjectiveConfig, elbo_losses, importance_losses
from musicae.errors import ParameterError

__all__ = ["Adversarial", "Autoencoder", "Batch", "DiscriminatorTerms", "Nested"]


class Batch(Protocol):
    """What a trainer needs of a batch: its size, and a copy on another device."""

    def __len__(self) -> int:
        """Return the number of examples, B."""

    def to(self, device: Any) -> Any:
        """Return the batch on another device."""


class Nested(NamedTuple):
    """A model that is a submodule of another one, and where the outer model's configuration describes it.

    Arguments:
        module: Name of the submodule.
        model: Configuration field with the name of its class (a key of `musicae.core.registry.MODELS`).
        config: Configuration field with its configuration.
    """

    module: str
    model: str
    config: str


X = TypeVar("X", bound=Batch)


class Autoencoder(nn.Module, ABC, Generic[X]):
    """A model q(z|x), p(x|z) over batches of type X.

    Subclasses are final and implement the three abstract methods. The other methods are not overridden.
    Image batches are tensors (B, C, H, W) or `musicae.images.batch.ImageBatch`. Music batches are
    `musicae.music.models.batch.GridBatch`.

    Attributes:
        name: Name of the model class, its key in `musicae.core.registry.MODELS`.
        config_type: Class of its configuration.
        renamed_parameters: Prefixes of state-dict keys in checkpoints of format version 1, mapped to the prefixes of today.
        renamed_fields: Configuration fields in checkpoints of format version 1, mapped to the fields of today.
        nested: The models that it contains, whose names of version 1 are mapped too.
        config: The configuration.
        latent_size: Z.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Any]]
    renamed_parameters: ClassVar[Mapping[str, str]] = MappingProxyType({})
    renamed_fields: ClassVar[Mapping[str, str]] = MappingProxyType({})
    nested: ClassVar[tuple[Nested, ...]] = ()
    config: Any
    latent_size: int

    @abstractmethod
    def encode(self, x: X) -> Posterior:
        """Return the posterior q(z|x), codes of shape (B, Z)."""

    @abstractmethod
    def log_likelihood(self, x: X, z: Tensor) -> Tensor:
        """Return log p(x|z) in nats, summed over the data dimensions of each example, shape (B,)."""

    @abstractmethod
    def generate(self, z: Tensor, like: X, *, temperature: float = 0.0, generator: torch.Generator | None = None) -> X:
        """Decode codes into data.

        Arguments:
            z: Codes, shape (B, Z).
            like: A batch with the layout of the result (bars, image size); its content is ignored.
            temperature: 0 takes the most likely tokens, or the mean image; 1 samples from the likelihood.
            generator: Source of randomness.
        """

    def forward(self, x: X, objective: ObjectiveConfig, beta: float, generator: torch.Generator | None = None) -> Losses:
        """Return the loss terms of a batch, for one or several sampled codes per example (see `musicae.core.objectives`).

        Raises:
            ParameterError: several codes per example for a posterior that is not Gaussian.
        """
        posterior = self.encode(x)
        if objective.importance_samples > 1:
            return self._importance_weighted(x, posterior, objective.importance_samples, beta, generator)
        z = posterior.rsample(generator)
        return elbo_losses(-self.log_likelihood(x, z), posterior.kl(), objective, beta)

    def _importance_weighted(
        self, x: X, posterior: Posterior, samples: int, beta: float, generator: torch.Generator | None
    ) -> Losses:
        if not isinstance(posterior, DiagonalGaussian):
            raise ParameterError(f"importance_samples needs a Gaussian posterior, but the posterior of {self.name} is a point.")
        prior = DiagonalGaussian(torch.zeros_like(posterior.mean), torch.zeros_like(posterior.mean))
        reconstruction, ratio = [], []
        for _ in range(samples):
            z = posterior.rsample(generator)
            reconstruction.append(-self.log_likelihood(x, z))
            ratio.append(posterior.log_prob(z) - prior.log_prob(z))
        return importance_losses(torch.stack(reconstruction), torch.stack(ratio), beta)

    def reconstruct(self, x: X) -> X:
        """Encode and decode data, at the posterior's mode and temperature 0."""
        return self.generate(self.encode(x).mode, x)

    def sample(self, like: X, *, temperature: float = 1.0, generator: torch.Generator | None = None) -> X:
        """Return data from codes drawn from the prior N(0, I), one code per example of `like`."""
        source = generator.device if generator is not None else torch.device("cpu")
        z = torch.randn(len(like), self.latent_size, generator=generator, device=source)
        z = z.to(next(self.parameters()).device)
        return self.generate(z, like, temperature=temperature, generator=generator)

    def parameter_count(self) -> int:
        """Return the number of trained parameters."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class DiscriminatorTerms(NamedTuple):
    """Loss and accuracy of a discriminator on a batch, two scalars.

    Arguments:
        loss: What the discriminator minimises, in nats.
        accuracy: Share of codes and prior samples that it classifies correctly.
    """

    loss: Tensor
    accuracy: Tensor


class Adversarial(ABC):
    """A model with a discriminator: a submodule that a second optimizer trains, on its own loss, after each step.

    Attributes:
        discriminator_rate: Learning rate of the discriminator as a share of the model's.
    """

    discriminator_rate: float

    @property
    @abstractmethod
    def discriminator(self) -> nn.Module:
        """The discriminator, a submodule that the model's own optimizer does not train."""

    @abstractmethod
    def discriminator_loss(self, x: Any) -> DiscriminatorTerms:
        """Return the discriminator's loss on a batch, with gradient to the discriminator only."""
