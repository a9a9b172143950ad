"""`musicae image denoise`: take the noise out of pictures."""

from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.image import shared
from musicae.cli.image.repair import repair


@click.command("denoise")
@shared.picture_files
@click.option("--damage", is_flag=True, help="Add the noise that the model knows first, and tell what was won.")
@shared.fitting
@options.seed
@shared.checkpoint("denoise")
@options.device
@shared.zoom
@options.output("", "A .png file for one result, or a folder. [default: NAME.denoised.png in this folder]")
@options.force
def command(
    files: tuple[Path, ...],
    damage: bool,
    fit: bool,
    invert: bool,
    seed: int,
    checkpoint: str,
    device: str,
    zoom: int,
    output: Path,
    force: bool,
) -> None:
    """Repair noisy PNG or JPEG FILES.

    \b
    Example:
        musicae image denoise noisy.png -o clean.png
        musicae image denoise digit.png --fit --damage -o out
    """
    repair(
        files, "denoised", damage=damage, enlarge=False, fit=fit, invert=invert, seed=seed, checkpoint=checkpoint,
        device=device, zoom=zoom, output=output, force=force,
    )  # fmt: skip
