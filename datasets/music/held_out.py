"""What is measured: a model, and the windows of a split that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.shipped import load_weights
from musicae.core.device import pick_device
from musicae.core.progress import Progress
from musicae.datasets.music.base import Collection
from musicae.datasets.music.collections import PACKAGED, open_collections
from musicae.datasets.music.prepare import SPLITS, PreparedWindows, longest_window, prepare
from musicae.errors import CheckpointError, DataError
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.representations import Representation, build
from musicae.music.windows import WindowBatches

__all__ = ["Subject", "open_subject"]


@dataclass(frozen=True)
class Subject:
    """A model, and the windows that it is measured on.

    Arguments:
        model: The model, in evaluation mode.
        info: What its checkpoint says.
        representation: Its representation.
        windows: The windows of all splits, those of the collections that it was trained on among them where they are at hand.
        split: `train`, `valid` or `test`.
        names: The collections to measure on, each with windows in that split.
    """

    model: GridAutoencoder
    info: CheckpointInfo
    representation: Representation
    windows: PreparedWindows
    split: str
    names: tuple[str, ...]

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.model.parameters()).device

    def rows(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the indices of the split's windows of some collections, in the order in which they were cut."""
        return np.concatenate([self.windows.rows(self.split, name) for name in names])

    def batches(self, rows: NDArray[np.int64], limit: int | None = None) -> list[GridBatch]:
        """Return windows by their indices, sorted by length; `limit` takes that many, evenly spaced."""
        chosen = PreparedWindows(
            self.windows.tokens[rows],
            self.windows.bar_steps[rows],
            np.full(len(rows), SPLITS.index(self.split), dtype=np.uint8),
            np.zeros(len(rows), dtype=np.uint8),
            (", ".join(self.names),),
            values=None if self.windows.values is None else self.windows.values[rows],
        )
        source = WindowBatches(chosen, self.representation, split=self.split, batch_size=512)
        return source.in_order(self.device, limit)


def open_subject(
    checkpoint: str | Path,
    data: tuple[str, ...] = (),
    *,
    split: str = "test",
    device: str = "auto",
    progress: Progress | None = None,
) -> Subject:
    """Load a checkpoint and prepare the windows to measure it on.

    Windows that occur, in any key, in the training tunes of the checkpoint's packaged collections are left out.

    Arguments:
        checkpoint: Name or path.
        data: Collections; none means the four default ones.
        split: `train`, `valid` or `test`.
        device: Where to compute.
        progress: Called while data are prepared.

    Raises:
        CheckpointError: the checkpoint is unusable or no music model.
        DataError: the split has no windows.
    """
    model, info = load_weights(checkpoint, pick_device(device))
    if not info.representation:
        raise CheckpointError(f"{checkpoint} is a model of images ({info.model}); it cannot be measured on tunes.")
    if not isinstance(model, GridAutoencoder):
        raise CheckpointError(f"{checkpoint} holds a model {info.model!r}, which does not draw tokens one after the other.")
    representation = build(info.representation)
    wanted = open_collections(data, pitched=representation.pitched)
    learnt = _training_collections(info, {c.name for c in wanted})
    most = longest_window(model.config, info.bars)
    windows = prepare([*learnt, *wanted], representation, bars=info.bars, max_steps=most, progress=progress)
    names = tuple(c.name for c in wanted if len(windows.rows(split, c.name)))
    if not names:
        raise DataError(f"The {split} split of {', '.join(c.name for c in wanted)} has no windows; choose another --split.")
    return Subject(model, info, representation, windows, split, names)


def _training_collections(info: CheckpointInfo, besides: set[str]) -> list[Collection]:
    """Return the packaged collections that a checkpoint was trained on, so that windows it has seen can be dropped."""
    names = [n for n in info.data.get("collections", {}) if n in PACKAGED and n not in besides]
    return open_collections(tuple(names)) if names else []
