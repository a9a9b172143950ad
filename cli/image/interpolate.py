"""`musicae image interpolate`: morph one picture into another."""

import json
from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.image import shared


@click.command("interpolate")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(2, 1000), default=9, show_default=True, help="Pictures, both ends included.")
@click.option("--label", "labels", type=int, multiple=True, help="Class of each picture, for a conditional model: give two.")
@shared.fitting
@shared.checkpoint("conv-vae")
@options.device
@shared.zoom
@options.output("interpolation", "A folder for one file a step and the strip, or a .png file for the strip alone.")
@options.force
def command(
    first: Path,
    second: Path,
    steps: int,
    labels: tuple[int, ...],
    fit: bool,
    invert: bool,
    checkpoint: str,
    device: str,
    zoom: int,
    output: Path,
    force: bool,
) -> None:
    """Morph the PNG or JPEG file FIRST into SECOND along the sphere of codes.

    \b
    Example:
        musicae image interpolate three.png eight.png --steps 9 -o strip.png
    """
    digits = max(2, len(str(steps)))
    names = [f"step-{i:0{digits}d}.png" for i in range(1, steps + 1)]
    alone = shared.one_sheet(output)
    written = shared.picture_targets(output, [output.name] if alone else ["interpolation.png", *names], force=force)

    from musicae.picture_files import tile, write_picture
    from musicae.pictures import load_pictures

    model = load_pictures(checkpoint, device=device)
    a, b = (model.read(path, fit=fit, invert=invert) for path in (first, second))
    made = model.interpolate(a, b, steps, shared.labels_for(model, labels, 2))
    write_picture(tile(made, columns=steps), written[0], zoom=zoom)
    for path, picture in zip(written[1:], made, strict=False):
        write_picture(picture, path, zoom=zoom)
    click.echo(json.dumps({"output": [str(path) for path in written], "steps": steps}))
