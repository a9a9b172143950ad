"""`musicae image upscale`: enlarge small pictures."""

from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.image import shared
from musicae.cli.image.repair import repair


@click.command("upscale")
@shared.picture_files
@click.option("--damage", is_flag=True, help="Make pictures of full size small first, and tell what was won.")
@shared.fitting
@shared.checkpoint("superres")
@options.device
@shared.zoom
@options.output("", "A .png file for one result, or a folder. [default: NAME.upscaled.png in this folder]")
@options.force
def command(
    files: tuple[Path, ...],
    damage: bool,
    fit: bool,
    invert: bool,
    checkpoint: str,
    device: str,
    zoom: int,
    output: Path,
    force: bool,
) -> None:
    """Enlarge small PNG or JPEG FILES (14 x 14 pixels for the shipped model).

    \b
    Example:
        musicae image upscale small.png -o large.png
        musicae image upscale digit.png --fit --damage -o out
    """
    repair(
        files, "upscaled", damage=damage, enlarge=True, fit=fit, invert=invert, seed=0, checkpoint=checkpoint,
        device=device, zoom=zoom, output=output, force=force,
    )  # fmt: skip
