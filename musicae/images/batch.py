"""What a model of pictures eats: what it sees, what it should answer, and labels; and the task that makes one of the other."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from musicae.core.config import from_dict
from musicae.errors import ParameterError
from musicae.images.corruptions import Corruption, corruption_from_dict

__all__ = ["ImageBatch", "ImageTask", "Pictures"]


@dataclass(frozen=True)
class ImageBatch:
    """A batch of pictures.

    Arguments:
        images: What the encoder sees, floats in [0, 1], shape (B, C, H, W).
        targets: What the decoder should give, of the same shape. Another tensor than `images` where the task is to repair
            them.
        labels: Classes, int64, shape (B,); only conditional models look at them.
    """

    images: Tensor
    targets: Tensor
    labels: Tensor | None = None

    @classmethod
    def of(cls, x: "Pictures") -> "ImageBatch":
        """Return a batch as it is, and plain pictures as a batch whose target they are themselves."""
        return cls(x, x) if isinstance(x, Tensor) else x

    def __len__(self) -> int:
        """Return the number of pictures, B."""
        return len(self.images)

    def to(self, device: Any) -> "ImageBatch":
        """Return the batch on another device."""
        labels = None if self.labels is None else self.labels.to(device)
        return ImageBatch(self.images.to(device), self.targets.to(device), labels)


Pictures = Tensor | ImageBatch  # plain pictures are their own target and have no labels


@dataclass(frozen=True, kw_only=True)
class ImageTask:
    """How a picture of a data set becomes what a model sees and what it should answer.

    Arguments:
        binarise: `none` gives grey values; `dynamic` draws every pixel as a coin with its grey value as probability, afresh
            for every batch (Salakhutdinov and Murray, 2008, On the Quantitative Analysis of Deep Belief Networks).
        corruption: What damages the pictures that the model sees; None lets it see its targets.
    """

    binarise: Literal["none", "dynamic"] = "none"
    corruption: Corruption | None = None

    def __post_init__(self) -> None:
        """Check the binarisation."""
        if self.binarise not in ("none", "dynamic"):
            raise ParameterError(f"Unknown binarisation {self.binarise!r}. Allowed: none, dynamic.")

    def batch(self, grey: Tensor, labels: Tensor | None, generator: torch.Generator | None) -> ImageBatch:
        """Make a batch.

        Arguments:
            grey: Pictures, floats in [0, 1], shape (B, C, H, W).
            labels: Their classes, int64, shape (B,).
            generator: Source of coins and damage, on the pictures' device.
        """
        targets = grey
        if self.binarise == "dynamic":
            coins = torch.rand(grey.shape, generator=generator, dtype=grey.dtype, device=grey.device)
            targets = (coins < grey).to(grey.dtype)
        images = targets if self.corruption is None else self.corruption(targets, generator)
        return ImageBatch(images, targets, labels)

    def to_dict(self) -> dict[str, Any]:
        """Return the task, JSON-able; a checkpoint of pictures keeps it as its representation."""
        corruption = None if self.corruption is None else self.corruption.to_dict()
        return {"name": "pictures", "binarise": self.binarise, "corruption": corruption}

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str = "") -> "ImageTask":
        """Build a task from what `to_dict` returned.

        Raises:
            ParameterError: it is something else.
        """
        fields = {k: v for k, v in values.items() if k not in ("name", "corruption")}
        given = values.get("corruption")
        task = from_dict(cls, fields, where=where)
        corruption = None if given is None else corruption_from_dict(given, where=where)
        return cls(binarise=task.binarise, corruption=corruption)
