"""The abstract autoencoder: encode, posterior, code, decode, likelihood. Everything else in musicae builds on this."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor, nn

from musicae.core.distributions import DiagonalGaussian, Posterior
from musicae.core.objectives import Losses, ObjectiveConfig, elbo_losses, importance_losses
from musicae.errors import ParameterError

__all__ = ["Adversarial", "Autoencoder", "Batch", "Duel"]


class Batch(Protocol):
    """What a trainer needs of a batch: its size, and a copy on another device."""

    def __len__(self) -> int:
        """Return the number of examples, B."""

    def to(self, device: Any) -> Any:
        """Return the batch on another device."""


X = TypeVar("X", bound=Batch)


class Autoencoder(nn.Module, ABC, Generic[X]):
    """A model q(z|x), p(x|z) over batches of type X.

    Subclasses are final and implement the three abstract methods; the methods given here are not overridden.
    Image batches are tensors (B, C, H, W) or `musicae.images.batch.ImageBatch`; music batches are `musicae.music.models.batch.GridBatch`.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Any]]
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
        """Turn codes into data.

        Arguments:
            z: Codes, shape (B, Z).
            like: A batch of the wanted layout (bars, image size); its content is not looked at.
            temperature: 0 takes the likeliest tokens, or the mean picture; 1 samples from the likelihood.
            generator: Source of randomness.
        """

    def forward(self, x: X, objective: ObjectiveConfig, beta: float, generator: torch.Generator | None = None) -> Losses:
        """Return the loss terms of a batch, one sampled code or several for each example (see `musicae.core.objectives`).

        Raises:
            ParameterError: several codes are asked for of a posterior that is no Gaussian.
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
            raise ParameterError(f"importance_samples needs a Gaussian posterior, which {self.name} has not.")
        prior = DiagonalGaussian(torch.zeros_like(posterior.mean), torch.zeros_like(posterior.mean))
        reconstruction, ratio = [], []
        for _ in range(samples):
            z = posterior.rsample(generator)
            reconstruction.append(-self.log_likelihood(x, z))
            ratio.append(posterior.log_prob(z) - prior.log_prob(z))
        return importance_losses(torch.stack(reconstruction), torch.stack(ratio), beta)

    def reconstruct(self, x: X) -> X:
        """Return data to code to data, at the posterior's mode and temperature 0."""
        return self.generate(self.encode(x).mode, x)

    def sample(self, like: X, *, temperature: float = 1.0, generator: torch.Generator | None = None) -> X:
        """Return data from codes drawn from the prior N(0, I), one for each example of `like`."""
        source = generator.device if generator is not None else torch.device("cpu")
        z = torch.randn(len(like), self.latent_size, generator=generator, device=source)
        z = z.to(next(self.parameters()).device)
        return self.generate(z, like, temperature=temperature, generator=generator)

    def parameter_count(self) -> int:
        """Return the number of trained numbers."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class Duel(NamedTuple):
    """How an opponent did on a batch, two scalars.

    Arguments:
        loss: What the opponent minimises, in nats.
        accuracy: Share of its verdicts that were right.
    """

    loss: Tensor
    accuracy: Tensor


class Adversarial(ABC):
    """A model with an opponent: a network inside it that another optimizer trains, on a loss of its own, after each step."""

    opponent_rate: float

    @property
    @abstractmethod
    def opponent(self) -> nn.Module:
        """The opponent, a submodule of the model; the model's own optimizer leaves it alone."""

    @abstractmethod
    def duel(self, x: Any) -> Duel:
        """Return the opponent's loss on a batch, with gradient to the opponent only."""
