"""What `musicae image denoise` and `musicae image upscale` share."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from musicae.cli.support import image_job as shared


def repair(files: Sequence[Path], word: str, job: shared.Job, *, damage: bool, enlarge: bool, seed: int) -> None:
    """Read pictures, damage them first if asked to, repair them, write them, and tell how close they came."""
    names = [f"{path.stem}.{word}.png" for path in files]
    if damage:
        names += [f"{path.stem}.damaged.png" for path in files]
    if damage and job.one_sheet:
        raise click.UsageError(
            f"{job.output} is the name of one file, but --damage writes two for each picture; give -o a folder."
        )
    written = job.claim(names)

    from musicae.images.corruptions import Downscaling
    from musicae.images.metrics import psnr

    model = job.load()
    if not enlarge and isinstance(model.task.corruption, Downscaling):
        raise click.ClickException(f"{job.checkpoint} enlarges small pictures; use `musicae image upscale`, or another -c.")
    x = job.read(model, files, small=enlarge and not damage)
    shown = model.damage(x, seed=seed) if damage else x
    made = model.enlarge(shown) if enlarge and not damage else model.repair(shown)
    for i, path in enumerate(files):
        line: dict[str, Any] = {"file": str(path), "output": str(written[i])}
        job.write(made[i], written[i])
        if damage:
            job.write(shown[i], written[len(files) + i])
            before, after = (round(float(psnr(p[i : i + 1], x[i : i + 1])), 2) for p in (shown, made))
            line |= {"damaged": str(written[len(files) + i]), "psnr_damaged": before, "psnr": after}
        click.echo(json.dumps(line))
