"""Image batches (encoder input, decoder target, optional labels), and the preprocessing that builds them from raw images."""

from dataclasses import dataclass
from typing import Any, Literal, final

import torch
from torch import Tensor

from musicae.core.config import from_dict
from musicae.errors import ParameterError
from musicae.images.corruptions import Corruption, corruption_from_dict

__all__ = ["ImageBatch", "ImageTask", "Images"]


@final
@dataclass(frozen=True)
class ImageBatch:
    """A batch of images.

    Arguments:
        images: Input of the encoder, floats in [0, 1], shape (B, C, H, W).
        targets: Target of the decoder, of the same shape; it differs from `images` if the task is to repair them.
        labels: Classes, int64, shape (B,); only conditional models use them.
    """

    images: Tensor
    targets: Tensor
    labels: Tensor | None = None

    @classmethod
    def of(cls, x: "Images") -> "ImageBatch":
        """Return a batch unchanged, and a tensor of images as a batch whose targets are the images themselves."""
        return cls(x, x) if isinstance(x, Tensor) else x

    def __len__(self) -> int:
        """Return the number of images, B."""
        return len(self.images)

    def to(self, device: Any) -> "ImageBatch":
        """Return the batch on another device."""
        labels = None if self.labels is None else self.labels.to(device)
        return ImageBatch(self.images.to(device), self.targets.to(device), labels)


Images = Tensor | ImageBatch  # a tensor of images is its own target and has no labels


@final
@dataclass(frozen=True, kw_only=True)
class ImageTask:
    """How images of a data set become encoder inputs and decoder targets.

    Arguments:
        binarise: `none` keeps grey values; `dynamic` samples every pixel from a Bernoulli distribution with its grey value as
            probability, again for every batch (Salakhutdinov and Murray, 2008, On the Quantitative Analysis of Deep Belief
            Networks).
        corruption: The damage to the encoder's input; None uses the targets as input.
    """

    binarise: Literal["none", "dynamic"] = "none"
    corruption: Corruption | None = None

    def __post_init__(self) -> None:
        """Check the binarisation."""
        if self.binarise not in ("none", "dynamic"):
            raise ParameterError(f"Unknown binarisation {self.binarise!r}. Allowed: none, dynamic.")

    def batch(self, grey: Tensor, labels: Tensor | None, generator: torch.Generator | None) -> ImageBatch:
        """Build a batch from raw images.

        Arguments:
            grey: Images, floats in [0, 1], shape (B, C, H, W).
            labels: Their classes, int64, shape (B,).
            generator: Source of the Bernoulli samples and of the damage, on the device of the images.
        """
        targets = grey
        if self.binarise == "dynamic":
            uniform = torch.rand(grey.shape, generator=generator, dtype=grey.dtype, device=grey.device)
            targets = (uniform < grey).to(grey.dtype)
        images = targets if self.corruption is None else self.corruption(targets, generator)
        return ImageBatch(images, targets, labels)

    def to_dict(self) -> dict[str, Any]:
        """Return the task as a JSON-able dictionary, which checkpoints of image models keep among their data."""
        corruption = None if self.corruption is None else self.corruption.to_dict()
        return {"name": "images", "binarise": self.binarise, "corruption": corruption}

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str = "") -> "ImageTask":
        """Build a task from the result of `to_dict`.

        Raises:
            ParameterError: unknown fields, or values out of range.
        """
        fields = {k: v for k, v in values.items() if k not in ("name", "corruption")}
        corruption = values.get("corruption")
        binarise = from_dict(cls, fields, where=where).binarise
        return cls(binarise=binarise, corruption=None if corruption is None else corruption_from_dict(corruption, where=where))
