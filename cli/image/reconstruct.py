"""`musicae image reconstruct`: encode pictures and decode them again."""

import json
from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.image import shared


@click.command("reconstruct")
@shared.picture_files
@shared.fitting
@click.option("--label", "labels", type=int, multiple=True, help="Class of the pictures, for a conditional model; in turn.")
@shared.checkpoint("conv-vae")
@options.device
@shared.zoom
@options.output("", "A .png file for one result, or a folder. [default: NAME.reconstructed.png in this folder]")
@options.force
def command(
    files: tuple[Path, ...],
    fit: bool,
    invert: bool,
    labels: tuple[int, ...],
    checkpoint: str,
    device: str,
    zoom: int,
    output: Path,
    force: bool,
) -> None:
    """Encode PNG or JPEG FILES, decode them, and tell how close they are.

    \b
    Example:
        musicae image reconstruct digit.png --fit --invert -o again.png
    """
    written = shared.picture_targets(output, [f"{path.stem}.reconstructed.png" for path in files], force=force)

    import torch

    from musicae.image_metrics import psnr
    from musicae.picture_files import write_picture
    from musicae.pictures import load_pictures

    model = load_pictures(checkpoint, device=device)
    x = torch.cat([model.read(path, fit=fit, invert=invert) for path in files])
    made = model.reconstruct(x, shared.labels_for(model, labels, len(x)))
    for path, target, picture, decibels in zip(files, written, made, psnr(made, x), strict=True):
        write_picture(picture, target, zoom=zoom)
        click.echo(json.dumps({"file": str(path), "output": str(target), "psnr": round(float(decibels), 2)}))
