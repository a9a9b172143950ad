"""What `musicae train` and `musicae image train` share: options, the list of presets in the help, and the run itself."""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from musicae.cli.support import completions, options
from musicae.cli.support.bundles import bundle
from musicae.cli.support.progress import metric_words, tasks, train_with_progress
from musicae.cli.support.result_lines import Lines, json_option

if TYPE_CHECKING:
    from musicae.core.progress import Progress
    from musicae.training.loop import Trainer
    from musicae.training.recipe import Recipe
    from musicae.training.run_folder import RunOptions

__all__ = ["Choice", "Experiment", "Run", "recipe_choice", "run_options", "train_command"]

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound="Recipe")


class Experiment(Protocol):
    """A trainer with its data."""

    @property
    def trainer(self) -> "Trainer":
        """The trainer."""

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""


@dataclass(frozen=True)
class Choice:
    """What to train.

    Arguments:
        preset: Name of a preset, if one was given.
        config: A file with a recipe, if one was given.

    Raises:
        click.UsageError: both were given.
    """

    preset: str | None
    config: Path | None

    def __post_init__(self) -> None:
        if self.config is not None and self.preset is not None:
            raise click.UsageError("Give a preset or --config, not both.")

    def recipe(self, default: str, by_name: Callable[[str], R], kind: type[R]) -> R:
        """Return the recipe.

        Arguments:
            default: The preset if neither was given.
            by_name: Returns a preset.
            kind: The class of recipes, which reads files.
        """
        return by_name(self.preset or default) if self.config is None else kind.read(self.config)

    def name(self, default: str) -> str:
        """Return a name for the run folder."""
        return (self.preset or default) if self.config is None else self.config.stem


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long to train, from where and into which folder.

    Arguments:
        steps: Optimizer steps in all; None keeps the recipe's.
        minutes: Stop after this time.
        batch_size: Examples per step; None keeps the recipe's.
        seed: Seed of everything random; None keeps the recipe's.
        output: The run folder; None names it after the recipe.
        resume: Whether to continue the run in that folder.
        init_from: A checkpoint whose weights the model starts from.
        threads: CPU threads.
        device: Where to compute.
        force: Whether a run in that folder is overwritten.
        lines: How the result is printed.
    """

    steps: int | None
    minutes: float | None
    batch_size: int | None
    seed: int | None
    output: Path | None
    resume: bool
    init_from: str | None
    threads: int | None
    device: str
    force: bool
    lines: Lines

    def changed(self, recipe: R) -> R:
        """Return a recipe with the steps, batch size and seed that were asked for."""
        changes: dict[str, Any] = {"steps": self.steps, "batch_size": self.batch_size, "seed": self.seed}
        training = dataclasses.replace(recipe.training, **{k: v for k, v in changes.items() if v is not None})
        return dataclasses.replace(recipe, training=training)

    def train(self, start: "Callable[[RunOptions, Progress], Experiment]", name: str, units: Mapping[str, str]) -> None:
        """Prepare an experiment, train, and print the last metrics.

        Arguments:
            start: Makes the experiment from how the run starts and what to call while data are prepared.
            name: Name of the run folder under `runs` if none was given.
            units: The metrics to show, in their order, mapped to the unit printed after each value.
        """
        from musicae.training.run_folder import RunOptions, prepare_run_folder

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        folder = Path("runs") / name if self.output is None else self.output
        how: dict[str, Any] = {"device": self.device, "threads": self.threads, "init_from": self.init_from}
        run = RunOptions(folder=folder, **how, resume=self.resume, force=self.force)
        prepare_run_folder(run)  # before data are read, which may take minutes
        with tasks() as progress:
            experiment = start(run, progress)
        click.echo(experiment.summary(), err=True)
        metrics = train_with_progress(experiment.trainer, units, minutes=self.minutes)
        step = experiment.trainer.step
        words = metric_words(metrics, units)
        text = f"{folder}: trained up to step {step}" + (f"; {words}" if words else "")
        self.lines.result({"folder": str(folder), "step": step, **metrics}, text)


def train_command(presets: Callable[[], Mapping[str, Any]]) -> type[click.Command]:
    """Return the class of a command whose help ends with the list of presets, asked for only then."""

    class TrainCommand(click.Command):
        def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Presets"):
                formatter.write_dl([(name, recipe.summary) for name, recipe in presets().items()])

    return TrainCommand


def recipe_choice(complete: completions.Completer) -> Callable[[F], F]:
    """Return a decorator that adds the preset and --config; the command gets one argument `choice`.

    Arguments:
        complete: Completes names of presets.
    """
    text = "A recipe as JSON (or a run's config.json) instead."
    parts = (
        click.argument("preset", required=False, metavar="[PRESET]", shell_complete=complete),
        click.option("--config", type=click.Path(path_type=Path), help=text),
    )
    return bundle("choice", Choice, ("preset", "config"), parts)


def run_options(things: str) -> Callable[[F], F]:
    """Return a decorator that adds the options of a run; the command gets one argument `run`.

    Arguments:
        things: What a batch holds, as in `Windows`.
    """
    parts = {
        "steps": click.option("--steps", type=click.IntRange(min=1), help="Optimizer steps in all. [default: the preset's]"),
        "minutes": click.option("--minutes", type=click.FloatRange(min=0.0), help="Stop after this time; --resume continues."),
        "batch_size": click.option(
            "--batch-size", type=click.IntRange(min=1), help=f"{things} per step. [default: the preset's]"
        ),
        "resume": click.option("--resume", is_flag=True, help="Continue the run in the output folder."),
        "init_from": click.option(
            "--init-from",
            metavar="NAME|FILE",
            help="Start from the weights of a checkpoint (fine-tuning).",
            shell_complete=completions.checkpoints,
        ),
        "threads": click.option("--threads", type=click.IntRange(min=1), help="CPU threads. [default: all cores]"),
        "device": options.device,
        "seed": click.option("--seed", type=options.seed_range, help="Seed of everything random. [default: the preset's]"),
        "output": click.option("--output", "-o", type=click.Path(path_type=Path), help="Run folder. [default: runs/PRESET]"),
        "force": options.force,
        "as_json": json_option,
    }
    return bundle("run", _run, tuple(parts), tuple(parts.values()))


def _run(*, as_json: bool, **values: Any) -> Run:
    return Run(lines=Lines(as_json), **values)
