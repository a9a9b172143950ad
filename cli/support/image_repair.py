"""What `musicae image denoise` and `musicae image upscale` share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from musicae.cli.support.image_job import Job


def repair(files: Sequence[Path], word: str, job: Job, *, damage: bool, enlarge: bool, seed: int) -> None:
    """Read images, damage them first if asked to, repair them, write them, and print how close they came."""
    names = [f"{path.stem}.{word}.png" for path in files]
    if damage:
        names += [f"{path.stem}.damaged.png" for path in files]
    if damage and job.one_sheet:
        raise click.UsageError(
            f"{job.output} is the name of one file, but --damage writes two for each image; give -o a folder."
        )
    written = job.claim(names)

    model = job.load(files)

    from musicae.images.corruptions import Downscaling
    from musicae.images.metrics import psnr

    if not enlarge and isinstance(model.task.corruption, Downscaling):
        raise click.ClickException(f"{job.checkpoint} enlarges small images; use `musicae image upscale`, or another -c.")
    x = job.read(model, files, small=enlarge and not damage)
    damaged = model.damage(x, seed=seed) if damage else x
    repaired = model.enlarge(damaged) if enlarge and not damage else model.repair(damaged)
    for i, path in enumerate(files):
        facts: dict[str, Any] = {"file": str(path), "output": str(written[i])}
        text = f"{written[i]}: {path} {word}"
        job.write(repaired[i], written[i])
        if damage:
            bad = written[len(files) + i]
            job.write(damaged[i], bad)
            before, after = (round(float(psnr(image[i : i + 1], x[i : i + 1])), 2) for image in (damaged, repaired))
            facts |= {"damaged": str(bad), "psnr_damaged": before, "psnr": after}
            text += f" from {bad}, PSNR {after:.2f} dB (damaged {before:.2f} dB)"
        job.lines.result(facts, text)
