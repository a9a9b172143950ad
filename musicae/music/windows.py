"""Prepared windows as values, and training batches drawn from them as a pure function of the step.

So a resumed training gets the same batches as an uninterrupted one.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.errors import DataError
from musicae.music.models.batch import GridBatch
from musicae.music.representations import Representation

__all__ = ["SPLITS", "PreparedWindows", "WindowSampler"]

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class PreparedWindows:
    """Windows of all splits as arrays.

    Arguments:
        tokens: Tokens, zero-padded, uint8 or int16, shape (N, T).
        bar_steps: Time steps of each bar, shape (N, bars).
        split: Index into `SPLITS`, shape (N,).
        collection: Index into `collections`, shape (N,).
        collections: Names of the collections.
        report: Counts for the table of `musicae data describe`, one dictionary per collection.
        key: Hash of everything that the windows depend on.
        values: Expression values in units of 1 / 127, int8, shape (N, T, V); None if the representation has none.
    """

    tokens: NDArray[Any]
    bar_steps: NDArray[Any]
    split: NDArray[np.uint8]
    collection: NDArray[np.uint8]
    collections: tuple[str, ...]
    report: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    values: NDArray[np.int8] | None = None

    def rows(self, split: str, collection: str | None = None) -> NDArray[np.int64]:
        """Return the indices of the windows of a split, of one collection or of all."""
        chosen = self.split == SPLITS.index(split)
        if collection is not None:
            chosen &= self.collection == self.collections.index(collection)
        return np.flatnonzero(chosen)


class WindowSampler:
    """Endless training batches: shuffled each epoch, windows of similar length together, each in a key drawn again.

    Arguments:
        windows: The prepared windows.
        representation: Their grid.
        split: The split to draw from.
        batch_size: Windows per batch; fewer if the split has fewer.
        seed: Seed of the order and of the keys.
        transpose: Largest transposition in semitones, up and down; a representation without pitches ignores it.

    Raises:
        DataError: the split is empty.
    """

    def __init__(
        self,
        windows: PreparedWindows,
        representation: Representation,
        *,
        split: str = "train",
        batch_size: int = 512,
        seed: int = 0,
        transpose: int = 5,
    ) -> None:
        rows = windows.rows(split)
        if not len(rows):
            raise DataError(f"The {split} split of {', '.join(windows.collections)} has no windows; add data.")
        self.tokens = windows.tokens[rows].astype(np.int64)
        self.values = None if windows.values is None else windows.values[rows]
        self.bar_steps = windows.bar_steps[rows].astype(np.int64)
        self.representation = representation
        self.batch_size = min(batch_size, len(rows))
        self.seed, self.transpose = seed, transpose
        self.batches_per_epoch = len(rows) // self.batch_size
        self._epoch: tuple[int, NDArray[Any]] = (-1, np.zeros(0))

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.tokens)

    def batch(self, step: int, device: torch.device | str = "cpu") -> GridBatch:
        """Return the batch of an optimizer step (from 0)."""
        epoch, place = divmod(step, self.batches_per_epoch)
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self._order(epoch))
        rows = self._epoch[1][place]
        rng = np.random.default_rng((self.seed, 1, step))
        semitones = rng.integers(-self.transpose, self.transpose + 1, size=(len(rows), 1))
        return self._collate(rows, self.representation.transpose(self.tokens[rows], semitones)).to(device)

    def in_order(self, device: torch.device | str = "cpu", limit: int | None = None) -> list[GridBatch]:
        """Return all windows once, untransposed, in a fixed order; `limit` takes that many, evenly spaced."""
        order = np.argsort(self.bar_steps.sum(1), kind="stable")
        if limit is not None and limit < len(order):
            order = order[np.linspace(0, len(order) - 1, limit).astype(np.int64)]
        parts = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        return [self._collate(rows, self.tokens[rows]).to(device) for rows in parts]

    def _collate(self, rows: NDArray[Any], tokens: NDArray[Any]) -> GridBatch:
        bar_steps = self.bar_steps[rows]
        longest = int(bar_steps.sum(1).max())
        batch = GridBatch(torch.from_numpy(np.ascontiguousarray(tokens[:, :longest])), torch.from_numpy(bar_steps))
        if self.values is None:
            return batch
        return batch.with_tokens(batch.tokens, torch.from_numpy(self.values[rows, :longest].astype(np.float32)) / 127)

    def _order(self, epoch: int) -> NDArray[Any]:
        """Return the rows of each batch of an epoch, shape (batches, batch_size): windows of similar length together."""
        rng = np.random.default_rng((self.seed, 0, epoch))
        order = rng.permutation(len(self.tokens))[: self.batches_per_epoch * self.batch_size]
        order = order[np.argsort(self.bar_steps[order].sum(1), kind="stable")]
        return rng.permutation(order.reshape(self.batches_per_epoch, self.batch_size))
