"""Compare what a model draws from its prior with held-out windows, and both with what it was trained on.

The held-out windows are cut into two halves, by blocks of neighbours so that hardly a tune is in both. The first half is what
everything is compared with; the second half shows what real music scores, and gives the samples their bars, so that there are
as many samples, in the same metres.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.core.progress import Progress
from musicae.errors import DataError
from musicae.music.evaluation.subject import Subject
from musicae.music.metrics.melody import in_scale_rates
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
    """Measure samples beside held-out windows.

    Arguments:
        subject: A model of melodies, and the windows.
        limit: Held-out windows, both halves together, evenly spaced; None takes all.
        temperature: Of the samples.
        seed: Seed of codes and notes.
        progress: Called as work goes on.

    Returns:
        `count` (of samples, and of windows in the second half), `temperature`, and for `samples` and for `held_out`, the second
        half:

        - the overlaps with the first half (`musicae.music.metrics.samples.overlaps`);
        - `in_scale` (mean over windows with notes), `repetition`, `silent` (share of windows without a note), and `distinct`
          (share of windows that are left when those equal in some key count once);
        - where training windows are at hand, over distinct windows: `copies`, the share that sounds like a training window in
          some key, and `nearest`, the mean of `musicae.music.metrics.novelty.nearest_distances` to these. Held-out windows that had
          been dropped, for they occur in tunes of an earlier split, count as copies, in the proportion in which they were
          dropped.

        `known` names the training collections that were at hand, `unknown` those that were not. `histograms` has, by feature,
        the `middles` of bins and the shares in them: `reference` (the first half), `samples`, `held_out`.

    Raises:
        DataError: there are fewer than two held-out windows.
    """
    first, second = halves(subject.rows(subject.names), limit)
    like = subject.batches(second)
    generator = torch.Generator().manual_seed(seed)
    drawn = [b.with_tokens(subject.network.sample(b, temperature=temperature, generator=generator).tokens) for b in like]
    sets = {"reference": subject.batches(first), "samples": drawn, "held_out": like}
    shapes = {}
    for done, (name, batches) in enumerate(sets.items(), 1):
        windows = [w for batch in batches for w in batch.windows()]
        shapes[name] = histograms(features(windows, subject.model.representation))
        if progress:
            progress("comparing", done, len(sets))
    known, told = _known(subject)
    measured = {name: _figures(subject, sets[name]) for name in ("samples", "held_out")}
    for done, (name, figures) in enumerate(measured.items(), 1):
        figures |= overlaps(shapes["reference"], shapes[name])
        if len(known):
            figures |= _novelty(subject, sets[name], known, dropped=_dropped(subject) if name == "held_out" else 0.0)
        if progress:
            progress("looking for copies", done, len(measured))
    shown = {
        feature: {"middles": middles(feature), **{name: shape[feature].tolist() for name, shape in shapes.items()}}
        for feature in shapes["reference"]
    }
    return {"count": len(second), "temperature": temperature, **measured, **told, "histograms": shown}


def halves(rows: NDArray[np.int64], limit: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Deal windows that lie in the order of their tunes into two halves, block by block; `limit` is for both together.

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
    """Return so many rows, evenly spaced; all where there are fewer."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def _figures(subject: Subject, batches: list[GridBatch]) -> dict[str, float]:
    """Return the figures of one set alone."""
    windows = [w for batch in batches for w in batch.windows()]
    scale = torch.cat([in_scale_rates(b.tokens, b.mask).cpu() for b in batches]).double()
    tokens, bar_steps = _arrays(batches)
    return {
        "in_scale": float(scale.nanmean().nan_to_num(1.0)),
        "repetition": repetition(windows, subject.model.representation),
        "silent": float(scale.isnan().double().mean()),
        "distinct": len(distinct(tokens, bar_steps)) / len(tokens),
    }


def _novelty(subject: Subject, batches: list[GridBatch], known: NDArray[np.int64], *, dropped: float) -> dict[str, float]:
    """Return how new the distinct windows of a set are; `dropped` is the share of all that are known to be copies."""
    tokens, bar_steps = _arrays(batches)
    rows = distinct(tokens, bar_steps)
    windows = subject.windows
    away = nearest_distances(tokens[rows], bar_steps[rows], windows.tokens[known], windows.bar_steps[known])
    return {
        "copies": dropped + (1 - dropped) * float((away == 0).mean()),
        "nearest": (1 - dropped) * float(away.mean()),
    }


def _known(subject: Subject) -> tuple[NDArray[np.int64], dict[str, list[str]]]:
    """Return the windows that the model was trained on, as far as they are at hand, and the names of their collections."""
    learnt = list(subject.model.info.data.get("collections", {}))
    known = [name for name in learnt if name in subject.windows.collections]
    rows = [subject.windows.rows("train", name) for name in known]
    told = {"known": known, "unknown": [name for name in learnt if name not in known]}
    return np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64), told


def _dropped(subject: Subject) -> float:
    """Return the share of the split's different windows that were dropped, for they occur in tunes of an earlier split."""
    reports = [subject.windows.report[name] for name in subject.names]
    dropped, kept = (sum(report[what][subject.split] for report in reports) for what in ("dropped", "kept"))
    return float(dropped / (dropped + kept))


def _arrays(batches: list[GridBatch]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return tokens (N, T), 0 beyond a window's end, and bars (N, bars)."""
    width = max(b.tokens.shape[1] for b in batches)
    tokens = [np.pad((b.tokens * b.mask).cpu().numpy(), ((0, 0), (0, width - b.tokens.shape[1]))) for b in batches]
    return np.concatenate(tokens), np.concatenate([b.bar_steps.cpu().numpy() for b in batches])
