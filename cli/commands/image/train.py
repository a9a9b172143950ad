"""`musicae image train`: train a preset, or a recipe in a JSON file, on pictures."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support import train_options as training

_UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "discriminator_accuracy": "discriminator accuracy",
    "skipped": "of steps left out",
    "examples_per_second": "pictures/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_psnr": "dB PSNR",
}


def _presets() -> Mapping[str, Any]:
    from musicae.images.recipes import IMAGE_PRESETS

    return IMAGE_PRESETS


@click.command("train", cls=training.train_command(_presets))
@training.recipe
@shared.data
@shared.data_dir
@click.option("--limit", type=click.IntRange(min=1), help="Train on the first so many pictures. [default: all]")
@click.option("--corruption", metavar="NAME[:FIELD=NUMBER,...]", help="What to repair, such as gaussian:mean=0.5,std=0.3.")
@training.options("Pictures")
def command(preset: str | None, config: Path | None, output: Path | None, **given: Any) -> None:
    """Train PRESET (default: conv-vae) and write a run folder.

    It holds best.safetensors and last.safetensors, which all image commands take as --checkpoint, the figures in metrics.csv,
    and what --resume needs.

    \b
    Example:
        musicae image train conv-vae --steps 2000 -o runs/mine
        musicae image train superres --data cifar-10 --corruption downscaling:factor=4
    """
    from musicae.datasets.images import open_images
    from musicae.images.corruptions import parse_corruption
    from musicae.images.experiment import ImageExperiment
    from musicae.images.recipes import ImageRecipe, image_preset
    from musicae.training.run_folder import RunOptions, prepare_run_folder

    recipe, name = training.choose(preset, config, "conv-vae", image_preset, ImageRecipe.read)
    task = dict(recipe.task)
    if given["corruption"]:
        task["corruption"] = parse_corruption(given["corruption"]).to_dict()
    recipe = dataclasses.replace(recipe, task=task, training=training.changed(recipe.training, given))
    options = {key: given[key] for key in ("device", "threads", "init_from", "resume", "force")}

    def start(folder: Path, progress: Any) -> ImageExperiment:
        run = RunOptions(folder=folder, **options)
        prepare_run_folder(run)  # before the images are loaded, which may take a download
        data = open_images(given["data"] or recipe.data, given["data_dir"], progress=progress)
        return ImageExperiment.open(recipe, data.first("train", given["limit"]), run)

    training.run(start, output, name, _UNITS, minutes=given["minutes"])
