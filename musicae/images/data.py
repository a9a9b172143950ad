"""Labelled pictures in memory, and batches of them for a trainer.

Conventions: pictures are uint8 (N, C, H, W), 0 black and 255 white; labels are int64 (N,), from 0.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.images.batch import ImageBatch, ImageTask

__all__ = ["SPLITS", "ImageBatches", "LabelledImages", "Split", "batches_in_order", "check_split"]

Split = Literal["train", "valid", "test"]
SPLITS = ("train", "valid", "test")


def check_split(split: str, title: str) -> None:
    """Raise ParameterError where there is no such split of the data set called `title`."""
    if split not in SPLITS:
        raise ParameterError(f"Unknown split {split!r} of {title}. Allowed: {', '.join(SPLITS)}.")


@dataclass(frozen=True)
class LabelledImages:
    """One split of a data set.

    Arguments:
        images: Pictures, uint8, shape (N, C, H, W).
        labels: Their classes, int64, shape (N,).
        source: Words that tell which data these are.
    """

    images: Tensor
    labels: Tensor
    source: str

    def __len__(self) -> int:
        """Return the number of pictures, N."""
        return len(self.images)

    def first(self, count: int | None) -> "LabelledImages":
        """Return the first `count` pictures; None returns all."""
        return LabelledImages(self.images[:count], self.labels[:count], self.source)


def batches_in_order(data: LabelledImages, task: ImageTask, device: torch.device, *, seed: int, size: int) -> list[ImageBatch]:
    """Return all pictures in batches of `size`, in their order, with coins and damage from one seed."""
    generator = torch.Generator(device).manual_seed(seed)
    made = []
    for images, labels in zip(data.images.split(size), data.labels.split(size), strict=True):
        made.append(task.batch(images.to(device).float() / 255, labels.to(device), generator))
    return made


class ImageBatches:
    """Batches of pictures as a pure function of (seed, step), so that training resumes bit for bit.

    Every epoch has its own order; pictures that do not fill the last batch of an epoch are left out of that epoch. The
    pictures stay on the device as bytes, and a step copies nothing to or from it. Coins and damage are drawn afresh at
    every step.

    Arguments:
        images_uint8: Pictures, uint8, shape (N, C, H, W).
        batch_size: B, at most N.
        seed: Source of the orders, of the binarisation and of the damage, at least 0.
        task: How pictures become what a model sees and answers.
        labels: Classes, int64, shape (N,), if batches are to carry them.

    Raises:
        ParameterError: anything else.
    """

    def __init__(
        self, images_uint8: Tensor, batch_size: int, seed: int, *, task: ImageTask | None = None, labels: Tensor | None = None
    ) -> None:
        if images_uint8.dtype != torch.uint8 or images_uint8.dim() != 4:
            shape = tuple(images_uint8.shape)
            raise ParameterError(f"Pictures must be uint8 (N, C, H, W), got {images_uint8.dtype} of shape {shape}.")
        if not 1 <= batch_size <= len(images_uint8):
            raise ParameterError(f"batch_size must lie in 1 to {len(images_uint8)} (the pictures), got {batch_size}.")
        if seed < 0:
            raise ParameterError(f"seed must be at least 0, got {seed}.")
        if labels is not None and labels.shape != (len(images_uint8),):
            raise ParameterError(f"{len(images_uint8)} pictures need as many labels, got shape {tuple(labels.shape)}.")
        self._images = images_uint8
        self._labels = labels
        self._order: tuple[int, Tensor] | None = None
        self.batch_size = batch_size
        self.seed = seed
        self.task = task or ImageTask()

    @property
    def batches_per_epoch(self) -> int:
        """Whole batches in the pictures."""
        return len(self._images) // self.batch_size

    def batch(self, step: int, device: torch.device | str = "cpu") -> ImageBatch:
        """Return the batch of optimizer step `step` (from 0), float32 in [0, 1], shape (B, C, H, W).

        Coins and damage differ between kinds of device, whose random numbers differ; on one kind they repeat exactly.
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
        """Return the order of the pictures in an epoch, int64, shape (N,), on the pictures' device."""
        if self._order is None or self._order[0] != epoch or self._order[1].device != self._images.device:
            generator = torch.Generator().manual_seed(self._stream(0, epoch))  # on the CPU: alike on all devices
            self._order = (epoch, torch.randperm(len(self._images), generator=generator).to(self._images.device))
        return self._order[1]

    def _stream(self, use: int, index: int) -> int:
        """Mix seed and index into a new seed; with a plain sum, seed 1 would follow seed 0 an epoch behind."""
        return int(np.random.SeedSequence((self.seed, use, index)).generate_state(1, np.uint64)[0] >> np.uint64(1))
