"""What `musicae image denoise` and `musicae image upscale` share."""

import json
from pathlib import Path
from typing import Any

import click

from musicae.cli.image import shared


def repair(
    files: tuple[Path, ...],
    word: str,
    *,
    damage: bool,
    enlarge: bool,
    fit: bool,
    invert: bool,
    seed: int,
    checkpoint: str,
    device: str,
    zoom: int,
    output: Path,
    force: bool,
) -> None:
    """Read pictures, damage them first if asked to, repair them, write them, and tell how close they came."""
    names = [f"{path.stem}.{word}.png" for path in files]
    if damage:
        names += [f"{path.stem}.damaged.png" for path in files]
    if damage and shared.one_sheet(output):
        raise click.UsageError(f"{output} is the name of one file, but --damage writes two for each picture; give -o a folder.")
    written = shared.picture_targets(output, names, force=force)

    import torch

    from musicae.corruptions import Downscaling
    from musicae.image_metrics import psnr
    from musicae.picture_files import write_picture
    from musicae.pictures import load_pictures

    model = load_pictures(checkpoint, device=device)
    if not enlarge and isinstance(model.task.corruption, Downscaling):
        raise click.ClickException(f"{checkpoint} enlarges small pictures; use `musicae image upscale`, or another -c.")
    x = torch.cat([model.read(path, fit=fit, invert=invert, small=enlarge and not damage) for path in files])
    shown = model.damage(x, seed=seed) if damage else x
    made = model.enlarge(shown) if enlarge and not damage else model.repair(shown)
    for i, path in enumerate(files):
        line: dict[str, Any] = {"file": str(path), "output": str(written[i])}
        write_picture(made[i], written[i], zoom=zoom)
        if damage:
            write_picture(shown[i], written[len(files) + i], zoom=zoom)
            before, after = (round(float(psnr(p[i : i + 1], x[i : i + 1])), 2) for p in (shown, made))
            line |= {"damaged": str(written[len(files) + i]), "psnr_damaged": before, "psnr": after}
        click.echo(json.dumps(line))
