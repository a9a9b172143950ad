"""Refinement, even paths and completion on test windows: what is exact or kept, how long it takes, how even morphs are.

    python benchmarks/music/refine.py                    # the shipped model
    python benchmarks/music/refine.py runs/mine --windows 300 --pairs 100

Windows are drawn at random from the test split of the checkpoint's collections. A window is exact when greedy decoding of its
code gives every time step. Times are those of the processor, summed over threads, so that other work on the machine does
not count. Even: the largest over the mean step of `musicae.music.metrics.melody.window_distance` along a morph of
seven steps between refined codes. Completion: the second half of the bars is hidden; a window counts as kept when every given
time step is as it was, once in what `musicae complete` gives (which holds them fast), once when the code decodes on its own.
"""

import json
import statistics
import time

import click
import torch

from musicae.core.device import keep_freed_memory
from musicae.core.latent import path
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.latent.even_path import even_path
from musicae.music.latent.infill import infill
from musicae.music.latent.refine import refine
from musicae.music.metrics.melody import window_distance
from musicae.music.model import MusicModel, load
from musicae.music.models.base import MusicAutoencoder
from musicae.music.models.batch import GridBatch

STEPS = 7


def test_windows(model: MusicModel, count: int) -> GridBatch:
    """Return windows of test tunes, drawn at random but the same ones each time."""
    windows = prepare(open_collections(), model.spec)
    rows = windows.rows("test")
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[:count].numpy()]
    tokens, bar_steps = (torch.from_numpy(a[rows].astype("int64")) for a in (windows.tokens, windows.bar_steps))
    return GridBatch(tokens[:, : int(bar_steps.sum(1).max())], bar_steps).to(model.device)


def take(x: GridBatch, rows: list[int]) -> GridBatch:
    """Return some windows, padded no further than the longest of them."""
    return x.take(rows).with_tokens(x.tokens[rows][:, : int(x.lengths[rows].max())])


def refinement(model: MusicAutoencoder, x: GridBatch, alone: int) -> tuple[dict[str, float], torch.Tensor]:
    """Return metrics of the windows refined together, and the time of the first ones each alone; and the codes."""
    with torch.no_grad():
        begin = model.encode(x).mode
    result = model.generate(begin, x)
    start = time.process_time()
    done = refine(model, x)
    seconds = time.process_time() - start
    again = model.generate(done.z, x)
    times = []
    for i in range(alone):
        start = time.process_time()
        refine(model, take(x, [i]))
        times.append(time.process_time() - start)
    moved = (done.z - begin).norm(dim=1) / begin.norm(dim=1)
    figures = {
        "windows": len(x),
        "exact_before": _exact(result, x),
        "exact_after": _exact(again, x),
        "said_exact": float(done.exact.float().mean()),
        "mean_steps": float(done.steps.float().mean()),
        "most_steps": float(done.steps.max()),
        "mean_move": float(moved.mean()),
        "batch_cpu_seconds_a_window": seconds / len(x),
        "alone_windows": alone,
        "alone_mean_cpu_seconds": statistics.mean(times),
        "alone_median_cpu_seconds": statistics.median(times),
        "alone_largest_cpu_seconds": max(times),
        "threads": torch.get_num_threads(),
    }
    return figures, done.z


def evenness(model: MusicAutoencoder, x: GridBatch, z: torch.Tensor, pairs: int) -> dict[str, dict[str, float]]:
    """Return the largest over the mean step of morphs between neighbours of equal bars, with even spacing and without."""
    order = sorted(range(len(x)), key=lambda i: x.bar_steps[i].tolist())
    couples = [(a, b) for a, b in zip(order[::2], order[1::2], strict=False) if torch.equal(x.bar_steps[a], x.bar_steps[b])]
    ratios: dict[str, list[float]] = {"plain": [], "even": []}
    for a, b in couples[:pairs]:
        like = take(x, [a])
        ways = {"plain": path(z[a], z[b], STEPS), "even": even_path(model, z[a], z[b], STEPS, like, window_distance)[1]}
        for name, codes in ways.items():
            batch = like.repeat(STEPS)
            tokens = model.generate(codes, batch).tokens
            steps = window_distance(tokens[:-1], tokens[1:], batch.mask[1:])
            if bool(steps.any()):
                ratios[name].append(float(steps.max() / steps.mean()))
    return {
        name: {
            "pairs": len(values),
            "mean": statistics.mean(values),
            "median": statistics.median(values),
            "largest": max(values),
            "share_up_to_2.5": sum(v <= 2.5 for v in values) / len(values),
        }
        for name, values in ratios.items()
    }


def completion(model: MusicAutoencoder, x: GridBatch) -> dict[str, float]:
    """Return how many windows keep what is given, and how many notes fill what is hidden."""
    given = (x.bar_index < x.bar_steps.shape[1] - x.bar_steps.shape[1] // 2) & x.mask
    start = time.process_time()
    done = infill(model, x, given)
    seconds = time.process_time() - start
    free = model.generate(done.z, x).tokens
    hidden = x.mask & ~given
    return {
        "windows": len(x),
        "kept": float(((done.windows.tokens == x.tokens) | ~given).all(1).float().mean()),
        "kept_by_the_code_alone": float(((free == x.tokens) | ~given).all(1).float().mean()),
        "notes_in_the_hidden_bars": float(((done.windows.tokens > 1) & hidden).sum() / len(x)),
        "notes_there_in_the_tune": float(((x.tokens > 1) & hidden).sum() / len(x)),
        "cpu_seconds_a_window": seconds / len(x),
    }


def _exact(result: GridBatch, x: GridBatch) -> float:
    return float(((result.tokens == x.tokens) | ~x.mask).all(1).float().mean())


@click.command()
@click.argument("checkpoint", default="melody-2bar")
@click.option("--windows", default=400, show_default=True)
@click.option("--pairs", default=120, show_default=True)
@click.option("--alone", default=100, show_default=True, help="Windows that are refined one by one, too.")
@click.option("--hidden", default=200, show_default=True, help="Windows whose second half is hidden.")
def main(checkpoint: str, windows: int, pairs: int, alone: int, hidden: int) -> None:
    """Print the metrics as JSON."""
    keep_freed_memory()
    model = load(checkpoint)
    x = test_windows(model, windows)
    refined, z = refinement(model.network, x, alone)
    figures = {
        "refinement": refined,
        "largest over mean step": evenness(model.network, x, z, pairs),
        "completion": completion(model.network, take(x, list(range(min(len(x), hidden))))),
    }
    click.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
