"""-log p(x) of test images by many importance samples per image, in an affordable time.

The 10,000 digits of MNIST with 5,000 samples each take 5e7 decoded codes: about a quarter of an hour on one core for the dense
VAE of the IWAE paper, an hour and a half for `conv-vae`. Fewer samples give an upper bound only. So a convolutional model is
measured twice: all images with few samples, and N images drawn at random with all samples. The mean over the N images alone is
uncertain by more than a nat, because images differ. But the drop of the bound from few samples to many differs little between
images, so

    -log p(x)  =  the bound over all images  -  the mean drop over the N images

has a standard error of some hundredths of a nat. It is the difference estimator of survey sampling (Cochran, 1977, Sampling
Techniques, 3rd edition, section 7.2).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from musicae.core.progress import Progress
from musicae.images.batch import ImageBatch, ImageTask
from musicae.images.data import LabelledImages, batches_in_order
from musicae.images.metrics import importance_nll
from musicae.images.model import ImageModel

__all__ = ["RANDOM_IMAGES", "LikelihoodEstimate", "estimate_likelihood", "has_likelihood"]

RANDOM_IMAGES = 500  # images that get all samples, if the decoder is convolutional
BATCH = 250


@dataclass(frozen=True)
class LikelihoodEstimate:
    """An estimate of -log p(x), in nats per image.

    Arguments:
        nll: The estimate over all images.
        error: Standard error of the estimate; 0 if all images got `samples`.
        samples: Codes per image.
        digits: Number of images that got as many.
        subset_nll: Mean over those images alone.
        subset_error: Its standard error as an estimate for all images.
        few: Codes per image over all images; None if all images got `samples`.
        bound: Mean over all images with so few codes, an upper bound of `nll`.
    """

    nll: float
    error: float
    samples: int
    digits: int
    subset_nll: float
    subset_error: float
    few: int | None = None
    bound: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-able dictionary."""
        return asdict(self)

    def method(self) -> str:
        """Return how the estimate was computed, in words."""
        if self.few is None:
            return f"all {self.digits:,} images, {self.samples:,} samples"
        return (
            f"all images, {self.few:,} samples: {self.bound:.2f} (upper bound); {self.digits:,} random images, "
            f"{self.samples:,} samples: {self.subset_nll:.2f} ± {self.subset_error:.2f}"
        )


def has_likelihood(model: ImageModel) -> bool:
    """Return whether -log p(x) of binarised images can be estimated: of a variational model with a Bernoulli likelihood."""
    config = model.network.config
    return config.variational and config.likelihood == "bernoulli"


def estimate_likelihood(
    model: ImageModel,
    data: LabelledImages,
    *,
    samples: int = 5000,
    digits: int | None = None,
    few: int = 100,
    seed: int = 0,
    progress: Progress | None = None,
) -> LikelihoodEstimate:
    """Estimate -log p(x) of images binarised once, with the grey values as probabilities.

    Arguments:
        model: A model with a likelihood (see `has_likelihood`).
        data: The test images.
        samples: Codes per image.
        digits: Number of images that get as many; None takes all, or `RANDOM_IMAGES` if the decoder is convolutional.
        few: Codes per image over all images, if `digits` are fewer than all.
        seed: Seed of binarisation, choice and codes.
        progress: Called as the measurement proceeds.
    """
    (whole,) = batches_in_order(data, ImageTask(binarise="dynamic"), model.device, seed=seed, size=len(data))
    generator = torch.Generator(model.device).manual_seed(seed)
    usual = RANDOM_IMAGES if _convolutional(model.network.decoder) else len(data)
    count = min(usual if digits is None else digits, len(data))

    def each(rows: Tensor, codes: int, what: str) -> Tensor:
        parts = []
        for done, at in enumerate(rows.split(BATCH), 1):
            parts.append(importance_nll(model.network, _pick(whole, at), samples=codes, generator=generator).cpu())
            if progress:
                progress(what, done, -(-len(rows) // BATCH))
        return torch.cat(parts).double()

    everything = torch.arange(len(data))
    if count == len(data):
        every = each(everything, samples, f"{samples} samples, all images")
        return LikelihoodEstimate(float(every.mean()), 0.0, samples, count, float(every.mean()), _error(every))
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:count]
    bound = each(everything, few, f"{few} samples, all images")
    many = each(chosen, samples, f"{samples} samples, {count} images")
    drop = bound[chosen] - many
    unmeasured = math.sqrt(1 - count / len(data))  # the finite population correction
    nll = float(bound.mean() - drop.mean())
    return LikelihoodEstimate(
        nll, _error(drop) * unmeasured, samples, count, float(many.mean()), _error(many) * unmeasured, few, float(bound.mean())
    )


def _convolutional(network: nn.Module) -> bool:
    """Return whether a network contains convolutions, with which many samples take long."""
    return any(isinstance(part, nn.Conv2d | nn.ConvTranspose2d) for part in network.modules())


def _pick(batch: ImageBatch, rows: Tensor) -> ImageBatch:
    """Return some images of a batch."""
    rows = rows.to(batch.images.device)
    labels = None if batch.labels is None else batch.labels[rows]
    return ImageBatch(batch.images[rows], batch.targets[rows], labels)


def _error(values: Tensor) -> float:
    """Return the standard error of the mean; NaN for one value."""
    return float(values.std() / math.sqrt(len(values))) if len(values) > 1 else math.nan
