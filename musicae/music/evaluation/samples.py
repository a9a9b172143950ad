"""Compare what a model samples from its prior with held-out windows, and both with its training windows.

The held-out windows are cut into two halves, by blocks of neighbours so that few tunes are in both. The first half is the
reference of every comparison. The second half shows the values of real music, and gives the samples their bars, so that there
are as many samples, in the same metres.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.core.progress import Progress
from musicae.errors import DataError
from musicae.music.evaluation.subject import Subject
from musicae.music.metrics.novelty import distinct, nearest_distances
from musicae.music.metrics.samples import features, histograms, middles, overlaps, repetition
from musicae.music.models.batch import GridBatch

__all__ = ["halves", "measure_samples"]

_BLOCK = 40  # neighbouring windows that go to the same half: about three tunes


@torch.no_grad()
def measure_samples(
    subject: Subject,
    *,
    limit: int | None = None,
    temperature: float = 0.5,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure samples next to held-out windows.

    Arguments:
        subject: A model of a kind of music with this section (see `Kind.unsupported`), and the windows.
        limit: Number of held-out windows in both halves together, evenly spaced; None takes all.
        temperature: Temperature of the samples.
        seed: Seed of codes and notes.
        progress: Called with a title, the number of steps done and their total.

    Returns:
        `count` (of samples, and of windows in the second half), `temperature`, and for `samples` and for `held_out`, the second
        half:

        - the overlaps with the first half (`musicae.music.metrics.samples.overlaps`);
        - the means of `WindowMetrics.rates` over windows with notes (such as `in_scale`), `repetition`, `silent` (share of
          windows without a note), and `distinct` (share of windows that remain if windows equal in some key count once);
        - if training windows are available, over distinct windows: `copies`, the share that sounds like a training window in
          some key, and `nearest`, the mean of `musicae.music.metrics.novelty.nearest_distances` to these. Held-out windows that
          were dropped because they occur in tunes of an earlier split count as copies, in the proportion in which they were
          dropped.

        `known` lists the training collections that were available, `unknown` those that were not. `histograms` has, by feature,
        the `middles` of bins and the shares in them: `reference` (the first half), `samples`, `held_out`.

    Raises:
        DataError: there are fewer than two held-out windows.
    """
    first, second = halves(subject.rows(subject.names), limit)
    like = subject.batches(second)
    generator = torch.Generator().manual_seed(seed)
    samples = [b.with_tokens(subject.network.sample(b, temperature=temperature, generator=generator).tokens) for b in like]
    sets = {"reference": subject.batches(first), "samples": samples, "held_out": like}
    shapes = {}
    for done, (name, batches) in enumerate(sets.items(), 1):
        windows = [w for batch in batches for w in batch.windows()]
        shapes[name] = histograms(features(windows, subject.model.representation))
        if progress:
            progress("comparing", done, len(sets))
    training, availability = _training_windows(subject)
    measured = {name: _metrics(subject, sets[name]) for name in ("samples", "held_out")}
    for done, (name, metrics) in enumerate(measured.items(), 1):
        metrics |= overlaps(shapes["reference"], shapes[name])
        if len(training):
            dropped = _dropped(subject) if name == "held_out" else 0.0
            metrics |= _novelty(subject, sets[name], training, dropped=dropped)
        if progress:
            progress("looking for copies", done, len(measured))
    drawings = {
        feature: {"middles": middles(feature), **{name: shape[feature].tolist() for name, shape in shapes.items()}}
        for feature in shapes["reference"]
    }
    return {"count": len(second), "temperature": temperature, **measured, **availability, "histograms": drawings}


def halves(rows: NDArray[np.int64], limit: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distribute windows, which are in the order of their tunes, to two halves, block by block; `limit` is for both together.

    Raises:
        DataError: there are fewer than two.
    """
    if min(len(rows), 2 if limit is None else limit) < 2:
        raise DataError("Samples are compared with two halves of the windows, and there is only one; raise --limit.")
    block = min(_BLOCK, -(-len(rows) // 4))
    side = np.arange(len(rows)) // block % 2 == 1
    first, second = rows[~side], rows[side]
    if limit is not None and limit < len(rows):
        first, second = (_spread(half, limit // 2) for half in (first, second))
    return first, second


def _spread(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return `count` rows, evenly spaced, or all if there are fewer."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def _metrics(subject: Subject, batches: list[GridBatch]) -> dict[str, float]:
    """Return the metrics that need one set only."""
    representation = subject.model.representation
    windows = [w for batch in batches for w in batch.windows()]
    rates = [subject.metrics.rates(b.tokens, b.mask) for b in batches]
    pooled = {name: torch.cat([rate[name].cpu() for rate in rates]).double() for name in rates[0]}
    tokens, bar_steps = _arrays(batches)
    return {
        **{name: float(values.nanmean().nan_to_num(1.0)) for name, values in pooled.items()},
        "repetition": repetition(windows, representation),
        "silent": sum(not representation.begins(w.tokens).any() for w in windows) / len(windows),
        "distinct": len(distinct(tokens, bar_steps)) / len(tokens),
    }


def _novelty(subject: Subject, batches: list[GridBatch], training: NDArray[np.int64], *, dropped: float) -> dict[str, float]:
    """Return `copies` and `nearest` of the distinct windows of a set; `dropped` is the share of all that are dropped copies."""
    tokens, bar_steps = _arrays(batches)
    rows = distinct(tokens, bar_steps)
    windows = subject.windows
    away = nearest_distances(tokens[rows], bar_steps[rows], windows.tokens[training], windows.bar_steps[training])
    return {
        "copies": dropped + (1 - dropped) * float((away == 0).mean()),
        "nearest": (1 - dropped) * float(away.mean()),
    }


def _training_windows(subject: Subject) -> tuple[NDArray[np.int64], dict[str, list[str]]]:
    """Return the rows of the available training windows of the model, and the names of its collections by availability."""
    names = list(subject.model.info.data.get("collections", {}))
    known = [name for name in names if name in subject.windows.collections]
    rows = [subject.windows.rows("train", name) for name in known]
    availability = {"known": known, "unknown": [name for name in names if name not in known]}
    return np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64), availability


def _dropped(subject: Subject) -> float:
    """Return the share of the split's distinct windows that were dropped because they occur in tunes of an earlier split."""
    reports = [subject.windows.report[name] for name in subject.names]
    dropped, remaining = (sum(report[what][subject.split] for report in reports) for what in ("dropped", "kept"))
    return float(dropped / (dropped + remaining))


def _arrays(batches: list[GridBatch]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return tokens (N, T), 0 beyond a window's end, and bars (N, bars)."""
    whole = GridBatch.join(batches).to("cpu")
    return (whole.tokens * whole.mask).numpy(), whole.bar_steps.numpy()
