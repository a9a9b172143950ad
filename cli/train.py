"""`musicae train`: train a preset, or a recipe in a JSON file, on collections of tunes."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import click

from musicae.cli import options
from musicae.cli.progress import tasks, train_with_progress


class _TrainCommand(click.Command):
    """A command whose help ends with the list of presets, imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the presets."""
        from musicae.presets import PRESETS

        with formatter.section("Presets"):
            formatter.write_dl([(name, recipe.summary) for name, recipe in PRESETS.items()])


@click.command("train", cls=_TrainCommand)
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
@click.option("--seed", type=options.seed_range, help="Seed of everything random. [default: the preset's]")
@options.output("", "Run folder. [default: runs/PRESET]")
@options.force
def command(preset: str | None, config: Path | None, output: Path | None, **given: Any) -> None:
    """Train PRESET (default: melody-2bar) and write a run folder.

    It holds best.safetensors and last.safetensors, which all commands take as --checkpoint, the figures in metrics.csv, and
    what --resume needs.

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
    if folder.is_file():
        raise click.ClickException(f"{folder} is a file; -o names the run folder.")
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
    figures = train_with_progress(experiment.trainer, _UNITS, minutes=given["minutes"])
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
