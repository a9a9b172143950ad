"""`musicae image upscale`: enlarge small pictures."""

from pathlib import Path

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support.image_repair import repair


@click.command("upscale")
@shared.picture_files
@click.option("--damage", is_flag=True, help="Make pictures of full size small first, and tell what was won.")
@shared.job("superres", "", "A .png file for one result, or a folder. [default: NAME.upscaled.png in this folder]")
def command(files: tuple[Path, ...], damage: bool, job: shared.Job) -> None:
    """Enlarge small PNG or JPEG FILES (14 x 14 pixels for the shipped model).

    \b
    Example:
        musicae image upscale small.png -o large.png
        musicae image upscale digit.png --fit --damage -o out
    """
    repair(files, "upscaled", job, damage=damage, enlarge=True, seed=0)
