"""What the scripts of the lesson share: their options, the length of a training, and the place of the plots.

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

from musicae.datasets.images import IMAGE_SETS, open_images
from musicae.images.data import LabelledImages, Split
from musicae.images.experiment import ImageExperiment
from musicae.images.model import ImageModel, load
from musicae.images.recipes import ImageRecipe
from musicae.plots.files import save_plot
from musicae.plots.lesson import Scene
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TUNES", "Lesson", "SavedPlot"]

TUNES = Path(__file__).resolve().parent.parent / "tunes"
_QUICK_BATCH = 32  # in one minute, many small steps train better than few large ones
_QUICK_TEST = 1_000  # test images in the quick mode


@dataclasses.dataclass(frozen=True)
class SavedPlot:
    """A plot on disk; a notebook displays it.

    Arguments:
        path: The PNG file.
    """

    path: Path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()


class Lesson:
    """The options of a script, and what follows from them.

    Arguments:
        text: The script's docstring, for `-h`.
        trains: Names of the models that the script trains, which `--weights` accepts.
    """

    def __init__(self, text: str | None, *trains: str) -> None:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        notebook = os.environ.get("MUSICAE_LESSON")
        parser = _parser(text)
        options = parser.parse_args(sys.argv[1:] if notebook is None else shlex.split(notebook))
        self.full: bool = options.full
        self.steps: int | None = options.steps
        self.limit: int | None = options.limit
        self.data: str = options.data
        self.data_dir: Path | None = options.data_dir
        self.fashion_dir: Path | None = options.fashion_dir
        self.device: str = options.device
        self.output: Path = options.output
        pairs = (text.partition("=") for text in options.weights)
        self.weights: dict[str, str] = {model: path or model for model, _, path in pairs}
        unknown = next((model for model in self.weights if model not in trains), None)
        if unknown is not None and notebook is None:  # the options of a notebook are for all its chapters
            parser.error(f"--weights: {unknown!r} is not a model of this script; use one of {', '.join(trains)} and =FILE.")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return IMAGE_SETS[self.data].classes

    def images(self, split: Split, data: str | None = None, folder: Path | None = None) -> LabelledImages:
        """Load images, uint8 of shape (N, C, H, W), with their labels; the quick mode tests on the first 1,000."""
        loaded = open_images(data or self.data, folder if data else self.data_dir, splits=(split,))[split]
        quick = _QUICK_TEST if split == "test" and not self.full else None
        return loaded.first(self.limit or quick)

    def train(self, name: str, recipe: ImageRecipe, *, steps: int, slim: Mapping[str, Any] | None = None) -> ImageModel:
        """Train a model, or load the weights that `--weights` names for it.

        Arguments:
            name: Name of the model and of its run folder.
            recipe: What to train and how.
            steps: Optimizer steps in the quick mode.
            slim: Fields of the model's configuration that make it smaller in the quick mode.
        """
        if name in self.weights:
            return load(self.weights[name], device=self.device)
        folder = self.output / "runs" / (f"{name}-full" if self.full else name)
        training = _shortened(recipe.training, self.steps or steps) if not self.full else recipe.training
        if self.full and self.steps:
            training = dataclasses.replace(training, steps=self.steps)
        config = recipe.config if self.full else {**recipe.config, **(slim or {})}
        run = RunOptions(
            folder=folder,
            device=self.device,
            resume=self.full and (folder / "state.pt").exists(),  # continue a long training that was interrupted
            force=not self.full,
        )
        data = open_images(self.data, self.data_dir).first("train", self.limit)
        experiment = ImageExperiment.open(dataclasses.replace(recipe, config=config, training=training), data, run)
        trainer = experiment.trainer
        if not self.full:
            trainer.validation = dataclasses.replace(trainer.validation, batches=trainer.validation.batches[:1])
        print(f"Training {name} for {training.steps:,} steps. {experiment.summary()}")
        trainer.fit()
        return load(folder, device=self.device)

    def scene(self, model: ImageModel, *, columns: int = 10) -> Scene:
        """Return what the plots of `musicae.plots.lesson` are drawn from."""
        test, train = self.images("test"), self.images("train")
        return Scene(model=model, images=test, train=train, classes=self.classes, columns=min(columns, len(test)))

    def show(self, figure: "Figure", name: str) -> SavedPlot:
        """Write a plot as PNG into the output folder and print its path; a notebook displays it too."""
        path = self.output / f"{name}.png"
        save_plot(figure, path)
        print(f"Plot: {path}")
        return SavedPlot(path)


def _shortened(training: TrainingConfig, steps: int) -> TrainingConfig:
    """Return a schedule for a few steps, in which ramps and warm-up take the same share as in the preset's."""
    beta = dataclasses.replace(training.objective.beta, steps=max(1, min(training.objective.beta.steps, steps // 4)))
    return dataclasses.replace(
        training,
        steps=steps,
        batch_size=min(training.batch_size, _QUICK_BATCH),
        warmup_steps=min(training.warmup_steps, steps // 3),
        # The losses are sums over pixels, so early gradients are long. If those steps were skipped, training would not start.
        skip_norm=1e9,
        objective=dataclasses.replace(training.objective, beta=beta),
        log_every=max(1, steps // 40),
        validate_every=steps,
        checkpoint_every=steps,
    )


def _parser(text: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="train for the whole schedule of each preset, an hour or more each")
    parser.add_argument("--steps", type=int, help="train every model for this number of optimizer steps")
    parser.add_argument("--limit", type=int, help="use only the first training and test images, as many as this")
    parser.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="MODEL[=FILE]",
        help="load a shipped model, or FILE, instead of training it",
    )
    parser.add_argument("--data", choices=list(IMAGE_SETS), default="mnist", help="the images [mnist]")
    parser.add_argument("--data-dir", type=Path, help="folder with the official files [the cache, then a download]")
    parser.add_argument("--fashion-dir", type=Path, help="folder with the official files of Fashion-MNIST, for chapter 2")
    parser.add_argument("--device", default="cpu", help="auto, cpu, cuda or mps [cpu]")
    parser.add_argument("--output", "-o", type=Path, default=Path("lesson"), help="folder for plots and runs [lesson]")
    return parser
