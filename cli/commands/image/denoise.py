"""`musicae image denoise`: take the noise out of pictures."""

from pathlib import Path

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support import options
from musicae.cli.support.image_repair import repair


@click.command("denoise")
@shared.picture_files
@click.option("--damage", is_flag=True, help="Add the noise that the model knows first, and tell what was won.")
@options.seed
@shared.job("denoise", "", "A .png file for one result, or a folder. [default: NAME.denoised.png in this folder]")
def command(files: tuple[Path, ...], damage: bool, seed: int, job: shared.Job) -> None:
    """Repair noisy PNG or JPEG FILES.

    \b
    Example:
        musicae image denoise noisy.png -o clean.png
        musicae image denoise digit.png --fit --damage -o out
    """
    repair(files, "denoised", job, damage=damage, enlarge=False, seed=seed)
