"""Measure a checkpoint on the windows of a split, collection by collection and together."""

from pathlib import Path

import numpy as np

from musicae.checkpoint import CheckpointInfo
from musicae.datasets import PACKAGED, open_collections
from musicae.datasets.base import Collection
from musicae.datasets.batches import WindowBatches
from musicae.datasets.tunes import Progress
from musicae.datasets.windows import SPLITS, PreparedWindows, longest_window, prepare
from musicae.errors import CheckpointError, DataError
from musicae.hub import load_weights
from musicae.machine import pick_device
from musicae.metrics import grid_scores
from musicae.representations import build

__all__ = ["evaluate"]

ALL = "all"


def evaluate(
    checkpoint: str | Path,
    data: tuple[str, ...] = (),
    *,
    split: str = "test",
    limit: int | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> dict[str, dict[str, float]]:
    """Return the figures of `musicae.metrics.grid_scores`, and the number of windows, by collection and for `all`.

    Windows that occur, in any key, in the training tunes of the checkpoint's packaged collections are left out.

    Arguments:
        checkpoint: Name or path.
        data: Collections; none means the four default ones.
        split: `train`, `valid` or `test`.
        limit: Number of windows a row of the table, evenly spaced; None takes all.
        device: Where to compute.
        progress: Called while data are prepared and measured.

    Raises:
        CheckpointError: the checkpoint is unusable or no music model.
        DataError: the split has no windows.
    """
    model, info = load_weights(checkpoint, pick_device(device))
    if not info.representation:
        raise CheckpointError(f"{checkpoint} is a model of images ({info.model}); it cannot be measured on tunes.")
    representation = build(info.representation)
    most = longest_window(model.config, info.bars)
    wanted = open_collections(data)
    learnt = _training_collections(info, {c.name for c in wanted})
    windows = prepare([*learnt, *wanted], representation, bars=info.bars, max_steps=most, progress=progress)
    names = [c.name for c in wanted if len(windows.rows(split, c.name))]
    if not names:
        raise DataError(f"The {split} split of {', '.join(c.name for c in wanted)} has no windows; choose another --split.")
    table: dict[str, dict[str, float]] = {}
    for done, name in enumerate([*names, ALL] if len(names) > 1 else names):
        chosen = _only(windows, split, names if name == ALL else [name])
        source = WindowBatches(chosen, representation, split=split, batch_size=512)
        batches = source.in_order(next(model.parameters()).device, limit)
        table[name] = {"windows": float(sum(len(b) for b in batches)), **grid_scores(model, batches)}
        if progress:
            progress("measuring", done + 1, len(names) + 1)
    return table


def _training_collections(info: CheckpointInfo, besides: set[str]) -> list[Collection]:
    """Return the packaged collections that a checkpoint was trained on, so that windows it has seen can be dropped."""
    names = [n for n in info.data.get("collections", {}) if n in PACKAGED and n not in besides]
    return open_collections(tuple(names)) if names else []


def _only(windows: PreparedWindows, split: str, collections: list[str]) -> PreparedWindows:
    """Return the windows of one split of some collections, as one collection."""
    rows = np.concatenate([windows.rows(split, name) for name in collections])
    return PreparedWindows(
        windows.tokens[rows],
        windows.bar_steps[rows],
        np.full(len(rows), SPLITS.index(split), dtype=np.uint8),
        np.zeros(len(rows), dtype=np.uint8),
        (", ".join(collections),),
        values=None if windows.values is None else windows.values[rows],
    )
