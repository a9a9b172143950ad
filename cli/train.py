"""`musicae train`: train a preset, or a recipe in a JSON file, on collections of tunes."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import click

from musicae.cli import options
from musicae.cli.progress import tasks


@click.command("train")
@click.argument("preset", required=False, metavar="[PRESET]")
@click.option("--config", type=click.Path(path_type=Path), help="A recipe as JSON (or a run's config.json) instead.")
@options.data
@click.option("--steps", type=click.IntRange(min=1), help="Optimizer steps in all. [default: the preset's]")
@click.option("--minutes", type=click.FloatRange(min=0.0), help="Stop after this time; --resume goes on.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Windows a step. [default: the preset's]")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option("--init-from", metavar="NAME|FILE", help="Start from the weights of a checkpoint (fine-tuning).")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads. [default: all cores]")
@options.device
@click.option("--seed", type=int, help="Seed of everything random. [default: the preset's]")
@options.output("", "Run folder. [default: runs/PRESET]")
@options.force
def command(preset: str | None, config: Path | None, output: Path | None, **given: Any) -> None:
    """Train PRESET (default: melody-2bar) and write a run folder.

    \b
    Example:
        musicae train melody-2bar --steps 500 -o runs/mine
        musicae train melody-2bar --data path/to/midi/folder --init-from melody-2bar
    """
    from musicae.datasets.experiment import Experiment

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe, name = _recipe(preset, config)
    changes = {"steps": given["steps"], "batch_size": given["batch_size"], "seed": given["seed"]}
    training = dataclasses.replace(recipe.training, **{k: v for k, v in changes.items() if v is not None})
    folder = output if output and str(output) != "." else Path("runs") / name
    with tasks() as progress:
        experiment = Experiment.open(
            dataclasses.replace(recipe, training=training),
            folder,
            data=given["data"],
            device=given["device"],
            threads=given["threads"],
            init_from=given["init_from"],
            resume=given["resume"],
            force=given["force"],
            progress=progress,
        )
    click.echo(experiment.summary(), err=True)
    figures = _run(experiment, given["minutes"], training.steps)
    click.echo(json.dumps({"folder": str(folder), "step": experiment.trainer.step, **figures}))


def _recipe(preset: str | None, config: Path | None) -> tuple[Any, str]:
    """Return the recipe and a name for its run folder."""
    from musicae.presets import preset as by_name
    from musicae.presets import read_recipe

    if config is not None and preset is not None:
        raise click.UsageError("Give a preset or --config, not both.")
    if config is not None:
        return read_recipe(config), config.stem
    return by_name(preset or "melody-2bar"), preset or "melody-2bar"


def _run(experiment: Any, minutes: float | None, steps: int) -> dict[str, float]:
    """Train with a progress line; return the last figures."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("training", total=steps, completed=experiment.trainer.step)

        def report(step: int, figures: dict[str, Any]) -> None:
            validated = any(name.startswith("valid_") for name in figures)
            if validated or not console.is_terminal:
                console.print(f"step {step}: {_line(figures)}", highlight=False, soft_wrap=True)
            else:
                progress.update(task, completed=step, description=_line(figures))

        last: dict[str, float] = experiment.trainer.fit(report, minutes=minutes)
    return last


_UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "examples_per_second": "windows/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_step_accuracy": "of steps right",
    "valid_hold_accuracy": "by holding only",
    "valid_note_f1": "note F1",
    "valid_exact": "exact windows",
}


def _line(figures: dict[str, Any]) -> str:
    return ", ".join(f"{figures[name]:.4g} {unit}" for name, unit in _UNITS.items() if name in figures)
