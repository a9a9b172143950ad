"""Measure a checkpoint on the windows of a split: reconstructions by collection and together, paths, and samples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from musicae.core.progress import Progress
from musicae.datasets.music.held_out import Subject, open_subject
from musicae.errors import ParameterError
from musicae.music.evaluation.codes import thorough_scores
from musicae.music.evaluation.morphs import path_scores
from musicae.music.evaluation.samples import sample_scores
from musicae.music.metrics.melody import grid_scores

__all__ = ["ALL", "PARTS", "Part", "evaluate", "evaluate_parts", "overall"]

ALL = "all"
Part = Literal["reconstruction", "interpolation", "samples"]
PARTS: tuple[Part, ...] = ("reconstruction", "interpolation", "samples")


def evaluate(
    checkpoint: str | Path,
    data: tuple[str, ...] = (),
    *,
    split: str = "test",
    limit: int | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> dict[str, dict[str, float]]:
    """Return the figures of `musicae.music.metrics.melody.grid_scores`, and the number of windows, by collection and for `all`.

    Windows that occur, in any key, in the training tunes of the checkpoint's packaged collections are left out. `all` is there
    where there are several collections.

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
    subject = open_subject(checkpoint, data, split=split, device=device, progress=progress)
    return _reconstruction(subject, limit, None, progress)


def overall(table: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the figures of all windows from what `evaluate` gives: those for `all`, or of the only collection."""
    return table[ALL] if ALL in table else next(iter(table.values()))


def evaluate_parts(
    checkpoint: str | Path,
    data: tuple[str, ...] = (),
    *,
    parts: Sequence[Part] = PARTS,
    split: str = "test",
    limit: int | None = None,
    pairs: int = 200,
    temperature: float = 0.5,
    seed: int = 0,
    device: str = "auto",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return more figures than `evaluate`, part by part.

    Arguments:
        checkpoint: Name or path.
        data: Collections; none means the four default ones.
        parts: What to measure.
        split: `train`, `valid` or `test`.
        limit: Number of windows a part, and a row of the table, evenly spaced; None takes all.
        pairs: Pairs of windows to interpolate between.
        temperature: Of the samples.
        seed: Seed of everything random.
        device: Where to compute.
        progress: Called while data are prepared and measured.

    Returns:
        Of `reconstruction`, by collection, and for `all` where there are several: `windows` and the figures of
        `musicae.music.evaluation.codes.thorough_scores`. `interpolation`: what `musicae.music.evaluation.morphs.path_scores` gives. `samples`:
        what `musicae.music.evaluation.samples.sample_scores` gives. `left_out`: by part, why it was not measured.

    Raises:
        CheckpointError: the checkpoint is unusable or no music model.
        DataError: the split has no windows, or too few of one metre.
        ParameterError: only samples are asked for, of a model of drums.
    """
    subject = open_subject(checkpoint, data, split=split, device=device, progress=progress)
    found: dict[str, Any] = {}
    if "reconstruction" in parts:
        found |= _reconstruction(subject, limit, seed, progress)
    drums = not subject.representation.pitched
    if "interpolation" in parts:
        batches = subject.batches(subject.rows(subject.names), limit)
        found["interpolation"] = path_scores(subject.model, batches, pairs=pairs, seed=seed, drums=drums, progress=progress)
    if "samples" in parts and drums:
        reason = "its features are those of melodies (intervals, scales, durations), and this is a model of drums."
        if not found:
            raise ParameterError(f"The samples of {checkpoint} cannot be measured: {reason}")
        found["left_out"] = {"samples": reason}
    elif "samples" in parts:
        found["samples"] = sample_scores(subject, limit=limit, temperature=temperature, seed=seed, progress=progress)
    return found


def _reconstruction(
    subject: Subject, limit: int | None, seed: int | None, progress: Progress | None
) -> dict[str, dict[str, float]]:
    """Measure reconstructions, thoroughly where a seed is given."""
    table: dict[str, dict[str, float]] = {}
    names = subject.names
    rows = [*names, ALL] if len(names) > 1 else names
    for done, name in enumerate(rows, 1):
        batches = subject.batches(subject.rows(names if name == ALL else [name]), limit)
        model = subject.model
        figures = grid_scores(model, batches) if seed is None else thorough_scores(model, batches, seed=seed)
        table[name] = {"windows": float(sum(len(b) for b in batches)), **figures}
        if progress:
            progress("measuring", done, len(rows))
    return table
