"""What the scripts of the lesson share: their options, how long a model trains, and where figures go.

In a notebook, where there is no command line, the variable MUSICAE_LESSON holds the options.
"""

import argparse
import dataclasses
import logging
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicae.datasets.images import IMAGE_SETS
from musicae.images.data import LabelledImages, Split
from musicae.images.experiment import ImageExperiment
from musicae.images.model import PictureModel, load_pictures
from musicae.images.recipes import ImagePreset
from musicae.plots.image_grids import save_figure
from musicae.plots.lesson import Scene
from musicae.training.optimizer import TrainingConfig

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TUNES", "Drawn", "Lesson"]

TUNES = Path(__file__).resolve().parent.parent / "tunes"
_QUICK_BATCH = 32  # many small steps learn more in a minute than few large ones
_QUICK_TEST = 1_000  # test pictures that are measured in the quick mode


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A figure on disk; a notebook shows it.

    Arguments:
        path: The PNG file.
    """

    path: Path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()


class Lesson:
    """The options of a script, and what follows from them.

    Arguments:
        text: The script's own text, for `-h`.
        trains: Names of the models that it trains, which `--weights` knows.
    """

    def __init__(self, text: str | None, *trains: str) -> None:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        notebook = os.environ.get("MUSICAE_LESSON")
        parser = _parser(text)
        given = parser.parse_args(sys.argv[1:] if notebook is None else shlex.split(notebook))
        self.full: bool = given.full
        self.steps: int | None = given.steps
        self.limit: int | None = given.limit
        self.data: str = given.data
        self.data_dir: Path | None = given.data_dir
        self.fashion_dir: Path | None = given.fashion_dir
        self.device: str = given.device
        self.output: Path = given.output
        pairs = (text.partition("=") for text in given.weights)
        self.weights: dict[str, str] = {model: path or model for model, _, path in pairs}
        unknown = next((model for model in self.weights if model not in trains), None)
        if unknown is not None and notebook is None:  # the options of a notebook are for all its chapters
            parser.error(f"--weights: {unknown!r} is no model of this script; write one of {', '.join(trains)} and =FILE.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return IMAGE_SETS[self.data].classes

    def pictures(self, split: Split, data: str | None = None, folder: Path | None = None) -> LabelledImages:
        """Load pictures, uint8 of shape (N, C, H, W), with their labels; the quick mode tests on the first 1,000."""
        loaded = IMAGE_SETS[data or self.data].load(split, folder if data else self.data_dir, None)
        quick = _QUICK_TEST if split == "test" and not self.full else None
        return loaded.first(self.limit or quick)

    def train(self, name: str, recipe: ImagePreset, *, steps: int, slim: Mapping[str, Any] | None = None) -> PictureModel:
        """Train a model, or load the weights that were given for it.

        Arguments:
            name: What to call it; its run folder is called so too.
            recipe: What to train and how.
            steps: Optimizer steps in the quick mode.
            slim: Fields of the model's configuration that make it smaller in the quick mode.
        """
        if name in self.weights:
            return load_pictures(self.weights[name], device=self.device)
        folder = self.output / "runs" / (f"{name}-full" if self.full else name)
        training = _shortened(recipe.training, self.steps or steps) if not self.full else recipe.training
        if self.full and self.steps:
            training = dataclasses.replace(training, steps=self.steps)
        config = recipe.config if self.full else {**recipe.config, **(slim or {})}
        experiment = ImageExperiment.open(
            dataclasses.replace(recipe, config=config, training=training),
            folder,
            data=self.data,
            data_dir=self.data_dir,
            limit=self.limit,
            device=self.device,
            resume=self.full and (folder / "state.pt").exists(),  # hours of training are not thrown away
            force=not self.full,
        )
        trainer = experiment.trainer
        if not self.full:
            trainer.validation = dataclasses.replace(trainer.validation, batches=trainer.validation.batches[:1])
        print(f"Training {name} for {training.steps:,} steps. {experiment.summary()}")
        trainer.fit()
        return load_pictures(folder, device=self.device)

    def scene(self, model: PictureModel, *, count: int = 10) -> Scene:
        """Return what the figures of `musicae.plots.lesson` are drawn from."""
        test, train = self.pictures("test"), self.pictures("train")
        return Scene(model=model, pictures=test, known=train, names=self.names, count=min(count, len(test)))

    def show(self, figure: "Figure", name: str) -> Drawn:
        """Write a figure as PNG into the output folder and say where; a notebook shows it too."""
        path = self.output / f"{name}.png"
        save_figure(figure, path)
        print(f"Figure: {path}")
        return Drawn(path)


def _shortened(training: TrainingConfig, steps: int) -> TrainingConfig:
    """Return a schedule for a few steps: everything that takes its time in the preset's takes its share here."""
    beta = dataclasses.replace(training.objective.beta, steps=max(1, min(training.objective.beta.steps, steps // 4)))
    return dataclasses.replace(
        training,
        steps=steps,
        batch_size=min(training.batch_size, _QUICK_BATCH),
        warmup_steps=min(training.warmup_steps, steps // 3),
        # The losses are sums over pixels, so early gradients are long; were they left out, nothing would ever shorten them.
        skip_norm=1e9,
        objective=dataclasses.replace(training.objective, beta=beta),
        log_every=max(1, steps // 40),
        validate_every=steps,
        checkpoint_every=steps,
    )


def _parser(text: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="train for the presets' whole schedules; an hour or more each")
    parser.add_argument("--steps", type=int, help="train every model for so many optimizer steps")
    parser.add_argument("--limit", type=int, help="take the first so many training and test pictures only")
    parser.add_argument(
        "--weights", action="append", default=[], metavar="MODEL[=FILE]", help="load a model (shipped, or FILE) untrained"
    )
    parser.add_argument("--data", choices=list(IMAGE_SETS), default="mnist", help="the pictures [mnist]")
    parser.add_argument("--data-dir", type=Path, help="folder with their official files [the cache, then a download]")
    parser.add_argument("--fashion-dir", type=Path, help="folder with the official files of Fashion-MNIST, for 02")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or mps [cpu]")
    parser.add_argument("--output", "-o", type=Path, default=Path("lesson"), help="folder for figures and runs [lesson]")
    return parser
