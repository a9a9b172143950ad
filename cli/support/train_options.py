"""What `musicae train` and `musicae image train` share: options, the list of presets in the help, and the run itself."""

import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from musicae.cli.support import options as shared
from musicae.cli.support.progress import tasks, train_with_progress

if TYPE_CHECKING:
    from musicae.core.progress import Progress
    from musicae.training.loop import Trainer
    from musicae.training.optimizer import TrainingConfig

__all__ = ["changed", "choose", "options", "recipe", "run", "train_command"]

F = TypeVar("F", bound=Callable[..., Any])


class Experiment(Protocol):
    """A trainer with its data, of tunes or of pictures."""

    @property
    def trainer(self) -> "Trainer":
        """The trainer."""

    def summary(self) -> str:
        """Return one paragraph on model, data and device."""


def train_command(presets: Callable[[], Mapping[str, Any]]) -> type[click.Command]:
    """Return the class of a command whose help ends with the list of presets, asked for only then."""

    class TrainCommand(click.Command):
        def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Presets"):
                formatter.write_dl([(name, recipe.summary) for name, recipe in presets().items()])

    return TrainCommand


def recipe(function: F) -> F:
    """Add the preset and --config; the command gets `preset` and `config`, of which `choose` makes a recipe."""
    text = "A recipe as JSON (or a run's config.json) instead."
    decorated: F = click.option("--config", type=click.Path(path_type=Path), help=text)(function)
    return click.argument("preset", required=False, metavar="[PRESET]")(decorated)


def options(things: str) -> Callable[[F], F]:
    """Return what adds the options of a run; the command gets them by their names.

    Arguments:
        things: What a batch holds, as in `Windows`.
    """
    parts = (
        click.option("--steps", type=click.IntRange(min=1), help="Optimizer steps in all. [default: the preset's]"),
        click.option("--minutes", type=click.FloatRange(min=0.0), help="Stop after this time; --resume goes on."),
        click.option("--batch-size", type=click.IntRange(min=1), help=f"{things} a step. [default: the preset's]"),
        click.option("--resume", is_flag=True, help="Go on with the run in the output folder."),
        click.option("--init-from", metavar="NAME|FILE", help="Start from the weights of a checkpoint (fine-tuning)."),
        click.option("--threads", type=click.IntRange(min=1), help="CPU threads. [default: all cores]"),
        shared.device,
        click.option("--seed", type=shared.seed_range, help="Seed of everything random. [default: the preset's]"),
        click.option("--output", "-o", type=click.Path(path_type=Path), help="Run folder. [default: runs/PRESET]"),
        shared.force,
    )

    def decorate(function: F) -> F:
        for part in reversed(parts):
            function = part(function)
        return function

    return decorate


def choose(
    preset: str | None, config: Path | None, default: str, by_name: Callable[[str], Any], read: Callable[[Path], Any]
) -> tuple[Any, str]:
    """Return the recipe that was asked for, and a name for its run folder.

    Raises:
        click.UsageError: both a preset and a file were given.
    """
    if config is not None and preset is not None:
        raise click.UsageError("Give a preset or --config, not both.")
    if config is not None:
        return read(config), config.stem
    return by_name(preset or default), preset or default


def changed(training: "TrainingConfig", given: Mapping[str, Any]) -> "TrainingConfig":
    """Return how to train, with the steps, batch size and seed that were asked for."""
    changes = {name: given[name] for name in ("steps", "batch_size", "seed") if given[name] is not None}
    return dataclasses.replace(training, **changes)


def run(
    start: Callable[[Path, "Progress"], Experiment],
    output: Path | None,
    name: str,
    units: Mapping[str, str],
    *,
    minutes: float | None,
) -> None:
    """Prepare an experiment, train, and print the last figures as JSON.

    Arguments:
        start: Makes the experiment, given the run folder and what to call while data are prepared.
        output: The run folder, if one was given.
        name: Name of the run folder under `runs` otherwise.
        units: The figures that are told, in their order, with what is said behind each.
        minutes: Stop after this time.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = Path("runs") / name if output is None else output
    with tasks() as progress:
        experiment = start(folder, progress)
    click.echo(experiment.summary(), err=True)
    figures = train_with_progress(experiment.trainer, units, minutes=minutes)
    click.echo(json.dumps({"folder": str(folder), "step": experiment.trainer.step, **figures}))
