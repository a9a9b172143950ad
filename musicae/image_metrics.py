"""Figures of pictures and of codes: pure functions of tensors.

Pictures are floats in [0, 1], shape (B, C, H, W), the measured before the true. Codes have shape (N, Z), labels are int64 (N,).
Losses are in nats for each picture, summed over its pixels; PSNR is in decibels, for each picture, with a peak of 1.

References:
    Burda, Grosse and Salakhutdinov, 2015, Importance Weighted Autoencoders, arXiv 1509.00519 (the likelihood estimate, and
    active units).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.image_batch import ImageBatch
from musicae.models.pictures import ImageAutoencoder

__all__ = [
    "Pca",
    "active_units",
    "bernoulli_loss",
    "entropy_floor",
    "importance_nll",
    "knn_accuracy",
    "linear_map",
    "linear_probe_accuracy",
    "mean_squared_error",
    "psnr",
]


def mean_squared_error(made: Tensor, true: Tensor) -> Tensor:
    """Return the squared error of each picture, averaged over its pixels, shape (B,)."""
    return ((made - true) ** 2).flatten(1).mean(1)


def psnr(made: Tensor, true: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each picture in dB, at most 100, shape (B,)."""
    return -10.0 * torch.log10(mean_squared_error(made, true).clamp(min=1e-10))


def bernoulli_loss(made: Tensor, true: Tensor) -> Tensor:
    """Return the cross-entropy of each picture in nats, summed over pixels, shape (B,); `true` may be grey."""
    return F.binary_cross_entropy(made, true, reduction="none").flatten(1).sum(1)


def entropy_floor(true: Tensor) -> Tensor:
    """Return the least cross-entropy that any picture could have against grey pictures, in nats, shape (B,)."""
    return -(torch.xlogy(true, true) + torch.xlogy(1 - true, 1 - true)).flatten(1).sum(1)


def active_units(means: Tensor) -> int:
    """Return how many dimensions of the posterior mean vary by more than 0.01 over the data (codes of shape (N, Z))."""
    return int((means.var(0, correction=0) > 0.01).sum())


@dataclass(frozen=True)
class Pca:
    """Principal components: the best linear autoencoder for squared error.

    Arguments:
        mean: Mean of the training data, shape (D,).
        components: Orthonormal rows, shape (k, D).
    """

    mean: Tensor
    components: Tensor

    @classmethod
    def fit(cls, data: Tensor, size: int) -> "Pca":
        """Find the first `size` components (at most N and D) of data (N, D), in double precision."""
        mean = data.mean(0)
        if len(data) < data.shape[1]:
            *_, rows = torch.linalg.svd((data - mean).double(), full_matrices=False)
            return cls(mean, rows[:size].to(data.dtype))
        scatter = torch.zeros(data.shape[1], data.shape[1], dtype=torch.float64, device=data.device)
        for part in data.split(5000):
            centred = (part - mean).double()
            scatter += centred.T @ centred
        _, vectors = torch.linalg.eigh(scatter)  # eigenvalues rise
        return cls(mean, vectors.flip(1)[:, : min(size, data.shape[1])].T.to(data.dtype))

    def encode(self, data: Tensor) -> Tensor:
        """Return the codes of data (N, D), shape (N, k)."""
        return (data - self.mean) @ self.components.T

    def decode(self, codes: Tensor) -> Tensor:
        """Return data of codes (N, k), shape (N, D)."""
        return codes @ self.components + self.mean


def knn_accuracy(known: Tensor, known_labels: Tensor, codes: Tensor, labels: Tensor, *, neighbours: int = 5) -> float:
    """Return the share of codes whose class is the commonest among the nearest known codes.

    Of classes that are equally common, the lowest label is taken.
    """
    neighbours = min(neighbours, len(known))
    classes = int(max(known_labels.max(), labels.max())) + 1
    right = 0
    for part, truth in zip(codes.split(1000), labels.split(1000), strict=True):
        nearest = torch.cdist(part, known).topk(neighbours, largest=False).indices
        votes = F.one_hot(known_labels[nearest], classes).sum(1)
        right += int((votes.argmax(1) == truth).sum())
    return right / len(codes)


def linear_probe_accuracy(known: Tensor, known_labels: Tensor, codes: Tensor, labels: Tensor, *, ridge: float = 1e-3) -> float:
    """Return the share of codes whose class a linear map from standardised codes to classes finds (ridge regression)."""
    classes = int(max(known_labels.max(), labels.max())) + 1
    centre, spread = known.mean(0), known.std(0, correction=0).clamp(min=1e-6)
    weights = linear_map((known - centre) / spread, F.one_hot(known_labels, classes).to(known.dtype), ridge=ridge)
    found = _with_one((codes - centre) / spread) @ weights
    return float((found.argmax(1) == labels).float().mean())


def linear_map(inputs: Tensor, outputs: Tensor, *, ridge: float) -> Tensor:
    """Return the weights (D + 1, K) that take inputs (N, D), with a one behind, to outputs (N, K) with least squared error.

    Arguments:
        inputs: What is known, shape (N, D).
        outputs: What is wanted, shape (N, K).
        ridge: Weight of the penalty on squared weights, added to the mean squared error.
    """
    x, y, penalty = _with_one(inputs).double(), outputs.double(), ridge * len(inputs)
    if len(x) < x.shape[1] and ridge > 0:  # the same weights from the smaller of the two systems
        inner = x @ x.T + penalty * torch.eye(len(x), dtype=x.dtype, device=x.device)
        dual: Tensor = torch.linalg.solve(inner, y)
        return (x.T @ dual).to(inputs.dtype)
    inner = x.T @ x + penalty * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights: Tensor = torch.linalg.solve(inner, x.T @ y)
    return weights.to(inputs.dtype)


def _with_one(x: Tensor) -> Tensor:
    """Put a column of ones behind (N, D)."""
    return torch.cat([x, torch.ones_like(x[:, :1])], dim=1)


@torch.no_grad()
def importance_nll(
    model: ImageAutoencoder, batch: ImageBatch, *, samples: int, generator: torch.Generator | None = None, rows: int = 4096
) -> Tensor:
    """Estimate -log p(x) of each picture in nats by importance sampling from the posterior, shape (B,).

    The estimate is too high on average, and less so the more samples are taken. All pictures are done together, `rows`
    codes at a time, so that memory does not grow with the number of samples.

    Arguments:
        model: A model with a Gaussian posterior; a conditional one gives -log p(x|y).
        batch: The pictures.
        samples: Codes drawn for each picture, at least 1.
        generator: Source of randomness, on the model's device.
        rows: Most codes decoded at a time.

    Raises:
        ParameterError: no sample, or a model without a Gaussian posterior.
    """
    posterior = model.encode(batch)
    if samples < 1 or not isinstance(posterior, DiagonalGaussian):
        raise ParameterError("The importance-weighted likelihood needs a variational model and at least 1 sample.")
    count, size = posterior.mean.shape
    total = torch.full((count,), -math.inf, device=posterior.mean.device)
    together = max(1, min(samples, rows // count))
    for start in range(0, samples, together):
        draws = min(together, samples - start)
        noise = torch.randn(draws, count, size, generator=generator, device=posterior.mean.device)
        z = posterior.mean + posterior.std * noise
        prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)
        targets = batch.targets.repeat(draws, 1, 1, 1)
        labels = None if batch.labels is None else batch.labels.repeat(draws)
        likelihood = model.log_likelihood(ImageBatch(targets, targets, labels), z.flatten(0, 1)).view(draws, count)
        weights = likelihood + prior - posterior.log_prob(z)
        total = torch.logaddexp(total, torch.logsumexp(weights, 0))
    return math.log(samples) - total
