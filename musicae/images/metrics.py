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

from musicae.core.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch
from musicae.images.likelihoods import BernoulliLikelihood
from musicae.images.models.base import ImageAutoencoder

__all__ = [
    "Pca",
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
    size, penalty = inputs.shape[1] + 1, ridge * len(inputs)
    if len(inputs) < size and ridge > 0:  # the same weights from the smaller of the two systems
        x = _with_one(inputs).double()
        dual: Tensor = torch.linalg.solve(x @ x.T + penalty * _eye(len(x), x), outputs.double())
        return (x.T @ dual).to(inputs.dtype)
    inner = penalty * _eye(size, inputs)
    outer = inner.new_zeros(size, outputs.shape[1])
    for some, wanted in zip(inputs.split(5000), outputs.split(5000), strict=True):  # double precision, a part at a time
        x = _with_one(some).double()
        inner += x.T @ x
        outer += x.T @ wanted.double()
    weights: Tensor = torch.linalg.solve(inner, outer)
    return weights.to(inputs.dtype)


def _eye(size: int, like: Tensor) -> Tensor:
    """Return the identity in double precision, on the device of another tensor."""
    return torch.eye(size, dtype=torch.float64, device=like.device)


def _with_one(x: Tensor) -> Tensor:
    """Put a column of ones behind (N, D)."""
    return torch.cat([x, torch.ones_like(x[:, :1])], dim=1)


@torch.no_grad()
def importance_nll(
    model: ImageAutoencoder,
    batch: ImageBatch,
    *,
    samples: int,
    generator: torch.Generator | None = None,
    rows: int | None = None,
) -> Tensor:
    """Estimate -log p(x) of each picture in nats by importance sampling from the posterior, shape (B,).

    The estimate is too high on average, and less so the more samples are taken. Memory does not grow with the number of
    pictures, and hardly with the number of samples.

    Arguments:
        model: A model with a Gaussian posterior; a conditional one gives -log p(x|y).
        batch: The pictures.
        samples: Codes drawn for each picture, at least 1.
        generator: Source of randomness, on the model's device.
        rows: Most codes decoded at a time; None takes few enough for the cache of a CPU, and many on other devices.

    Raises:
        ParameterError: no sample, or a model without a Gaussian posterior.
    """
    posterior = model.encode(batch)
    if samples < 1 or not isinstance(posterior, DiagonalGaussian):
        raise ParameterError("The importance-weighted likelihood needs a variational model and at least 1 sample.")
    rows = rows or (512 if posterior.mean.device.type == "cpu" else 16_384)
    draws, together = min(samples, rows), max(1, rows // samples)
    found = []
    for start in range(0, len(batch), together):
        at = slice(start, start + together)
        labels = None if batch.labels is None else batch.labels[at]
        part = ImageBatch(batch.targets[at], batch.targets[at], labels)
        q = DiagonalGaussian(posterior.mean[at], posterior.logvar[at])
        counts = (min(draws, samples - done) for done in range(0, samples, draws))
        weights = torch.cat([_log_weights(model, part, q, count, generator) for count in counts], 1)
        found.append(math.log(samples) - torch.logsumexp(weights, 1))
    return torch.cat(found)


def _log_weights(
    model: ImageAutoencoder, batch: ImageBatch, q: DiagonalGaussian, draws: int, generator: torch.Generator | None
) -> Tensor:
    """Return log p(x, z) - log q(z) for `draws` codes z of each picture, shape (B, draws)."""
    noise = torch.randn(len(batch), draws, q.mean.shape[1], generator=generator, device=q.mean.device)
    z = torch.addcmul(q.mean[:, None], q.std[:, None], noise)
    ratio = 0.5 * ((noise**2).sum(2) - (z**2).sum(2) + q.logvar.sum(1)[:, None])  # log p(z) - log q(z): the constants cancel
    labels = None if batch.labels is None else batch.labels.repeat_interleave(draws)
    logits = model.decode(z.flatten(0, 1), labels)
    if isinstance(model.likelihood, BernoulliLikelihood):
        return ratio + _bernoulli_log_prob(logits.view(len(batch), draws, -1), batch.targets.flatten(1))
    targets = batch.targets.repeat_interleave(draws, 0)
    return ratio + model.likelihood.log_prob(logits, targets).view(len(batch), draws)


def _bernoulli_log_prob(logits: Tensor, x: Tensor) -> Tensor:
    """Return log p(x|z) in nats, shape (B, S), for logits (B, S, D), which are overwritten, and pictures (B, D).

    With l a logit it is the sum of x l - max(l, 0) + log sigmoid(|l|). As sigmoid(|l|) lies in [1/2, 1], about a hundred
    factors have a product within the range of single precision, so that one logarithm serves as many pixels; taken one by
    one, logarithms cost three times as much as the decoder's last layer (measured on a CPU).
    """
    linear = torch.addcmul(logits.clamp(min=0.0), x[:, None], logits, value=-1.0).sum(2)
    group = next(n for n in range(min(120, logits.shape[2]), 0, -1) if logits.shape[2] % n == 0)
    products = logits.abs_().sigmoid_().unflatten(2, (-1, group)).prod(3)
    logs: Tensor = products.log_().sum(2)
    return logs - linear
