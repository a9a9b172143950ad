"""`musicae image reconstruct`: encode pictures and decode them again."""

import json
from pathlib import Path

import click

from musicae.cli.support import image_job as shared


@click.command("reconstruct")
@shared.picture_files
@click.option("--label", "labels", type=int, multiple=True, help="Class of the pictures, for a conditional model; in turn.")
@shared.job("conv-vae", "", "A .png file for one result, or a folder. [default: NAME.reconstructed.png in this folder]")
def command(files: tuple[Path, ...], labels: tuple[int, ...], job: shared.Job) -> None:
    """Encode PNG or JPEG FILES, decode them, and tell how close they are.

    \b
    Example:
        musicae image reconstruct digit.png --fit --invert -o again.png
    """
    written = job.claim([f"{path.stem}.reconstructed.png" for path in files])

    from musicae.images.metrics import psnr

    model = job.load()
    x = job.read(model, files)
    made = model.reconstruct(x, shared.labels_for(model, labels, len(x)))
    for path, target, picture, decibels in zip(files, written, made, psnr(made, x), strict=True):
        job.write(picture, target)
        click.echo(json.dumps({"file": str(path), "output": str(target), "psnr": round(float(decibels), 2)}))
