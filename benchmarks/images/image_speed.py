"""Training speed of the lesson's convolutional autoencoder, compared with the lesson's own recipe and a bare step, in one run.

    python benchmarks/images/image_speed.py --threads 1

The same network and batches of 256 digits take turns in three ways: *ours*, a step of `musicae image train lesson-conv-ae`;
*bare*, only forward, backward and optimizer step on one fixed batch; and *loader*, the lesson's recipe: a DataLoader that turns
every digit into a PIL image and that into a tensor, in its own process or in two workers, mean binary cross-entropy, Adam. The
recipe runs in a separate process, because musicae sets up the C library to keep freed memory
(`musicae.core.device.keep_freed_memory`), which the lesson does not do. With --same-process it runs in this process with that
setting.

Rates are medians over turns and ratios are medians of the ratio of each turn, in wall-clock time. On a machine with other work
use those of the CPU time of this process, which does not include workers.
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
from musicae.datasets.images import open_images
from musicae.datasets.images.mnist import load_mnist
from musicae.images.data import ImageSampler, LabelledImages
from musicae.images.experiment import ImageExperiment
from musicae.images.models.base import ImageAutoencoder
from musicae.images.recipes import IMAGE_PRESETS, model_config
from musicae.training.run_folder import RunOptions

Step = Callable[[], object]
Seconds = tuple[float, float]  # by the clock, and of CPU time
Turn = Callable[[int], Seconds]
PRESET, QUEUE = "lesson-conv-ae", 4  # batches that two workers prepare ahead of time
BARS = {"bare": 0.7, "loader": 1.5, "loader, 2 workers": 1.5}  # least images/s of ours as a share of theirs


class Digits(Dataset[tuple[Tensor, int]]):
    """Single digits, each turned into a PIL image and then into a float tensor, as in the data sets of the lesson."""

    def __init__(self, data: LabelledImages) -> None:
        self.images, self.labels = data.images[:, 0], data.labels

    def __len__(self) -> int:
        """Return the number of digits."""
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return an image (1, 28, 28) in [0, 1] and its class."""
        image = Image.fromarray(self.images[index].numpy())
        values = torch.from_numpy(np.array(image)).view(*reversed(image.size), 1)
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
    """Return a step on one fixed batch."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.binary_cross_entropy_with_logits(model.decoder(model.encoder(images)), images, reduction="sum").backward()
        optimizer.step()

    return step


def turn_of(step: Step) -> Turn:
    """Return a function that does a number of steps in this process and returns their time."""

    def turn(steps: int) -> Seconds:
        for _ in range(QUEUE):  # untimed: uses up what workers had ready, and lets the others' workers fill their queue
            step()
        begin, worked = time.perf_counter(), time.process_time()
        for _ in range(steps):
            step()
        return time.perf_counter() - begin, time.process_time() - worked

    return turn


def serve(pipe: Connection, data_dir: Path | None, limit: int | None, workers: int, threads: int) -> None:
    """Do turns of the lesson's recipe in a separate process, with the number of steps from the pipe, until that is 0."""
    torch.set_num_threads(threads)
    recipe, data = IMAGE_PRESETS[PRESET], load_mnist("train", data_dir).first(limit)
    model = MODELS[recipe.model](model_config(recipe, channels=1, size=28))
    assert isinstance(model, ImageAutoencoder)
    turn = turn_of(recipe_step(model, data, min(recipe.training.batch_size, len(data)), workers))
    while steps := pipe.recv():
        pipe.send(turn(steps))


def elsewhere(data_dir: Path | None, limit: int | None, workers: int) -> tuple[Turn, Connection]:
    """Return a function that does a turn in another process, and the pipe that ends that process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=serve, args=(theirs, data_dir, limit, workers, torch.get_num_threads())).start()

    def turn(steps: int) -> Seconds:
        ours.send(steps)
        return ours.recv()

    return turn, ours


def measure(turns: dict[str, Turn], rounds: int, steps: int, batch_size: int) -> dict[str, Any]:
    """Run all in turns of a number of steps; return images per second and ratios."""
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
        "images_per_second": rates(0),
        "ratios": ratios,
        "bars": {f"ours / {name}": {"least": BARS[name], "met": ratios[f"ours / {name}"] >= BARS[name]} for name in others},
        "images_per_cpu_second": {name: rate for name, rate in rates(1).items() if "workers" not in name},
        "cpu_ratios": {f"ours / {name}": ratio(name, 1) for name in others if "workers" not in name},
        "turns": rounds,
        "steps_per_turn": steps,
        "batch_size": batch_size,
        "threads": torch.get_num_threads(),
    }


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with MNIST. [default: the cache, then a download]")
@click.option("--turns", default=7, show_default=True)
@click.option("--steps", default=40, show_default=True, help="Timed steps per turn.")
@click.option("--threads", type=int, help="CPU threads. [default: all cores]")
@click.option("--workers", multiple=True, type=click.Choice(["0", "2"]), default=("0", "2"), show_default=True)
@click.option("--limit", type=int, help="Use only the first digits, as many as this.")
@click.option("--same-process", is_flag=True, help="Run the lesson's recipe in this process too.")
def main(
    *,
    data_dir: Path | None,
    turns: int,
    steps: int,
    threads: int | None,
    workers: tuple[str, ...],
    limit: int | None,
    same_process: bool,
) -> None:
    """Print the rates and ratios as JSON."""
    pipes = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            run = RunOptions(folder=Path(folder) / "run", threads=threads, device="cpu")
            data = open_images("mnist", data_dir).first("train", limit)
            experiment = ImageExperiment.open(IMAGE_PRESETS[PRESET], data, run)
            trainer, source = experiment.trainer, experiment.trainer.source
            assert isinstance(trainer.model, ImageAutoencoder) and isinstance(source, ImageSampler)
            bare = bare_step(copy.deepcopy(trainer.model), source.batch(0).images)
            turns_of = {"ours": turn_of(trainer.train_step), "bare": turn_of(bare)}
            for count in map(int, workers):
                name = f"loader, {count} workers" if count else "loader"
                if same_process:
                    step = recipe_step(copy.deepcopy(trainer.model), experiment.train, source.batch_size, count)
                    turns_of[name] = turn_of(step)
                else:
                    turns_of[name], pipe = elsewhere(data_dir, limit, count)
                    pipes.append(pipe)
            results = measure(turns_of, turns, steps, source.batch_size)
    finally:
        for pipe in pipes:
            pipe.send(0)
    click.echo(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
