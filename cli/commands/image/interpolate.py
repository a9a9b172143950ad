"""`musicae image interpolate`: morph one image into another."""

from pathlib import Path
from typing import Any

import click

from musicae.cli.support import image_job
from musicae.cli.support.outputs import numbered


@click.command("interpolate")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(2, 1000), default=9, show_default=True, help="Images, both ends included.")
@image_job.labels("Class of each image, for a conditional model: give two.")
@image_job.job("conv-vae", "interpolation", "A folder for one file per step and the strip, or a .png file for the strip alone.")
def command(first: Path, second: Path, steps: int, labels: tuple[int, ...], job: image_job.Job) -> None:
    """Morph the PNG or JPEG file FIRST into SECOND along the sphere of codes.

    \b
    Example:
        musicae image interpolate --steps 9 -o strip.png three.png eight.png
    """
    names = [f"step-{number}.png" for number in numbered(steps)]
    strip, *written = job.claim([job.output.name] if job.one_sheet else ["interpolation.png", *names])

    model = job.load((first, second))

    from musicae.images.files import tile

    a, b = job.read(model, (first, second)).split(1)
    images = model.interpolate(a, b, steps, image_job.labels_for(model, labels, 2))
    job.write(tile(images, columns=steps), strip)
    for path, image in zip(written, images, strict=False):
        job.write(image, path)
    facts: list[dict[str, Any]] = [{"step": i, "output": str(path)} for i, path in enumerate(written, 1)]
    facts.append({"sources": [str(first), str(second)], "steps": steps, "output": str(strip)})
    alone = f"; each alone in {written[0].name} to {written[-1].name}" if written else ""
    job.lines.results(facts, f"{strip}: {steps} steps from {first} to {second}, side by side{alone}")
