"""-log p(x) of the test digits, by 5,000 importance samples per digit, in an affordable time.

All 10,000 digits take 5e7 decoded codes: about a quarter of an hour on one core for the dense VAE of the IWAE paper, an hour
and a half for `conv-vae`. Fewer samples give an upper bound only. So a convolutional model is measured twice: all digits with
few samples, and N digits drawn at random with all samples. The mean over the N digits alone is uncertain by more than a nat,
because digits differ. But the drop of the bound from few samples to many differs little between digits, so

    -log p(x)  =  the bound over all digits  -  the mean drop over the N digits

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

BATCH = 250


@dataclass(frozen=True)
class Likelihood:
    """An estimate of -log p(x), in nats per digit.

    Arguments:
        nll: The estimate over all digits.
        error: Standard error of the estimate; 0 if all digits got `samples`.
        samples: Codes per digit.
        digits: Number of digits that got as many.
        subset_nll: Mean over those digits alone.
        subset_error: Its standard error as an estimate for all digits.
        few: Codes per digit over all digits; None if all digits got `samples`.
        bound: Mean over all digits with so few codes, an upper bound of `nll`.
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
            return f"all {self.digits:,} digits, {self.samples:,} samples"
        return (
            f"all digits, {self.few:,} samples: {self.bound:.2f} (upper bound); {self.digits:,} random digits, "
            f"{self.samples:,} samples: {self.subset_nll:.2f} ± {self.subset_error:.2f}"
        )


def convolutional(model: nn.Module) -> bool:
    """Return whether a network contains convolutions, with which many samples take long."""
    return any(isinstance(part, nn.Conv2d | nn.ConvTranspose2d) for part in model.modules())


def measure(
    loaded: ImageModel,
    data: LabelledImages,
    *,
    samples: int,
    digits: int | None,
    few: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> Likelihood:
    """Estimate -log p(x) of digits binarised once, with the grey values as probabilities.

    Arguments:
        loaded: A variational model.
        data: The test digits.
        samples: Codes per digit.
        digits: Number of digits that get as many; None for all.
        few: Codes per digit over all digits, if `digits` are fewer than all.
        seed: Seed of binarisation, choice and codes.
        progress: Called as the measurement proceeds.
    """
    (whole,) = batches_in_order(data, ImageTask(binarise="dynamic"), loaded.device, seed=seed, size=len(data))
    generator = torch.Generator(loaded.device).manual_seed(seed)
    count = len(data) if digits is None else min(digits, len(data))

    def each(rows: Tensor, codes: int, what: str) -> Tensor:
        parts = []
        for done, at in enumerate(rows.split(BATCH), 1):
            parts.append(importance_nll(loaded.network, _pick(whole, at), samples=codes, generator=generator).cpu())
            if progress:
                progress(what, done, -(-len(rows) // BATCH))
        return torch.cat(parts).double()

    everything = torch.arange(len(data))
    if count == len(data):
        every = each(everything, samples, f"{samples} samples, all digits")
        return Likelihood(float(every.mean()), 0.0, samples, count, float(every.mean()), _error(every))
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:count]
    bound = each(everything, few, f"{few} samples, all digits")
    many = each(chosen, samples, f"{samples} samples, {count} digits")
    drop = bound[chosen] - many
    unmeasured = math.sqrt(1 - count / len(data))  # the finite population correction
    nll = float(bound.mean() - drop.mean())
    return Likelihood(
        nll, _error(drop) * unmeasured, samples, count, float(many.mean()), _error(many) * unmeasured, few, float(bound.mean())
    )


def _pick(batch: ImageBatch, rows: Tensor) -> ImageBatch:
    """Return some images of a batch."""
    rows = rows.to(batch.images.device)
    labels = None if batch.labels is None else batch.labels[rows]
    return ImageBatch(batch.images[rows], batch.targets[rows], labels)


def _error(values: Tensor) -> float:
    """Return the standard error of the mean; NaN for one value."""
    return float(values.std() / math.sqrt(len(values))) if len(values) > 1 else math.nan
