"""Labelled images in memory, and batches of them for training and evaluation.

Conventions: images are uint8 (N, C, H, W), 0 black and 255 white; labels are int64 (N,), from 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch, ImageTask

__all__ = ["SPLITS", "ImageData", "ImageSampler", "LabelledImages", "Split", "batches_in_order", "check_split"]

Split = Literal["train", "valid", "test"]
SPLITS = ("train", "valid", "test")


def check_split(split: str, title: str) -> None:
    """Check the name of a split.

    Raises:
        ParameterError: the data set called `title` has no such split.
    """
    if split not in SPLITS:
        raise ParameterError(f"Unknown split {split!r} of {title}. Allowed: {', '.join(SPLITS)}.")


@final
@dataclass(frozen=True)
class LabelledImages:
    """One split of a data set.

    Arguments:
        images: Images, uint8, shape (N, C, H, W).
        labels: Their classes, int64, shape (N,).
        source: Name of the data set for people, and which part of it was loaded if it is not all.
    """

    images: Tensor
    labels: Tensor
    source: str

    def __len__(self) -> int:
        """Return the number of images, N."""
        return len(self.images)

    def first(self, count: int | None) -> "LabelledImages":
        """Return the first `count` images; None returns all."""
        return LabelledImages(self.images[:count], self.labels[:count], self.source)


@final
@dataclass(frozen=True, kw_only=True)
class ImageData:
    """Loaded splits of a data set, with what a checkpoint records about it.

    Arguments:
        name: Name of the data set on the command line.
        licence: The terms of its use.
        classes: Names of its classes, in the order of their labels.
        splits: The loaded splits by name.
    """

    name: str
    licence: str
    classes: tuple[str, ...]
    splits: Mapping[Split, LabelledImages]

    def __getitem__(self, split: Split) -> LabelledImages:
        """Return a loaded split; KeyError for a split that was not loaded."""
        return self.splits[split]

    def first(self, split: Split, count: int | None) -> "ImageData":
        """Return the data with only the first `count` images of one split; None keeps all."""
        return replace(self, splits={**self.splits, split: self.splits[split].first(count)})


def batches_in_order(data: LabelledImages, task: ImageTask, device: torch.device, *, seed: int, size: int) -> list[ImageBatch]:
    """Return all images in batches of `size`, in their order, with the randomness of the task from one seed."""
    generator = torch.Generator(device).manual_seed(seed)
    parts = zip(data.images.split(size), data.labels.split(size), strict=True)
    return [task.batch(images.to(device).float() / 255, labels.to(device), generator) for images, labels in parts]


@final
class ImageSampler:
    """Training batches as a pure function of (seed, step), so that training resumes bit for bit.

    Every epoch has its own order. Images that do not fill the last batch of an epoch are skipped in that epoch. The images stay
    on the device as bytes, and a step copies nothing to or from it. Bernoulli samples and damage are drawn again at every step.

    Arguments:
        images: Images, uint8, shape (N, C, H, W).
        batch_size: B, at most N.
        seed: Source of the orders, of the binarisation and of the damage, at least 0.
        task: How images become inputs and targets.
        labels: Classes, int64, shape (N,), if batches need them.

    Raises:
        ParameterError: an argument of another type, shape or range.
    """

    def __init__(
        self, images: Tensor, batch_size: int, seed: int, *, task: ImageTask | None = None, labels: Tensor | None = None
    ) -> None:
        if images.dtype != torch.uint8 or images.dim() != 4:
            raise ParameterError(f"Images must be uint8 (N, C, H, W), got {images.dtype} of shape {tuple(images.shape)}.")
        if not 1 <= batch_size <= len(images):
            raise ParameterError(f"batch_size must lie in 1 to {len(images)} (the number of images), got {batch_size}.")
        if seed < 0:
            raise ParameterError(f"seed must be at least 0, got {seed}.")
        if labels is not None and labels.shape != (len(images),):
            raise ParameterError(f"{len(images)} images need as many labels, got shape {tuple(labels.shape)}.")
        self._images = images
        self._labels = labels
        self._order: tuple[int, Tensor] | None = None
        self.batch_size = batch_size
        self.seed = seed
        self.task = task or ImageTask()

    @property
    def batches_per_epoch(self) -> int:
        """Number of full batches in the images."""
        return len(self._images) // self.batch_size

    def batch(self, step: int, device: torch.device | str = "cpu") -> ImageBatch:
        """Return the batch of optimizer step `step` (from 0), float32 in [0, 1], shape (B, C, H, W).

        Bernoulli samples and damage repeat exactly on one kind of device and differ between kinds, whose random numbers differ.
        """
        device = torch.device(device)
        self._images = self._images.to(device)
        epoch, place = divmod(step, self.batches_per_epoch)
        rows = self._epoch_order(epoch)[place * self.batch_size : (place + 1) * self.batch_size]
        labels = None
        if self._labels is not None:
            self._labels = self._labels.to(device)
            labels = self._labels[rows]
        generator = torch.Generator(device).manual_seed(self._stream(1, step))
        return self.task.batch(self._images[rows].float() / 255, labels, generator)

    def _epoch_order(self, epoch: int) -> Tensor:
        """Return the order of the images in an epoch, int64, shape (N,), on the device of the images."""
        if self._order is None or self._order[0] != epoch or self._order[1].device != self._images.device:
            generator = torch.Generator().manual_seed(self._stream(0, epoch))  # on the CPU: the same on all devices
            self._order = (epoch, torch.randperm(len(self._images), generator=generator).to(self._images.device))
        return self._order[1]

    def _stream(self, use: int, index: int) -> int:
        """Mix seed and index into a new seed; with a plain sum, seed 1 would repeat seed 0 one epoch later."""
        return int(np.random.SeedSequence((self.seed, use, index)).generate_state(1, np.uint64)[0] >> np.uint64(1))
