"""Training speed of the lesson's convolutional autoencoder, beside the lesson's own recipe and the bare step, in one run.

    python benchmarks/images/image_speed.py --threads 1

The same network and batches of 256 digits, turn by turn: *ours*, a step of `musicae image train lesson-conv-ae`; *bare*,
nothing but forward, backward and optimizer step on one batch that stays where it is; and *loader*, the lesson's recipe: a
DataLoader which makes a PIL image of every digit and a tensor of that, in its own process or in two workers, mean binary
cross-entropy, Adam. The recipe runs in a process of its own, because training here tells the C library to keep freed memory
(`musicae.core.device.keep_freed_memory`), which the lesson does not; with --here it runs in this one and profits from that too.

Rates are medians over turns, ratios medians of each turn's ratio, by the clock; on a machine that does other work too, look at
those of this process's CPU time, which workers have no part in.
"""

import copy
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from musicae.core.registry import MODELS
from musicae.datasets.images.mnist import load_mnist
from musicae.images.data import ImageBatches, LabelledImages
from musicae.images.experiment import ImageExperiment
from musicae.images.models.base import ImageAutoencoder
from musicae.images.recipes import IMAGE_PRESETS, model_config

Step = Callable[[], object]
Seconds = tuple[float, float]  # by the clock, and of CPU time
Turn = Callable[[int], Seconds]
PRESET, QUEUE = "lesson-conv-ae", 4  # batches that two workers prepare ahead of time
BARS = {"bare": 0.7, "loader": 1.5, "loader, 2 workers": 1.5}  # least images/s of ours as a share of theirs


class Digits(Dataset[tuple[Tensor, int]]):
    """Digits one by one, each byte picture made a PIL image and then a float tensor, as data sets of the lesson do it."""

    def __init__(self, data: LabelledImages) -> None:
        self.images, self.labels = data.images[:, 0], data.labels

    def __len__(self) -> int:
        """Return the number of digits."""
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return a picture (1, 28, 28) in [0, 1] and its class."""
        picture = Image.fromarray(self.images[index].numpy())
        values = torch.from_numpy(np.array(picture)).view(*reversed(picture.size), 1)
        return values.permute(2, 0, 1).contiguous().float().div(255), int(self.labels[index])


def recipe_step(model: ImageAutoencoder, data: LabelledImages, batch_size: int, workers: int) -> Step:
    """Return a step of the lesson's recipe."""
    loader = DataLoader(
        Digits(data), batch_size, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-8)

    def epochs() -> Iterator[Tensor]:
        while True:
            yield from (images for images, _ in loader)

    batches = epochs()

    def step() -> None:
        images = next(batches)
        optimizer.zero_grad()
        F.binary_cross_entropy(torch.sigmoid(model.decoder(model.encoder(images))), images).backward()
        optimizer.step()

    return step


def bare_step(model: ImageAutoencoder, images: Tensor) -> Step:
    """Return a step on one batch that stays where it is."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(model.decoder(model.encoder(images)), images, reduction="sum").backward()
        optimizer.step()

    return step


def turn_of(step: Step) -> Turn:
    """Return a function that does so many steps of this process and returns what they took."""

    def turn(steps: int) -> Seconds:
        for _ in range(QUEUE):  # untimed: uses up what workers had ready, and lets the others' workers fill their queue
            step()
        begin, worked = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step()
        return time.perf_counter() - begin, time.process_time() - worked

    return turn


def serve(pipe: Connection, data_dir: Path | None, limit: int | None, workers: int, threads: int) -> None:
    """Take turns of the lesson's recipe in a process of its own, as many steps as the pipe says, until it says 0."""
    torch.set_num_threads(threads)
    recipe, data = IMAGE_PRESETS[PRESET], load_mnist("train", data_dir).first(limit)
    model = MODELS[recipe.model](model_config(recipe, channels=1, size=28))
    assert isinstance(model, ImageAutoencoder)
    turn = turn_of(recipe_step(model, data, min(recipe.training.batch_size, len(data)), workers))
    while steps := pipe.recv():
        pipe.send(turn(steps))


def elsewhere(data_dir: Path | None, limit: int | None, workers: int) -> tuple[Turn, Connection]:
    """Return turns of the recipe in another process, and the pipe that ends it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=serve, args=(theirs, data_dir, limit, workers, torch.get_num_threads())).start()

    def turn(steps: int) -> Seconds:
        ours.send(steps)
        taken: Seconds = ours.recv()
        return taken

    return turn, ours


def measure(turns: dict[str, Turn], rounds: int, steps: int, batch_size: int) -> dict[str, Any]:
    """Let all take turns of so many steps; return images/s and ratios."""
    seconds: dict[str, list[Seconds]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            seconds[name].append(turn(steps))

    def ratio(name: str, kind: int) -> float:
        pairs = zip(seconds["ours"], seconds[name], strict=True)
        return round(statistics.median(theirs[kind] / ours[kind] for ours, theirs in pairs), 3)

    def rates(kind: int) -> dict[str, int]:
        return {name: round(steps * batch_size / statistics.median(t[kind] for t in took)) for name, took in seconds.items()}

    others = [name for name in turns if name != "ours"]
    ratios = {f"ours / {name}": ratio(name, 0) for name in others}
    return {
        "images_a_second": rates(0),
        "ratios": ratios,
        "bars": {f"ours / {name}": {"least": BARS[name], "met": ratios[f"ours / {name}"] >= BARS[name]} for name in others},
        "images_a_cpu_second": {name: rate for name, rate in rates(1).items() if "workers" not in name},
        "cpu_ratios": {f"ours / {name}": ratio(name, 1) for name in others if "workers" not in name},
        "turns": rounds,
        "steps_a_turn": steps,
        "batch_size": batch_size,
        "threads": torch.get_num_threads(),
    }


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with MNIST. [default: the cache, then a download]")
@click.option("--turns", default=7, show_default=True)
@click.option("--steps", default=40, show_default=True, help="Timed steps of a turn.")
@click.option("--threads", type=int, help="CPU threads. [default: all cores]")
@click.option("--workers", multiple=True, type=click.Choice(["0", "2"]), default=("0", "2"), show_default=True)
@click.option("--limit", type=int, help="Train on the first so many digits only.")
@click.option("--here", is_flag=True, help="Run the lesson's recipe in this process too.")
def main(
    *,
    data_dir: Path | None,
    turns: int,
    steps: int,
    threads: int | None,
    workers: tuple[str, ...],
    limit: int | None,
    here: bool,
) -> None:
    """Print the figures as JSON."""
    options: dict[str, Any] = {"data_dir": data_dir, "limit": limit, "threads": threads, "device": "cpu"}
    pipes = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            experiment = ImageExperiment.open(IMAGE_PRESETS[PRESET], Path(folder) / "run", **options)
            trainer, source = experiment.trainer, experiment.trainer.source
            assert isinstance(trainer.model, ImageAutoencoder) and isinstance(source, ImageBatches)
            bare = bare_step(copy.deepcopy(trainer.model), source.batch(0).images)
            taking = {"ours": turn_of(trainer.train_step), "bare": turn_of(bare)}
            for count in map(int, workers):
                name = f"loader, {count} workers" if count else "loader"
                if here:
                    step = recipe_step(copy.deepcopy(trainer.model), experiment.train, source.batch_size, count)
                    taking[name] = turn_of(step)
                else:
                    taking[name], pipe = elsewhere(data_dir, limit, count)
                    pipes.append(pipe)
            figures = measure(taking, turns, steps, source.batch_size)
    finally:
        for pipe in pipes:
            pipe.send(0)
    click.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
