"""`musicae image upscale`: enlarge small images."""

from pathlib import Path

import click

from musicae.cli.support import image_job
from musicae.cli.support.image_repair import repair


@click.command("upscale")
@image_job.image_files
@click.option("--damage", is_flag=True, help="First make images of full size small, and measure the repair.")
@image_job.job("superres", "", "A .png file for one result, or a folder. [default: NAME.upscaled.png in this folder]")
def command(files: tuple[Path, ...], damage: bool, job: image_job.Job) -> None:
    """Enlarge small PNG or JPEG FILES (14 x 14 pixels for the shipped model).

    \b
    Example:
        musicae image upscale -o large.png small.png
        musicae image upscale --fit --damage -o out digit.png
    """
    repair(files, "upscaled", job, damage=damage, enlarge=True, seed=0)
