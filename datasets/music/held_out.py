"""The windows that a checkpoint is measured on. None of them occurs in its training tunes."""

from pathlib import Path

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.progress import Progress
from musicae.datasets.music.base import Collection
from musicae.datasets.music.collections import COLLECTIONS, open_collections
from musicae.datasets.music.prepare import prepare
from musicae.errors import DataError
from musicae.music.evaluation.subject import Subject
from musicae.music.model import load

__all__ = ["open_subject"]


def open_subject(
    checkpoint: str | Path,
    data: tuple[str, ...] = (),
    *,
    split: str = "test",
    device: str = "auto",
    progress: Progress | None = None,
) -> Subject:
    """Load a checkpoint and prepare the windows to measure it on.

    Windows that count as equal to one in the training tunes of the checkpoint's packaged collections are dropped.

    Arguments:
        checkpoint: Name or path.
        data: Collections; none means the default ones of the model's kind of music.
        split: `train`, `valid` or `test`.
        device: Where to compute.
        progress: Called while data are prepared.

    Raises:
        CheckpointError: the checkpoint is unusable or not a music model.
        DataError: the split has no windows.
    """
    model = load(checkpoint, device=device)
    collections = open_collections(data, kind=model.kind.name)
    training = _training_collections(model.info, {c.name for c in collections})
    windows = prepare([*training, *collections], model.spec, progress=progress)
    names = tuple(c.name for c in collections if len(windows.rows(split, c.name)))
    if not names:
        raise DataError(
            f"The {split} split of {', '.join(c.name for c in collections)} has no windows; choose another --split."
        )
    return Subject(model, windows, split, names)


def _training_collections(info: CheckpointInfo, opened: set[str]) -> list[Collection]:
    """Return the packaged collections that a checkpoint was trained on, except those that are open already."""
    trained = info.data.get("collections", {})
    names = [n for n in trained if n in COLLECTIONS and COLLECTIONS[n].packaged and n not in opened]
    return open_collections(tuple(names), kind=info.kind) if names else []
