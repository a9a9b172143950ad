"""Measure a model's paths from window to window, evenly and unevenly spaced, compared with mixing the windows themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from musicae.core import latent
from musicae.core.progress import Progress
from musicae.errors import DataError
from musicae.music.latent.even_path import even_path
from musicae.music.metrics.base import WindowMetrics
from musicae.music.metrics.paths import averages, mixed, path_metrics
from musicae.music.models.base import MusicAutoencoder
from musicae.music.models.batch import GridBatch

__all__ = ["STEPS", "draw_pairs", "measure_morphs"]

STEPS = 9  # windows per path, both ends included: `musicae interpolate --steps 9`


def draw_pairs(bar_steps: Tensor, count: int, *, seed: int = 0) -> Tensor:
    """Draw pairs of different windows with bars of the same lengths.

    Arguments:
        bar_steps: Time steps of each bar, shape (N, bars).
        count: Number of pairs.
        seed: Seed of the draw.

    Returns:
        Rows of the windows, int64, shape (count, 2). The first of a pair is drawn from all windows that have a partner, the
        second from its partners.

    Raises:
        DataError: no two windows have bars of the same lengths.
    """
    _, kind, sizes = bar_steps.unique(dim=0, return_inverse=True, return_counts=True)
    order = kind.argsort(stable=True)  # windows of one metre are neighbours, from index `begins`
    begins = sizes.cumsum(0) - sizes
    able = (sizes[kind] > 1).nonzero()[:, 0]
    if not len(able):
        raise DataError("No two windows have bars of the same lengths, so nothing can be interpolated; raise --limit.")
    generator = torch.Generator().manual_seed(seed)
    first = able[torch.randint(len(able), (count,), generator=generator)]
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order))
    others = sizes[kind[first]] - 1
    shift = 1 + (torch.rand(count, generator=generator, dtype=torch.float64) * others).long()  # 1 to size - 1
    begin = begins[kind[first]]
    last = order[begin + (place[first] - begin + shift) % (others + 1)]
    return torch.stack([first, last], dim=1)


@torch.no_grad()
def measure_morphs(
    model: MusicAutoencoder,
    batches: Sequence[GridBatch],
    metrics: WindowMetrics,
    *,
    pairs: int = 200,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the metrics of `musicae.music.metrics.paths.averages` for three kinds of paths between pairs of windows.

    Arguments:
        model: The model, in evaluation mode.
        batches: The windows.
        metrics: The metrics of their kind of music.
        pairs: Number of pairs.
        seed: Seed of the pairs and of the mixing.
        progress: Called with a title, the number of pairs done and their total.

    Returns:
        `pairs`, `steps`, and the metrics by kind of path: `path` (codes evenly spaced on the great circle, decoded greedily),
        `even` (codes spaced so that the music changes evenly, see `musicae.music.latent.even_path.even_path`) and `mixed` (time
        steps of the two windows mixed at random).

    Raises:
        DataError: no two windows have bars of the same lengths.
    """
    generator = torch.Generator().manual_seed(seed)
    measured: dict[str, list[dict[str, Tensor]]] = {"path": [], "even": [], "mixed": []}
    for done, (first, last) in enumerate(_pairs(batches, pairs, seed), 1):
        a, b = model.encode(first).mode[0], model.encode(last).mode[0]
        like = first.repeat(STEPS)
        paths = {
            "path": model.generate(latent.path(a, b, STEPS), like).tokens,
            "even": model.generate(even_path(model, a, b, STEPS, first, metrics.distance)[1], like).tokens,
            "mixed": mixed(first.tokens, last.tokens, STEPS, generator)[0],
        }
        for name, tokens in paths.items():
            # On the CPU, because Apple's MPS has no double precision.
            path, start, end, mask = (t.cpu() for t in (tokens[None], first.tokens, last.tokens, first.mask))
            measured[name].append(path_metrics(path, start, end, mask, metrics))
        if progress:
            progress("interpolating", done, pairs)
    whole = {name: {key: torch.cat([part[key] for part in parts]) for key in parts[0]} for name, parts in measured.items()}
    return {"pairs": pairs, "steps": STEPS, **{name: averages(values) for name, values in whole.items()}}


def _pairs(batches: Sequence[GridBatch], count: int, seed: int) -> Iterator[tuple[GridBatch, GridBatch]]:
    """Yield pairs of windows in the same bars, each window a batch of its own."""
    windows = [window for batch in batches for window in batch.windows()]
    most = max(len(w.bar_steps) for w in windows)
    bars = torch.tensor([[*w.bar_steps, *[0] * (most - len(w.bar_steps))] for w in windows])
    for a, b in draw_pairs(bars, count, seed=seed).tolist():
        first, last = (GridBatch.from_windows([windows[i]]).to(batches[0].tokens.device) for i in (a, b))
        yield first, last
