"""Metrics of an image model on a data set.

Reconstructions are the decoder's mean image at the mode of the posterior, compared with the true grey image. Bernoulli losses
are over grey images, in nats per image, and also given above the entropy of the grey values, the smallest loss that is
possible. Bounds and likelihoods are of images sampled from Bernoulli distributions with the grey values as probabilities
(`dynamic`) or of the grey values themselves (`none`), as `binarise` states; metrics of the two are not comparable. kNN (5
neighbours) and linear probe use the codes of 10,000 training images to predict the classes of the evaluated images. PCA and the
best linear repair (ridge regression, one draw of the damage) are fitted on all training images.
"""

import math
from typing import Any

import torch
from torch import Tensor

from musicae.core.autoencoder import Adversarial
from musicae.core.device import keep_freed_memory
from musicae.core.distributions import DiagonalGaussian, active_units
from musicae.core.objectives import BITS
from musicae.core.progress import Progress
from musicae.images import metrics
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import Downscaling
from musicae.images.data import LabelledImages, batches_in_order
from musicae.images.model import ImageModel
from musicae.images.models.base import ImageAutoencoder

__all__ = ["PROBE_IMAGES", "code_metrics", "codes_of", "evaluate"]

PROBE_IMAGES = 10_000  # training images whose codes kNN and linear probe use
_RIDGE = 1e-5  # the penalty of the linear repair
_BATCH = 250


@torch.no_grad()
def evaluate(
    model: ImageModel,
    images: LabelledImages,
    train: LabelledImages,
    *,
    samples: int = 100,
    binarise: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the metrics of a model by name; a metric that does not apply to the model is None.

    Arguments:
        model: The model.
        images: Images to evaluate the model on.
        train: Training images.
        samples: Codes per image in the likelihood estimate; 0 skips it.
        binarise: `dynamic` or `none`; None binarises for a Bernoulli likelihood and keeps grey values for a Gaussian one.
        seed: Seed of binarisation, damage and samples.
        progress: Called as the evaluation proceeds.
    """
    keep_freed_memory()
    network, task = model.network, model.task
    grey = ImageTask(corruption=task.corruption)
    batches = batches_in_order(images, grey, model.device, seed=seed, size=_BATCH)
    binarisation: Any = binarise or ("dynamic" if network.config.likelihood == "bernoulli" else "none")
    binary = ImageTask(binarise=binarisation, corruption=task.corruption)
    measured = batches_in_order(images, binary, model.device, seed=seed, size=_BATCH)
    return {
        "model": network.name,
        "source": images.source,
        "images": len(images),
        "code_size": network.latent_size,
        **_reconstruction(network, batches),
        **_repair(task, batches, train, seed),
        **_pca(task, train, images, network.latent_size),
        **code_metrics(model, train, images, seed=seed),
        "binarise": binarisation,
        **_bound(network, measured, seed),
        **_likelihood(network, measured, samples, seed, progress),
    }


def _mean(parts: list[Tensor]) -> float:
    return float(torch.cat(parts).mean())


def _reconstruction(model: ImageAutoencoder, batches: list[ImageBatch]) -> dict[str, float]:
    """Compare mean images with grey targets."""
    outputs = [model.likelihood.mean(model.decode(model.encode(b).mode, b.labels)) for b in batches]
    pairs = [(x, b.targets) for x, b in zip(outputs, batches, strict=True)]
    loss = _mean([metrics.bernoulli_loss(*pair) for pair in pairs])
    floor = _mean([metrics.entropy_floor(b.targets) for b in batches])
    return {
        "mse": _mean([metrics.mean_squared_error(*pair) for pair in pairs]),
        "psnr": _mean([metrics.psnr(*pair) for pair in pairs]),
        "bernoulli": loss,
        "bernoulli_floor": floor,
        "bernoulli_above_floor": loss - floor,
        "bernoulli_per_pixel": loss / model.config.pixels,
    }


def _repair(task: ImageTask, batches: list[ImageBatch], train: LabelledImages, seed: int) -> dict[str, float | None]:
    """Return the baselines of a repair: no repair, bilinear enlargement, and the best linear map."""
    names = ("psnr_damaged", "psnr_bilinear", "psnr_linear")
    if task.corruption is None:
        return dict.fromkeys(names)
    bilinear = None
    if isinstance(task.corruption, Downscaling):
        c = task.corruption
        bilinear = _mean([metrics.psnr(c.interpolate(c.shrink(b.targets)), b.targets) for b in batches])
    device = batches[0].images.device
    (pairs,) = batches_in_order(train, ImageTask(corruption=task.corruption), device, seed=seed + 1, size=len(train))
    weights = metrics.linear_map(pairs.images.flatten(1), pairs.targets.flatten(1), ridge=_RIDGE)
    linear = []
    for b in batches:
        output = (b.images.flatten(1) @ weights[:-1] + weights[-1]).clamp(0.0, 1.0).view_as(b.targets)
        linear.append(metrics.psnr(output, b.targets))
    damaged = _mean([metrics.psnr(b.images, b.targets) for b in batches])
    return dict(zip(names, (damaged, bilinear, _mean(linear)), strict=True))


def _pca(task: ImageTask, train: LabelledImages, images: LabelledImages, size: int) -> dict[str, float | None]:
    """Return the metrics of PCA with the same code size, fitted on the training images: reconstruction and kNN.

    PCA is no baseline for a repair, nor for a code that is not smaller than the image.
    """
    if task.corruption is not None or size >= images.images[0].numel():
        return {"pca_mse": None, "pca_psnr": None, "pca_knn_accuracy": None}
    components = metrics.Pca.fit(train.images.flatten(1).float() / 255, size)
    targets = images.images.float() / 255
    codes = components.encode(targets.flatten(1))
    outputs = components.decode(codes).clamp(0.0, 1.0).view_as(targets)
    error = metrics.mean_squared_error(outputs, targets)
    train = train.first(PROBE_IMAGES)
    train_codes = components.encode(train.images.flatten(1).float() / 255)
    return {
        "pca_mse": float(error.mean()),
        "pca_psnr": float(metrics.psnr(outputs, targets).mean()),
        "pca_knn_accuracy": metrics.knn_accuracy(train_codes, train.labels, codes, images.labels),
    }


@torch.no_grad()
def codes_of(model: ImageModel, images: LabelledImages, *, task: ImageTask | None = None, seed: int = 0) -> Tensor:
    """Return the modes of the posterior of images, shape (N, Z), on the CPU.

    Arguments:
        model: The model.
        images: The images.
        task: How images become encoder inputs; None uses the model's task with grey values.
        seed: Seed of binarisation and damage.
    """
    task = task or ImageTask(corruption=model.task.corruption)
    batches = batches_in_order(images, task, model.device, seed=seed, size=_BATCH)
    return torch.cat([model.network.encode(b).mode.cpu() for b in batches])


def code_metrics(model: ImageModel, train: LabelledImages, images: LabelledImages, *, seed: int = 0) -> dict[str, Any]:
    """Return how well the codes of images predict their classes, given the codes of training images.

    Arguments:
        model: The model.
        train: Training images.
        images: The images.
        seed: Seed of the damage.
    """
    train = train.first(PROBE_IMAGES)
    train_codes, codes = (codes_of(model, data, seed=seed) for data in (train, images))
    return {
        "active_units": active_units(codes),
        "knn_accuracy": metrics.knn_accuracy(train_codes, train.labels, codes, images.labels),
        "probe_accuracy": metrics.linear_probe_accuracy(train_codes, train.labels, codes, images.labels),
    }


def _bound(model: ImageAutoencoder, batches: list[ImageBatch], seed: int) -> dict[str, float | None]:
    """Return the ELBO and its terms for one code per image, or the accuracy of the discriminator."""
    names = ("elbo", "nll_bound", "kl", "kl_bits", "discriminator_accuracy")
    result: dict[str, float | None] = dict.fromkeys(names)
    if isinstance(model, Adversarial):
        torch.manual_seed(seed)
        correct = sum(float(model.discriminator_loss(b).accuracy) * len(b) for b in batches)
        result["discriminator_accuracy"] = correct / sum(map(len, batches))
    rates, distortions = [], []
    generator = torch.Generator(batches[0].images.device).manual_seed(seed)
    for batch in batches:
        posterior = model.encode(batch)
        if not isinstance(posterior, DiagonalGaussian):
            return result
        rates.append(posterior.kl().sum(1))
        distortions.append(-model.log_likelihood(batch, posterior.rsample(generator)))
    rate, bound = _mean(rates), _mean(rates) + _mean(distortions)
    return result | {"elbo": -bound, "nll_bound": bound, "kl": rate, "kl_bits": rate * BITS}


def _likelihood(
    model: ImageAutoencoder, batches: list[ImageBatch], samples: int, seed: int, progress: Progress | None
) -> dict[str, Any]:
    """Return the importance-weighted negative log likelihood with its standard error over images."""
    if not samples or not model.config.variational:
        return {"samples": 0, "nll": None, "nll_error": None}
    generator = torch.Generator(batches[0].images.device).manual_seed(seed)
    parts = []
    for done, batch in enumerate(batches, 1):
        parts.append(metrics.importance_nll(model, batch, samples=samples, generator=generator))
        if progress:
            progress("importance sampling", done, len(batches))
    nll = torch.cat(parts)
    error = float(nll.std() / math.sqrt(len(nll))) if len(nll) > 1 else None
    return {"samples": samples, "nll": float(nll.mean()), "nll_error": error}
