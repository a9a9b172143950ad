"""`musicae image denoise`: remove noise from images."""

from pathlib import Path

import click

from musicae.cli.support import image_job, options
from musicae.cli.support.image_repair import repair


@click.command("denoise")
@image_job.image_files
@click.option("--damage", is_flag=True, help="First add the noise that the model was trained on, and measure the repair.")
@options.seed
@image_job.job("denoise", "", "A .png file for one result, or a folder. [default: NAME.denoised.png in this folder]")
def command(files: tuple[Path, ...], damage: bool, seed: int, job: image_job.Job) -> None:
    """Repair noisy PNG or JPEG FILES.

    \b
    Example:
        musicae image denoise -o clean.png noisy.png
        musicae image denoise --fit --damage -o out digit.png
    """
    repair(files, "denoised", job, damage=damage, enlarge=False, seed=seed)
