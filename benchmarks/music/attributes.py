"""Attribute vectors of a model: computed from training windows, their effect measured, and stored beside the weights.

    python benchmarks/music/attributes.py          # the shipped model; writes musicae/weights/melody-2bar.attributes.json
    python benchmarks/music/attributes.py runs/mine --data path/to/midi/folder

Prints, for +1.5 standard deviations of each attribute on 256 samples of the prior, the share that moved in the wanted
direction and the median absolute change of every attribute; once for a step along the vectors, once with the search.
"""

import dataclasses

import click
import numpy as np
import torch

from musicae.checkpoints.shipped import find_weights
from musicae.cli.support import options
from musicae.core.device import keep_freed_memory
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.latent.attribute_vectors import Effect, vectors_file, weights_hash, write_vectors
from musicae.music.latent.steering import ROUNDS, attribute_vectors, effect
from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes
from musicae.music.model import MusicModel, load
from musicae.music.models.batch import GridBatch


def training_windows(model: MusicModel, data: tuple[str, ...], count: int) -> tuple[GridBatch, str]:
    """Return training windows drawn at random, each in a random key as in training, and what they are."""
    collections = open_collections(data)
    windows = prepare(collections, model.spec)
    rng = np.random.default_rng(0)
    rows = rng.permutation(windows.rows("train"))[:count]
    semitones = rng.integers(-5, 6, size=(len(rows), 1))
    tokens = model.representation.transpose(windows.tokens[rows].astype(np.int64), semitones)
    words = f"{len(rows)} training windows of {', '.join(c.name for c in collections)}, transposed by up to 5 semitones"
    return GridBatch(torch.from_numpy(tokens), torch.from_numpy(windows.bar_steps[rows].astype(np.int64))), words


@torch.no_grad()
def encode(model: MusicModel, x: GridBatch) -> torch.Tensor:
    """Return posterior means."""
    parts = range(0, len(x), 500)
    batches = [x.take(slice(i, i + 500)).to(model.device) for i in parts]
    return torch.cat([model.network.encode(batch).mode.cpu() for batch in batches])


def show(measured: Effect, title: str) -> None:
    """Print one table."""
    click.echo(f"\n{title}: {measured.samples} samples of the prior, {measured.amount:+g} standard deviations\n")
    click.echo(f"| set | right way | {' | '.join(ATTRIBUTES)} |\n|---|---|{'---|' * len(ATTRIBUTES)}")
    for name, right, sizes in zip(ATTRIBUTES, measured.right, measured.size, strict=True):
        click.echo(f"| {name} | {right:.1%} | {' | '.join(f'{size:.2f}' for size in sizes)} |")


@click.command()
@click.argument("checkpoint", default="melody-2bar")
@options.data
@click.option("--windows", default=20_000, show_default=True, help="Training windows to take.")
@click.option("--samples", default=256, show_default=True, help="Prior samples to measure the effect on.")
def main(checkpoint: str, data: tuple[str, ...], windows: int, samples: int) -> None:
    """Compute, measure and store the attribute vectors of CHECKPOINT."""
    keep_freed_memory()
    path = find_weights(checkpoint)
    model = load(checkpoint)
    x, words = training_windows(model, data, windows)
    vectors = attribute_vectors(
        encode(model, x), measure_attributes(x.windows(), model.representation), weights=weights_hash(path), data=words
    )
    bar = 4 * model.representation.steps_per_quarter
    alone, searched = (
        effect(model.network, model.representation, vectors, (bar,) * model.bars, samples=samples, rounds=rounds)
        for rounds in (0, ROUNDS)
    )
    write_vectors(path, dataclasses.replace(vectors, alone=alone, searched=searched))
    show(alone, "A step along the vectors")
    show(searched, "With the search")
    click.echo(f"\n{vectors_file(path)}: {vectors_file(path).stat().st_size / 1000:.0f} kB", err=True)


if __name__ == "__main__":
    main()
