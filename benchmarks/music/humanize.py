"""Humanizing on Groove's test windows: how near velocities and timing come to the drummer's, given the hits only.

    python benchmarks/music/humanize.py groove-v1.0.0-midionly.zip              # the shipped model
    python benchmarks/music/humanize.py groove-v1.0.0-midionly.zip runs/drums

Errors are mean absolute ones over all hits: velocities in MIDI units, timing in milliseconds at 120 quarter notes per minute.
Next to them are those of the quantised pattern (velocity 80, on the grid) and of constants, the means of each part of the
kit over the training windows. Errors alone favour playing that is all alike, so the standard deviations of what is played
are next to them, those of the drummers first, and how far its histogram is from the drummers' (total variation: 0 alike, 1
without anything in common; 16 bins). At a temperature of 0 the model plays its best guess, above it draws.
"""

from pathlib import Path

import click
import torch
from torch import Tensor

from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.metrics.drums import PLAIN_VELOCITY
from musicae.music.model import load
from musicae.music.models.batch import GridBatch
from musicae.music.models.blocks import BlockAutoencoder
from musicae.music.tasks.humanize import draw_expression, expressive_network
from musicae.music.windows import WindowSampler

UNITS = (127, 62.5)  # of velocities, and of offsets in half steps: milliseconds of a sixteenth's half at 120
BINS = 16


def played(values: Tensor, hit: Tensor) -> tuple[Tensor, Tensor]:
    """Return the velocities and timings of hits, two of shape (hits,), from values (N, T, 2 * parts)."""
    velocity, offset = values.chunk(2, dim=-1)
    return velocity[hit] * UNITS[0], offset[hit] * UNITS[1]


def constants(values: Tensor, hit: Tensor) -> Tensor:
    """Return the mean values of each part over its hits, shape (2 * parts,)."""
    on = torch.cat([hit, hit], dim=-1)
    return (values * on).sum((0, 1)) / on.sum((0, 1)).clamp(min=1)


def histogram(numbers: Tensor, reach: tuple[float, float]) -> Tensor:
    """Return the shares of numbers in `BINS` bins between two bounds, shape (BINS,)."""
    return torch.histc(numbers, BINS, *reach) / max(1, len(numbers))


def row(name: str, drummer: tuple[Tensor, Tensor], estimate: tuple[Tensor, Tensor]) -> str:
    """Return a row of the table: error, deviation and distance of histograms, of velocities and of timings."""
    cells = []
    for true, ours, reach in zip(drummer, estimate, ((0.0, 127.0), (-62.5, 62.5)), strict=True):
        apart = (histogram(true, reach) - histogram(ours, reach)).abs().sum() / 2
        cells += [f"{float((true - ours).abs().mean()):.1f}", f"{float(ours.std()):.1f}", f"{float(apart):.3f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def bits(tokens: Tensor, parts: int) -> Tensor:
    """Return which parts are hit, bool, shape (N, T, parts)."""
    return (tokens[..., None] >> torch.arange(parts)) & 1 > 0


def humanized(network: BlockAutoencoder, x: GridBatch, temperature: float) -> Tensor:
    """Return the values that the model gives the hits of windows, with noise of its own."""
    generator = torch.Generator().manual_seed(0)
    results = []
    for i in range(0, len(x), 256):
        windows = x.take(slice(i, i + 256)).to(next(network.parameters()).device)
        noise = torch.randn(len(windows), network.latent_size, generator=generator)
        values = draw_expression(network, windows, noise, temperature=temperature, generator=generator).values
        assert values is not None
        results.append(values.cpu())
    return torch.cat(results)


@click.command()
@click.argument("groove", type=click.Path(path_type=Path, exists=True))
@click.argument("checkpoint", default="drums-2bar")
def main(groove: Path, checkpoint: str) -> None:
    """Print a table of ways to play the hits of the test windows."""
    model = load(checkpoint)
    network = expressive_network(model)
    windows = prepare(open_collections((f"groove={groove}",), kind=model.kind.name), model.spec)
    splits = {}
    for split in ("train", "test"):
        [splits[split]] = WindowSampler(windows, model.representation, split=split, batch_size=10**6).in_order()
    train, test = splits["train"], splits["test"]
    assert train.values is not None and test.values is not None
    parts = test.values.shape[-1] // 2
    hit = bits(test.tokens * test.mask, parts)
    drummer = played(test.values, hit)
    plain = torch.cat([torch.full((parts,), PLAIN_VELOCITY / 127), torch.zeros(parts)]).expand_as(test.values)
    means = constants(train.values, bits(train.tokens * train.mask, parts)).expand_as(test.values)
    click.echo(f"{len(test)} test windows, {int(hit.sum())} hits\n")
    titles = [f"{what} {figure}" for what in ("velocity", "timing") for figure in ("error", "deviation", "histogram")]
    click.echo(f"| played by | {' | '.join(titles)} |\n|{'---|' * 7}")
    click.echo(row("the drummer", drummer, drummer))
    click.echo(row("nobody: quantised", drummer, played(plain, hit)))
    click.echo(row("constants", drummer, played(means, hit)))
    for temperature in (0.0, 0.5, 1.0):
        click.echo(row(f"the model at {temperature:g}", drummer, played(humanized(network, test, temperature), hit)))


if __name__ == "__main__":
    main()
