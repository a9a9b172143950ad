"""The subject of an evaluation: a model, and the windows of a split that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicae.music.metrics.base import WindowMetrics
from musicae.music.model import MusicModel
from musicae.music.models.base import MusicAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.windows import SPLITS, PreparedWindows, WindowSampler

__all__ = ["Subject"]


@dataclass(frozen=True)
class Subject:
    """A model and the windows that it is measured on.

    Arguments:
        model: The model.
        windows: The windows of all splits, including those of the model's training collections that are available.
        split: `train`, `valid` or `test`.
        names: The collections to measure on, each with windows in that split.
    """

    model: MusicModel
    windows: PreparedWindows
    split: str
    names: tuple[str, ...]

    @property
    def network(self) -> MusicAutoencoder:
        """The model's network."""
        return self.model.network

    @property
    def metrics(self) -> WindowMetrics:
        """The metrics of the model's kind of music."""
        return self.model.kind.metrics

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
        source = WindowSampler(chosen, self.model.representation, split=self.split, batch_size=512)
        return source.in_order(self.model.device, limit)
