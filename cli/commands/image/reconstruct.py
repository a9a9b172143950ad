"""`musicae image reconstruct`: encode images and decode them again."""

from pathlib import Path

import click

from musicae.cli.support import image_job


@click.command("reconstruct")
@image_job.image_files
@image_job.labels("Class of the images, for a conditional model; several are used in turn.")
@image_job.job("conv-vae", "", "A .png file for one result, or a folder. [default: NAME.reconstructed.png in this folder]")
def command(files: tuple[Path, ...], labels: tuple[int, ...], job: image_job.Job) -> None:
    """Encode PNG or JPEG FILES, decode them, and measure how close they are.

    \b
    Example:
        musicae image reconstruct --fit --invert -o again.png digit.png
    """
    written = job.claim([f"{path.stem}.reconstructed.png" for path in files])

    model = job.load(files)

    from musicae.images.metrics import psnr

    x = job.read(model, files)
    images = model.reconstruct(x, image_job.labels_for(model, labels, len(x)))
    for path, target, image, decibels in zip(files, written, images, psnr(images, x), strict=True):
        job.write(image, target)
        facts = {"file": str(path), "output": str(target), "psnr": round(float(decibels), 2)}
        job.lines.result(facts, f"{target}: {path}, PSNR {facts['psnr']:.2f} dB")
