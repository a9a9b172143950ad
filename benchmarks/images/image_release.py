"""Release a finished run of an image model: weights in half precision, test metrics in their metadata, and a model card.

    python benchmarks/images/image_release.py runs/vae-2d vae-2d --command "musicae image train vae-2d --threads 1"

The weights of the run and those in half precision are measured on all test images with the same binarisation, damage and codes;
the card prints both. The likelihood of the released weights is measured as in `table.py`.
"""

import json
from pathlib import Path
from typing import Any

import click
from likelihood import Likelihood, convolutional, measure
from table import RANDOM_DIGITS

from musicae.checkpoints.format import read_info
from musicae.checkpoints.release import Provenance, half_precision, release, weights_of
from musicae.cli.support.progress import tasks
from musicae.core.progress import Progress
from musicae.datasets.images import image_set, open_images_for
from musicae.images.card import CardMetrics, image_card, numbers
from musicae.images.data import ImageData
from musicae.images.evaluation import evaluate
from musicae.images.model import ImageModel
from musicae.images.model import load as load_image_model
from musicae.images.recipes import IMAGE_PRESETS

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"
MOST_BYTES = 6_000_000


def find_likelihood(model: ImageModel, data: ImageData, options: dict[str, Any], progress: Progress) -> Likelihood | None:
    """Return -log p(x) of the test images; None for a model without a likelihood, or without samples."""
    c = model.network.config
    if not c.variational or c.likelihood != "bernoulli" or not options["samples"]:
        return None
    digits = options["digits"] or (RANDOM_DIGITS if convolutional(model.network.decoder) else None)
    samples, few = options["samples"], options["few"]
    return measure(model, data["test"], samples=samples, digits=digits, few=few, progress=progress)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--command", required=True, help="The command that trained it.")
@click.option("--machine", default="one CPU core", show_default=True)
@click.option("--summary", help="First sentence of the card. [default: the preset's summary]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with the data. [default: the cache, then a download]")
@click.option("--samples", default=5000, show_default=True, help="Importance samples per image; 0 skips the likelihood.")
@click.option(
    "--digits", type=int, help=f"Images that get as many. [default: all, or {RANDOM_DIGITS} for convolutional models]"
)
@click.option("--few", default=100, show_default=True, help="Samples per image over all images, if not all get --samples.")
@click.option("--limit", type=int, help="Use only the first test images, as many as this.")
@click.option("--device", default="auto", show_default=True)
@click.option("--folder", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write. [default: musicae/weights]")
def main(
    run: Path, name: str, command: str, machine: str, summary: str | None, data_dir: Path | None, folder: Path, **options: Any
) -> None:
    """Write NAME.safetensors and NAME.md from a RUN folder."""
    info = read_info(weights_of(run))
    with half_precision(run, most_bytes=MOST_BYTES) as candidate, tasks() as progress:
        models = [load_image_model(path, device=options["device"]) for path in (weights_of(run), candidate)]
        data = open_images_for(models[0], folder=data_dir, splits=("test", "train"), progress=progress)
        data = data.first("test", options["limit"])
        single, half = (evaluate(m, data["test"], data["train"], samples=0, progress=progress) for m in models)
        likelihood = find_likelihood(models[1], data, options, progress)
    fields, sentence = {}, ""
    if likelihood is not None:
        fields = {k if k == "nll" else f"nll_{k}": v for k, v in likelihood.to_dict().items() if v is not None}
        sentence = (
            f"-log p(x) of the released weights: {likelihood.nll:.2f} nats ({likelihood.method()}; dynamic binarisation)."
        )
    provenance = Provenance(summary=summary or _summary(name), command=command, machine=machine)
    metrics = CardMetrics(half=half, single=single, likelihood=sentence)
    card = image_card(name, image_set(info.data["set"]).title, info, metrics, provenance)
    written = release(run, folder / f"{name}.safetensors", card, {**numbers(half), **numbers(fields)})
    click.echo(json.dumps(written.metrics, indent=2))


def _summary(name: str) -> str:
    """Return a preset's summary as a sentence."""
    summary = IMAGE_PRESETS[name].summary if name in IMAGE_PRESETS else "an image model"
    return f"{summary[0].upper()}{summary[1:]}."


if __name__ == "__main__":
    main()
