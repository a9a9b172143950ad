"""`musicae image interpolate`: morph one picture into another."""

import json
from pathlib import Path

import click

from musicae.cli.support import image_job as shared


@click.command("interpolate")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(2, 1000), default=9, show_default=True, help="Pictures, both ends included.")
@click.option("--label", "labels", type=int, multiple=True, help="Class of each picture, for a conditional model: give two.")
@shared.job("conv-vae", "interpolation", "A folder for one file a step and the strip, or a .png file for the strip alone.")
def command(first: Path, second: Path, steps: int, labels: tuple[int, ...], job: shared.Job) -> None:
    """Morph the PNG or JPEG file FIRST into SECOND along the sphere of codes.

    \b
    Example:
        musicae image interpolate three.png eight.png --steps 9 -o strip.png
    """
    digits = max(2, len(str(steps)))
    names = [f"step-{i:0{digits}d}.png" for i in range(1, steps + 1)]
    written = job.claim([job.output.name] if job.one_sheet else ["interpolation.png", *names])

    from musicae.images.files import tile

    model = job.load()
    a, b = job.read(model, (first, second)).split(1)
    made = model.interpolate(a, b, steps, shared.labels_for(model, labels, 2))
    job.write(tile(made, columns=steps), written[0])
    for path, picture in zip(written[1:], made, strict=False):
        job.write(picture, path)
    click.echo(json.dumps({"output": [str(path) for path in written], "steps": steps}))
