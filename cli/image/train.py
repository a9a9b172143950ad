"""`musicae image train`: train a preset, or a recipe in a JSON file, on pictures."""

import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import click

from musicae.cli import options
from musicae.cli.image import shared
from musicae.cli.progress import tasks, train_with_progress

_UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "opponent_accuracy": "opponent's accuracy",
    "examples_per_second": "pictures/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_psnr": "dB PSNR",
}


class _TrainCommand(click.Command):
    """A command whose help ends with the list of presets, imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the presets."""
        from musicae.image_presets import IMAGE_PRESETS

        with formatter.section("Presets"):
            formatter.write_dl([(name, recipe.summary) for name, recipe in IMAGE_PRESETS.items()])


@click.command("train", cls=_TrainCommand)
@click.argument("preset", required=False, metavar="[PRESET]")
@click.option("--config", type=click.Path(path_type=Path), help="A recipe as JSON (or a run's config.json) instead.")
@shared.data
@shared.data_dir
@click.option("--limit", type=click.IntRange(min=1), help="Train on the first so many pictures. [default: all]")
@click.option("--corruption", metavar="NAME[:FIELD=NUMBER,...]", help="What to repair, such as gaussian:mean=0.5,std=0.3.")
@click.option("--steps", type=click.IntRange(min=1), help="Optimizer steps in all. [default: the preset's]")
@click.option("--minutes", type=click.FloatRange(min=0.0), help="Stop after this time; --resume goes on.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Pictures a step. [default: the preset's]")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option("--init-from", metavar="NAME|FILE", help="Start from the weights of a checkpoint (fine-tuning).")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads. [default: all cores]")
@options.device
@click.option("--seed", type=options.seed_range, help="Seed of everything random. [default: the preset's]")
@options.output("", "Run folder. [default: runs/PRESET]")
@options.force
def command(preset: str | None, config: Path | None, output: Path | None, **given: Any) -> None:
    """Train PRESET (default: conv-vae) and write a run folder.

    It holds best.safetensors and last.safetensors, which all image commands take as --checkpoint, the figures in metrics.csv,
    and what --resume needs.

    \b
    Example:
        musicae image train conv-vae --steps 2000 -o runs/mine
        musicae image train superres --data cifar-10 --corruption downscaling:factor=4
    """
    from musicae.datasets.image_experiment import ImageExperiment

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    recipe, name = _recipe(preset, config)
    recipe = _changed(recipe, given)
    folder = output if output and str(output) != "." else Path("runs") / name
    if folder.is_file():
        raise click.ClickException(f"{folder} is a file; -o names the run folder.")
    kept = ("data", "data_dir", "limit", "device", "threads", "init_from", "resume", "force")
    with tasks() as progress:
        experiment = ImageExperiment.open(recipe, folder, progress=progress, **{name: given[name] for name in kept})
    click.echo(experiment.summary(), err=True)
    figures = train_with_progress(experiment.trainer, _UNITS, minutes=given["minutes"])
    click.echo(json.dumps({"folder": str(folder), "step": experiment.trainer.step, **figures}))


def _recipe(preset: str | None, config: Path | None) -> tuple[Any, str]:
    """Return the recipe and a name for its run folder."""
    from musicae.image_presets import image_preset, read_image_recipe

    if config is not None and preset is not None:
        raise click.UsageError("Give a preset or --config, not both.")
    if config is not None:
        return read_image_recipe(config), config.stem
    return image_preset(preset or "conv-vae"), preset or "conv-vae"


def _changed(recipe: Any, given: dict[str, Any]) -> Any:
    """Return the recipe with what the options ask for."""
    from musicae.corruptions import parse_corruption

    changes = {name: given[name] for name in ("steps", "batch_size", "seed") if given[name] is not None}
    task = dict(recipe.task)
    if given["corruption"]:
        task["corruption"] = parse_corruption(given["corruption"]).to_dict()
    return dataclasses.replace(recipe, task=task, training=dataclasses.replace(recipe.training, **changes))
