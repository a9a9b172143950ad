"""`musicae image train`: train a preset, or a recipe in a JSON file, on images."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import completions, image_job, train_options

if TYPE_CHECKING:
    from musicae.core.progress import Progress
    from musicae.images.experiment import ImageExperiment
    from musicae.training.run_folder import RunOptions

DEFAULT = "conv-vae"
UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "discriminator_accuracy": "discriminator accuracy",
    "skipped": "of steps skipped",
    "examples_per_second": "images/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_psnr": "dB PSNR",
}


def _presets() -> Mapping[str, Any]:
    from musicae.images.recipes import IMAGE_PRESETS

    return IMAGE_PRESETS


@click.command("train", cls=train_options.train_command(_presets))
@train_options.recipe_choice(completions.image_presets)
@image_job.data
@image_job.data_dir
@click.option("--limit", type=click.IntRange(min=1), help="Train on that many images only, the first ones. [default: all]")
@click.option("--corruption", metavar="NAME[:FIELD=NUMBER,...]", help="What to repair, such as gaussian:mean=0.5,std=0.3.")
@train_options.run_options("Images")
def command(
    choice: train_options.Choice,
    data: str | None,
    data_dir: Path | None,
    limit: int | None,
    corruption: str | None,
    run: train_options.Run,
) -> None:
    """Train PRESET (default: conv-vae) and write a run folder.

    It holds best.safetensors and last.safetensors, which all image commands take as --checkpoint, the metrics in metrics.csv,
    and what --resume needs.

    \b
    Example:
        musicae image train --steps 2000 -o runs/mine conv-vae
        musicae image train --data cifar-10 --corruption downscaling:factor=4 superres
    """
    from musicae.images.corruptions import parse_corruption
    from musicae.images.recipes import ImageRecipe, image_preset

    recipe = run.changed(choice.recipe(DEFAULT, image_preset, ImageRecipe))
    if corruption is not None:
        task = {**recipe.task, "corruption": parse_corruption(corruption).to_dict()}
        recipe = dataclasses.replace(recipe, task=task)

    def start(how: "RunOptions", progress: "Progress") -> "ImageExperiment":
        from musicae.datasets.images import open_images
        from musicae.images.experiment import ImageExperiment

        images = open_images(data or recipe.data, data_dir, progress=progress)
        return ImageExperiment.open(recipe, images.first("train", limit), how)

    run.train(start, choice.name(DEFAULT), UNITS)
