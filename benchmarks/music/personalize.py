"""Personal models: how near samples come to one's own tunes, compared with plain samples, and how long it takes.

    python benchmarks/music/personalize.py --data oneills --metre 6/8
    python benchmarks/music/personalize.py --data pop909=FOLDER --metre 4/4

"One's own tunes" are tunes of the collection's test split in one metre, which the base model has not been trained on, written
to MIDI files; those that are left over are the other tunes of the same kind. Two distances of a window to the files are
measured, each to the nearest of the phrases in them (at most `musicae.music.tasks.personalize.MOST`, evenly spaced):

    code    one minus the cosine of the angle between the codes that the base model gives to the two windows
    notes   `musicae.music.metrics.melody.window_distance` between windows of equal bars: the share of time steps that sound
            different

Samples are drawn as `musicae sample` does, with its own temperature, in the metre; a copy is a sample of distance 0 in notes.
"""

import tempfile
import time
from pathlib import Path

import click
import torch
from torch import Tensor
from torch.nn import functional as F

from musicae import Decoding
from musicae.checkpoints.format import load_checkpoint, save_checkpoint
from musicae.cli.support import options
from musicae.cli.support.progress import tasks
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import split_of
from musicae.datasets.music.reading import read_collection
from musicae.music.formats.midi import write_midi
from musicae.music.metrics.melody import window_distance
from musicae.music.model import MusicModel, load
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.score import Score
from musicae.music.tasks.personalize import personalize, read_phrases

FEW = 10  # phrases that a row is made of, at least


class Yardstick:
    """Measures how far windows are from those of one's own files.

    Arguments:
        base: The base model.
        own: The windows of the files.
    """

    def __init__(self, base: MusicModel, own: GridBatch) -> None:
        self.base, self.own = base, own
        self.codes = self.code(own)

    @torch.no_grad()
    def code(self, x: GridBatch) -> Tensor:
        """Return codes of length 1, shape (B, Z)."""
        return F.normalize(self.base.network.encode(x).mode, dim=1)

    def distances(self, x: GridBatch) -> tuple[Tensor, Tensor]:
        """Return the distance of each window to the nearest phrase, in code and in notes, each of shape (B,)."""
        code = (1 - self.code(x) @ self.codes.T).amin(1)
        width = max(x.tokens.shape[1], self.own.tokens.shape[1])
        own = F.pad(self.own.tokens, (0, width - self.own.tokens.shape[1]))
        notes = []
        for tokens, bars, mask in zip(x.tokens, x.bar_steps, x.mask, strict=True):
            alike = (self.own.bar_steps == bars).all(1)
            pad = (0, width - len(tokens))
            far = window_distance(own[alike], F.pad(tokens, pad), F.pad(mask, pad))
            notes.append(far.min() if len(far) else torch.tensor(1.0))
        return code, torch.stack(notes)


def tunes_of(data: str, metre: str, count: int) -> tuple[list[Score], list[Score]]:
    """Return the scores of some test tunes that begin in a metre, and those of the others."""
    (collection,) = open_collections((data,))
    with tasks() as progress:
        tunes, _ = read_collection(collection, progress)
    chosen = []
    for tune in tunes:
        first = tune.score.time_signatures[:1]
        if (tune.split or split_of(tune.name)) == "test" and [f"{s.numerator}/{s.denominator}" for s in first] == [metre]:
            chosen.append(tune.score)
    return chosen[:count], chosen[count:]


def windows(model: MusicModel, folder: Path, scores: list[Score]) -> tuple[GridBatch, list[Path]]:
    """Write scores to MIDI files, and return the windows that are read from them, and the files."""
    files = [folder / f"{i:04}.mid" for i in range(len(scores))]
    for path, score in zip(files, scores, strict=True):
        write_midi(score, path)
    return GridBatch.from_windows([p.window for p in read_phrases(model, files).phrases]), files


def samples(model: MusicModel, count: int, metre: str, seed: int, temperature: float) -> GridBatch:
    """Return what `MusicModel.sample` draws, as windows."""
    scores = model.sample(count, metre=metre, decoding=Decoding(temperature, seed))
    windows = [
        model.representation.encode(score.tracks[0].notes if score.tracks else (), score.bar_range(1, model.bars))
        for score in scores
    ]
    return GridBatch.from_windows(windows)


@click.command()
@click.option("--data", default="oneills", show_default=True, help="A collection of melodies.")
@click.option("--metre", default="6/8", show_default=True, help="Metre of the tunes and of the samples.")
@click.option("--files", default=40, show_default=True, help="How many tunes are one's own.")
@click.option("--count", default=100, show_default=True, help="Samples of each kind.")
@click.option("--temperature", default=0.5, show_default=True, help="Of the samples.")
@options.checkpoint
@options.seed
def main(data: str, metre: str, files: int, count: int, temperature: float, checkpoint: str, seed: int) -> None:
    """Measure a personal model of some tunes."""
    base = load(checkpoint, device="cpu")
    mine, others = tunes_of(data, metre, files)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin, used = time.perf_counter(), time.process_time()
        own, paths = windows(base, folder, mine)
        with tasks() as progress:
            model = personalize(base, read_phrases(base, paths), name=checkpoint, seed=seed, progress=progress)
        save_checkpoint(folder / "mine.safetensors", model.network, model.info, half=True)
        taken, cpu = time.perf_counter() - begin, time.process_time() - used
        size = (folder / "mine.safetensors").stat().st_size / 1e6
        network, info = load_checkpoint(folder / "mine.safetensors")
        assert isinstance(network, GridAutoencoder)
        model = MusicModel(network, info)
        rest = windows(base, folder, others)[0] if len(others) >= 2 else None
    base = load(checkpoint, device="cpu")
    click.echo(
        f"{data}, {metre}: {len(mine)} tunes, {len(own)} phrases, seed {seed}, temperature {temperature}; "
        f"{taken:.0f} s, {cpu:.0f} s of CPU, {torch.get_num_threads()} threads, {size:.1f} MB; "
        + ", ".join(f"{k} {v:.3f}" for k, v in model.info.metrics.items())
    )
    yardstick = Yardstick(base, own)
    rows = {
        "plain samples": samples(base, count, metre, seed, temperature),
        "personal samples": samples(model, count, metre, seed, temperature),
    }
    if rest is not None and len(rest) >= FEW:
        rows["other tunes of the kind"] = rest
    medians = table(rows, yardstick)
    plain, personal = medians["plain samples"], medians["personal samples"]
    nearer = [1 - b / a for a, b in zip(plain, personal, strict=True)]
    click.echo(f"\nPersonal samples are nearer by {nearer[0]:.0%} in code and {nearer[1]:.0%} in notes.")


def table(rows: dict[str, GridBatch], yardstick: Yardstick) -> dict[str, tuple[float, float]]:
    """Print a table of windows, and return the median distances of each row, in code and in notes."""
    click.echo("\n| windows | number | code, median | notes, median | copies | different |\n|---|---|---|---|---|---|")
    medians = {}
    for title, x in rows.items():
        code, notes = yardstick.distances(x)
        medians[title] = (float(code.median()), float(notes.median()))
        different = len({(tuple(t.tolist()), tuple(b.tolist())) for t, b in zip(x.tokens, x.bar_steps, strict=True)})
        cells = (
            f"{medians[title][0]:.3f} | {medians[title][1]:.3f} | {(notes == 0).float().mean():.0%} | {different / len(x):.0%}"
        )
        click.echo(f"| {title} | {len(x)} | {cells} |")
    return medians


if __name__ == "__main__":
    main()
