"""Metrics of images and of codes: pure functions of tensors.

Images are floats in [0, 1], shape (B, C, H, W); the estimate comes first, then the target. Codes have shape (N, Z), labels are
int64 (N,). Losses are in nats per image, summed over its pixels. PSNR is in decibels per image, with a peak of 1.

References:
    Burda, Grosse and Salakhutdinov, 2015, Importance Weighted Autoencoders, arXiv 1509.00519 (the likelihood estimate, and
    active units).
"""

import math
from dataclasses import dataclass
from typing import final

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


def mean_squared_error(estimate: Tensor, target: Tensor) -> Tensor:
    """Return the squared error of each image, averaged over its pixels, shape (B,)."""
    return ((estimate - target) ** 2).flatten(1).mean(1)


def psnr(estimate: Tensor, target: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each image in dB, at most 100, shape (B,)."""
    return -10.0 * torch.log10(mean_squared_error(estimate, target).clamp(min=1e-10))


def bernoulli_loss(estimate: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy of each image in nats, summed over pixels, shape (B,); the target may be grey."""
    return F.binary_cross_entropy(estimate, target, reduction="none").flatten(1).sum(1)


def entropy_floor(target: Tensor) -> Tensor:
    """Return the smallest possible cross-entropy to grey target images, their own entropy, in nats, shape (B,)."""
    return -(torch.xlogy(target, target) + torch.xlogy(1 - target, 1 - target)).flatten(1).sum(1)


@final
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
        """Compute the first `size` components (at most N and D) of data (N, D), in double precision."""
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
        """Return the data that codes (N, k) stand for, shape (N, D)."""
        return codes @ self.components + self.mean


def knn_accuracy(train: Tensor, train_labels: Tensor, codes: Tensor, labels: Tensor, *, neighbours: int = 5) -> float:
    """Return the share of codes whose class is the most common one among the nearest training codes.

    Among equally common classes the lowest label counts.
    """
    neighbours = min(neighbours, len(train))
    classes = int(max(train_labels.max(), labels.max())) + 1
    correct = 0
    for part, truth in zip(codes.split(1000), labels.split(1000), strict=True):
        nearest = torch.cdist(part, train).topk(neighbours, largest=False).indices
        votes = F.one_hot(train_labels[nearest], classes).sum(1)
        correct += int((votes.argmax(1) == truth).sum())
    return correct / len(codes)


def linear_probe_accuracy(train: Tensor, train_labels: Tensor, codes: Tensor, labels: Tensor, *, ridge: float = 1e-3) -> float:
    """Return the accuracy of a linear classifier (ridge regression) of standardised codes, trained on the training codes."""
    classes = int(max(train_labels.max(), labels.max())) + 1
    centre, spread = train.mean(0), train.std(0, correction=0).clamp(min=1e-6)
    weights = linear_map((train - centre) / spread, F.one_hot(train_labels, classes).to(train.dtype), ridge=ridge)
    scores = _with_one((codes - centre) / spread) @ weights
    return float((scores.argmax(1) == labels).float().mean())


def linear_map(inputs: Tensor, outputs: Tensor, *, ridge: float) -> Tensor:
    """Return the weights of the linear map from inputs to outputs with the least squared error, shape (D + 1, K).

    The last row is the bias.

    Arguments:
        inputs: Inputs, shape (N, D).
        outputs: Targets, shape (N, K).
        ridge: Weight of the penalty on squared weights, added to the mean squared error.
    """
    size, penalty = inputs.shape[1] + 1, ridge * len(inputs)
    if len(inputs) < size and ridge > 0:  # the smaller of the two systems gives the same weights
        x = _with_one(inputs).double()
        dual = torch.linalg.solve(x @ x.T + penalty * _eye(len(x), x), outputs.double())
        return (x.T @ dual).to(inputs.dtype)
    inner = penalty * _eye(size, inputs)
    outer = inner.new_zeros(size, outputs.shape[1])
    for part, target in zip(inputs.split(5000), outputs.split(5000), strict=True):  # double precision for a part at a time
        x = _with_one(part).double()
        inner += x.T @ x
        outer += x.T @ target.double()
    return torch.linalg.solve(inner, outer).to(inputs.dtype)


def _eye(size: int, like: Tensor) -> Tensor:
    """Return the identity in double precision, on the device of another tensor."""
    return torch.eye(size, dtype=torch.float64, device=like.device)


def _with_one(x: Tensor) -> Tensor:
    """Append a column of ones to (N, D)."""
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
    """Estimate -log p(x) of each image in nats by importance sampling from the posterior, shape (B,).

    The estimate is too high on average, and the bias shrinks with the number of samples. Memory does not grow with the number
    of images, and hardly with the number of samples.

    Arguments:
        model: A model with a Gaussian posterior; for a conditional model the result is -log p(x|y).
        batch: The images.
        samples: Codes drawn per image, at least 1.
        generator: Source of randomness, on the model's device.
        rows: Largest number of codes decoded at a time; None chooses few enough for the cache of a CPU, and many on other
            devices.

    Raises:
        ParameterError: fewer than 1 sample, or a model without a Gaussian posterior.
    """
    posterior = model.encode(batch)
    if samples < 1 or not isinstance(posterior, DiagonalGaussian):
        raise ParameterError("The importance-weighted likelihood needs a variational model and at least 1 sample.")
    rows = rows or (512 if posterior.mean.device.type == "cpu" else 16_384)
    draws, together = min(samples, rows), max(1, rows // samples)
    results = []
    for start in range(0, len(batch), together):
        at = slice(start, start + together)
        labels = None if batch.labels is None else batch.labels[at]
        part = ImageBatch(batch.targets[at], batch.targets[at], labels)
        q = DiagonalGaussian(posterior.mean[at], posterior.logvar[at])
        counts = (min(draws, samples - done) for done in range(0, samples, draws))
        weights = torch.cat([_log_weights(model, part, q, count, generator) for count in counts], 1)
        results.append(math.log(samples) - torch.logsumexp(weights, 1))
    return torch.cat(results)


def _log_weights(
    model: ImageAutoencoder, batch: ImageBatch, q: DiagonalGaussian, draws: int, generator: torch.Generator | None
) -> Tensor:
    """Return log p(x, z) - log q(z) for `draws` codes z per image, shape (B, draws)."""
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
    """Return log p(x|z) in nats, shape (B, S), for logits (B, S, D), which are overwritten, and images (B, D).

    With l a logit it is the sum of x l - max(l, 0) + log sigmoid(|l|). As sigmoid(|l|) lies in [1/2, 1], the product of about a
    hundred factors stays within the range of single precision, so one logarithm serves that many pixels. One logarithm per
    pixel takes three times as long as the last layer of the decoder (measured on a CPU).
    """
    linear = torch.addcmul(logits.clamp(min=0.0), x[:, None], logits, value=-1.0).sum(2)
    group = next(n for n in range(min(120, logits.shape[2]), 0, -1) if logits.shape[2] % n == 0)
    products = logits.abs_().sigmoid_().unflatten(2, (-1, group)).prod(3)
    return products.log_().sum(2) - linear
