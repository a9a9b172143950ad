"""`musicae image sample`: new pictures from the prior."""

import json

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support import options


@click.command("sample")
@click.option("--count", "-n", type=click.IntRange(1, 10_000), default=16, show_default=True, help="How many.")
@click.option("--label", "labels", type=int, multiple=True, help="Class, for a conditional model; several are taken in turn.")
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, 10.0),
    default=0.0,
    show_default=True,
    help="0 gives the mean picture of each code, 1 draws its pixels.",
)
@options.seed
@shared.job("conv-vae", "samples", "A folder for one file a sample, or a .png file for all in one sheet.", reads=False)
def command(count: int, labels: tuple[int, ...], temperature: float, seed: int, job: shared.Job) -> None:
    """Make new pictures from codes drawn from N(0, I).

    \b
    Example:
        musicae image sample -n 64 -o sheet.png
        musicae image sample --checkpoint cvae --label 7 -n 8 -o sevens
    """
    digits = max(2, len(str(count)))
    names = [job.output.name] if job.one_sheet else [f"sample-{i:0{digits}d}.png" for i in range(1, count + 1)]
    written = job.claim(names)

    from musicae.core.autoencoder import Adversarial
    from musicae.images.files import tile

    model = job.load()
    made = model.sample(count, shared.labels_for(model, labels, count), temperature=temperature, seed=seed)
    if not (model.network.config.variational or isinstance(model.network, Adversarial)):
        click.echo(f"{job.checkpoint} is a plain autoencoder: nothing made its codes look like N(0, I).", err=True)
    for path, picture in zip(written, [tile(made)] if len(written) < count else made, strict=True):
        job.write(picture, path)
    click.echo(json.dumps({"samples": [str(path) for path in written], "seed": seed}))
