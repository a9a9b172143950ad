"""Measure a checkpoint on the windows of a split, collection by collection and together."""

from pathlib import Path

import numpy as np

from musicae.datasets import open_collections
from musicae.datasets.batches import WindowBatches
from musicae.datasets.tunes import Progress
from musicae.datasets.windows import SPLITS, PreparedWindows, prepare
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
    most = getattr(model.config, "max_steps", 64)
    windows = prepare(open_collections(data), representation, bars=info.bars, max_steps=most, progress=progress)
    names = [name for name in windows.collections if len(windows.rows(split, name))]
    if not names:
        raise DataError(f"The {split} split of {', '.join(windows.collections)} has no windows; choose another --split.")
    table: dict[str, dict[str, float]] = {}
    for done, name in enumerate([*names, ALL] if len(names) > 1 else names):
        chosen = windows if name == ALL else _only(windows, split, name)
        source = WindowBatches(chosen, representation, split=split, batch_size=512)
        batches = source.in_order(next(model.parameters()).device, limit)
        table[name] = {"windows": float(sum(len(b) for b in batches)), **grid_scores(model, batches)}
        if progress:
            progress("measuring", done + 1, len(names) + 1)
    return table


def _only(windows: PreparedWindows, split: str, collection: str) -> PreparedWindows:
    """Return the windows of one split of one collection."""
    rows = windows.rows(split, collection)
    return PreparedWindows(
        windows.tokens[rows],
        windows.bar_steps[rows],
        np.full(len(rows), SPLITS.index(split), dtype=np.uint8),
        np.zeros(len(rows), dtype=np.uint8),
        (collection,),
    )
