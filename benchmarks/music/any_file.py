"""The any-file rule: corpus tunes in all metres, exported as MIDI, reconstruct and interpolate without an option.

    python benchmarks/music/any_file.py --count 150

Tunes are taken evenly from each metre of each collection, written as MIDI files and read back from there; each is
reconstructed, and interpolated with the tune after it. Refusals are listed with their reasons.
"""

import json
import tempfile
from collections import defaultdict
from pathlib import Path

import click

from musicae import load, write_midi
from musicae.datasets import open_collections
from musicae.datasets.tunes import Tune, read_collection
from musicae.errors import MusicaeError


def choose(count: int) -> list[Tune]:
    """Return tunes, turn by turn from each metre of each collection."""
    groups: dict[tuple[str, int, int], list[Tune]] = defaultdict(list)
    for collection in open_collections():
        for tune in read_collection(collection)[0]:
            bar = tune.score.bars()[0]
            groups[collection.name, bar.numerator, bar.denominator].append(tune)
    chosen: list[Tune] = []
    while len(chosen) < count and any(groups.values()):
        for tunes in groups.values():
            if tunes:
                chosen.append(tunes.pop(len(tunes) // 2))
    return chosen[:count]


@click.command()
@click.option("--count", default=150, show_default=True, help="Tunes.")
@click.option("--checkpoint", default="melody-2bar", show_default=True)
def main(count: int, checkpoint: str) -> None:
    """Print how many tunes of each metre passed, as JSON."""
    model = load(checkpoint)
    tunes = choose(count)
    passed: dict[str, int] = defaultdict(int)
    refused: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i:03d}.mid" for i in range(len(tunes))]
        for tune, path in zip(tunes, paths, strict=True):
            write_midi(tune.score, path)
        for i, (tune, path) in enumerate(zip(tunes, paths, strict=True)):
            bar = tune.score.bars()[0]
            try:
                model.reconstruct(path)
                model.interpolate(path, paths[(i + 1) % len(paths)], 5)
                passed[f"{bar.numerator}/{bar.denominator}"] += 1
            except MusicaeError as error:
                refused.append(f"{tune.name}: {error}")
    click.echo(
        json.dumps({"tunes": len(tunes), "passed": sum(passed.values()), "metres": passed, "refused": refused}, indent=2)
    )


if __name__ == "__main__":
    main()
