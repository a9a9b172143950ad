"""Measure an image checkpoint on a data set.

What is printed, and how: reconstructions are the decoder's mean picture at the posterior's mode, against the true grey picture.
Bernoulli losses are over grey pictures, in nats for each picture, and above the entropy of the grey values, the least that
any picture could have. Bounds and likelihoods are of pictures drawn as coins from the grey values (`dynamic`) or of the grey
values themselves (`none`), as `binarise` says; figures of the two do not compare. kNN (5 neighbours) and linear probe
know the codes of 10,000 training pictures and are asked for the classes of the split; PCA and the best linear repair (ridge
regression, one draw of the damage) are fitted on all training pictures.
"""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from musicae.core.autoencoder import Adversarial
from musicae.core.device import keep_freed_memory
from musicae.core.distributions import DiagonalGaussian, active_units
from musicae.core.objectives import BITS
from musicae.core.progress import Progress
from musicae.datasets.images import image_set
from musicae.errors import DataError
from musicae.images import metrics
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.corruptions import Downscaling
from musicae.images.data import LabelledImages, Split, batches_in_order
from musicae.images.model import PictureModel, load_pictures
from musicae.images.models.base import ImageAutoencoder

__all__ = ["KNOWN", "code_figures", "codes_of", "evaluate_pictures", "load_split"]

KNOWN = 10_000  # training pictures whose codes kNN and linear probe know
_RIDGE = 1e-5  # the penalty of the linear repair
_BATCH = 250


def load_split(
    model: PictureModel, data: str | None, data_dir: Path | None, split: Split, progress: Progress | None = None
) -> LabelledImages:
    """Return pictures that suit a model.

    Arguments:
        model: The model.
        data: Name of the data set; None takes the one that the model was trained on.
        data_dir: Folder with its files; None takes cache and download.
        split: `train`, `valid` or `test`.
        progress: Called while files are downloaded.

    Raises:
        DataError: the pictures are missing, damaged, or of another size than the model's.
    """
    chosen = image_set(data or str(model.info.data.get("set", "mnist")))
    c = model.model.config
    if (chosen.channels, chosen.size) != (c.channels, c.size):
        raise DataError(
            f"{chosen.title} has pictures of {chosen.channels} x {chosen.size} x {chosen.size}, but {model.name} takes "
            f"{c.channels} x {c.size} x {c.size}; choose other --data or train a model on these."
        )
    return chosen.load(split, data_dir, progress)


@torch.no_grad()
def evaluate_pictures(
    checkpoint: str | Path,
    *,
    data: str | None = None,
    data_dir: Path | None = None,
    split: Split = "test",
    limit: int | None = None,
    samples: int = 100,
    binarise: str | None = None,
    device: str = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return a checkpoint's figures on a split by name; a figure that a model has not is None.

    Arguments:
        checkpoint: A shipped model's name or the path of a checkpoint.
        data: Name of the data set; None takes the one that the model was trained on.
        data_dir: Folder with its files; None takes cache and download.
        split: `train`, `valid` or `test`.
        limit: Take the first so many pictures only.
        samples: Codes for each picture in the likelihood estimate; 0 leaves it out.
        binarise: `dynamic` or `none`; None takes coins for a Bernoulli likelihood and grey values for a Gaussian one.
        device: `auto`, `cpu`, `cuda` or `mps`.
        seed: Seed of coins, damage and samples.
        progress: Called as work goes on.

    Raises:
        CheckpointError: the checkpoint is unusable.
        DataError: the pictures are missing, damaged, or of another size.
    """
    keep_freed_memory()
    loaded = load_pictures(checkpoint, device=device)
    model, task = loaded.model, loaded.task
    pictures = load_split(loaded, data, data_dir, split, progress).first(limit)
    known = load_split(loaded, data, data_dir, "train", progress)
    where = loaded.device
    grey = ImageTask(corruption=task.corruption)
    batches = batches_in_order(pictures, grey, where, seed=seed, size=_BATCH)
    coins: Any = binarise or ("dynamic" if model.config.likelihood == "bernoulli" else "none")
    measured = batches_in_order(pictures, ImageTask(binarise=coins, corruption=task.corruption), where, seed=seed, size=_BATCH)
    return {
        "checkpoint": str(checkpoint),
        "model": model.name,
        "source": pictures.source,
        "split": split,
        "pictures": len(pictures),
        "code_size": model.latent_size,
        **_reconstruction(model, batches),
        **_repair(task, batches, known, seed),
        **_pca(task, known, pictures, model.latent_size),
        **code_figures(model, grey, known, pictures, where, seed=seed),
        "binarise": coins,
        **_bound(model, measured, seed),
        **_likelihood(model, measured, samples, seed, progress),
    }


def _mean(parts: list[Tensor]) -> float:
    return float(torch.cat(parts).mean())


def _reconstruction(model: ImageAutoencoder, batches: list[ImageBatch]) -> dict[str, float]:
    """Compare mean pictures with grey targets."""
    made = [model.likelihood.mean(model.decode(model.encode(b).mode, b.labels)) for b in batches]
    loss = _mean([metrics.bernoulli_loss(m, b.targets) for m, b in zip(made, batches, strict=True)])
    floor = _mean([metrics.entropy_floor(b.targets) for b in batches])
    return {
        "mse": _mean([metrics.mean_squared_error(m, b.targets) for m, b in zip(made, batches, strict=True)]),
        "psnr": _mean([metrics.psnr(m, b.targets) for m, b in zip(made, batches, strict=True)]),
        "bernoulli": loss,
        "bernoulli_floor": floor,
        "bernoulli_above_floor": loss - floor,
        "bernoulli_per_pixel": loss / model.config.pixels,
    }


def _repair(task: ImageTask, batches: list[ImageBatch], known: LabelledImages, seed: int) -> dict[str, float | None]:
    """Return what a repair has to beat: no repair, bilinear enlargement, and the best linear map."""
    names = ("psnr_damaged", "psnr_bilinear", "psnr_linear")
    if task.corruption is None:
        return dict.fromkeys(names)
    bilinear = None
    if isinstance(task.corruption, Downscaling):
        c = task.corruption
        bilinear = _mean([metrics.psnr(c.interpolate(c.shrink(b.targets)), b.targets) for b in batches])
    device = batches[0].images.device
    (lesson,) = batches_in_order(known, ImageTask(corruption=task.corruption), device, seed=seed + 1, size=len(known))
    weights = metrics.linear_map(lesson.images.flatten(1), lesson.targets.flatten(1), ridge=_RIDGE)
    linear = []
    for b in batches:
        flat = b.images.flatten(1)
        made = (flat @ weights[:-1] + weights[-1]).clamp(0.0, 1.0).view_as(b.targets)
        linear.append(metrics.psnr(made, b.targets))
    damaged = _mean([metrics.psnr(b.images, b.targets) for b in batches])
    return dict(zip(names, (damaged, bilinear, _mean(linear)), strict=True))


def _pca(task: ImageTask, known: LabelledImages, pictures: LabelledImages, size: int) -> dict[str, float | None]:
    """Return what as many principal components of the training pictures reach on the split: pictures, cut to [0, 1], and kNN.

    Beside a repair, or a code no smaller than the picture, PCA says nothing.
    """
    if task.corruption is not None or size >= pictures.images[0].numel():
        return {"pca_mse": None, "pca_psnr": None, "pca_knn_accuracy": None}
    components = metrics.Pca.fit(known.images.flatten(1).float() / 255, size)
    true = pictures.images.float() / 255
    codes = components.encode(true.flatten(1))
    made = components.decode(codes).clamp(0.0, 1.0).view_as(true)
    error = metrics.mean_squared_error(made, true)
    known = known.first(KNOWN)
    theirs = components.encode(known.images.flatten(1).float() / 255)
    return {
        "pca_mse": float(error.mean()),
        "pca_psnr": float(metrics.psnr(made, true).mean()),
        "pca_knn_accuracy": metrics.knn_accuracy(theirs, known.labels, codes, pictures.labels),
    }


@torch.no_grad()
def codes_of(model: ImageAutoencoder, task: ImageTask, data: LabelledImages, device: torch.device, *, seed: int = 0) -> Tensor:
    """Return the posterior's modes of pictures, shape (N, Z), on the CPU."""
    return torch.cat([model.encode(b).mode.cpu() for b in batches_in_order(data, task, device, seed=seed, size=_BATCH)])


def code_figures(
    model: ImageAutoencoder,
    task: ImageTask,
    known: LabelledImages,
    pictures: LabelledImages,
    device: torch.device,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Return what the codes of a split know of its classes, given those of training pictures."""
    known = known.first(KNOWN)
    theirs, ours = (codes_of(model, task, d, device, seed=seed) for d in (known, pictures))
    return {
        "active_units": active_units(ours),
        "knn_accuracy": metrics.knn_accuracy(theirs, known.labels, ours, pictures.labels),
        "probe_accuracy": metrics.linear_probe_accuracy(theirs, known.labels, ours, pictures.labels),
    }


def _bound(model: ImageAutoencoder, batches: list[ImageBatch], seed: int) -> dict[str, float | None]:
    """Return the ELBO and its parts for one code a picture, or the discriminator's accuracy."""
    names = ("elbo", "nll_bound", "kl", "kl_bits", "discriminator_accuracy")
    figures: dict[str, float | None] = dict.fromkeys(names)
    if isinstance(model, Adversarial):
        torch.manual_seed(seed)
        figures["discriminator_accuracy"] = sum(float(model.discriminator_loss(b).accuracy) * len(b) for b in batches) / sum(
            map(len, batches)
        )
    rates, distortions = [], []
    generator = torch.Generator(batches[0].images.device).manual_seed(seed)
    for batch in batches:
        posterior = model.encode(batch)
        if not isinstance(posterior, DiagonalGaussian):
            return figures
        rates.append(posterior.kl().sum(1))
        distortions.append(-model.log_likelihood(batch, posterior.rsample(generator)))
    rate, bound = _mean(rates), _mean(rates) + _mean(distortions)
    return figures | {"elbo": -bound, "nll_bound": bound, "kl": rate, "kl_bits": rate * BITS}


def _likelihood(
    model: ImageAutoencoder, batches: list[ImageBatch], samples: int, seed: int, progress: Progress | None
) -> dict[str, Any]:
    """Return the importance-weighted negative log likelihood with its standard error over pictures."""
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
