"""`musicae image sample`: new images from the prior."""

import click

from musicae.cli.support import image_job, options
from musicae.cli.support.outputs import numbered


@click.command("sample")
@options.count(16, "samples", most=10_000)
@image_job.labels("Class, for a conditional model; several are used in turn.")
@options.temperature(0.0, "0 gives the mean image of each code, 1 draws its pixels.")
@options.seed
@image_job.job("conv-vae", "samples", "A folder for one file per sample, or a .png file for all in one sheet.", reads=False)
def command(count: int, labels: tuple[int, ...], temperature: float, seed: int, job: image_job.Job) -> None:
    """Make new images from codes drawn from N(0, I).

    \b
    Example:
        musicae image sample -n 64 -o sheet.png
        musicae image sample --checkpoint cvae --label 7 -n 8 -o sevens
    """
    names = [job.output.name] if job.one_sheet else [f"sample-{number}.png" for number in numbered(count)]
    written = job.claim(names)

    model = job.load()

    from musicae.core.autoencoder import Adversarial
    from musicae.images.files import tile

    images = model.sample(count, image_job.labels_for(model, labels, count), temperature=temperature, seed=seed)
    if not (model.network.config.variational or isinstance(model.network, Adversarial)):
        click.echo(f"{job.checkpoint} is a plain autoencoder: nothing in its training made codes look like N(0, I).", err=True)
    for path, image in zip(written, [tile(images)] if job.one_sheet else images, strict=True):
        job.write(image, path)
    facts = [{"seed": seed, "samples": count if job.one_sheet else 1, "output": str(path)} for path in written]
    place = f"{written[0]}" + (f" to {written[-1].name}" if len(written) > 1 else "")
    job.lines.results(facts, f"{place}: {count} sample{'s' if count > 1 else ''} of {job.checkpoint}")
