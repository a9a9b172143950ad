"""Turn a finished run of an image model into a shipped model: half precision, test metrics in its metadata, a model card.

    python benchmarks/images/image_release.py runs/vae-2d vae-2d --command "musicae image train vae-2d --threads 1"

The weights of the run and the shipped ones (half precision) are measured on all test images with the same binarisation, damage
and codes; the card prints both. The likelihood of the shipped weights is measured as in `table.py`.
"""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from likelihood import Likelihood, convolutional, measure
from table import RANDOM_DIGITS

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.cli.commands.image.evaluate import LINES
from musicae.cli.support.progress import tasks
from musicae.core.autoencoder import Adversarial
from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.datasets.images import image_set, open_images_for
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Corruption
from musicae.images.data import ImageData
from musicae.images.evaluation import evaluate
from musicae.images.model import ImageModel
from musicae.images.model import load as load_image_model
from musicae.images.recipes import IMAGE_PRESETS

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"
MOST_BYTES = 6_000_000
_BINARISED = "Bernoulli samples with the grey values as probabilities, drawn again for every batch (dynamic binarisation)"
NOT_METRICS = ("images", "code_size", "samples")  # other numbers in the result of an evaluation

CARD = """# {name}

{summary}

- **Model**: `{model}`, {parameters:,} parameters, code of {latent} numbers; {megabytes:.2f} MB in half precision.
  Configuration: `{config}`.
- **Takes and gives**: images of {channels} x {size} x {size} values in [0, 1]; {likelihood} likelihood of pixels.
- **Trained with** `{command}`: {steps:,} steps of {batch} images, {minutes:.0f} minutes on {machine}; these are the weights of
  step {best:,}, the best on validation images.
- **Objective**: {objective}
- **Data**: {title} ({source}), {images:,} training images; licence {licence}.
- **Pixels in training**: {binarisation}{corruption}

## Metrics

All {count:,} test images, mean images at the mode of the posterior. Command: `musicae image evaluate {name}`.

| metric | shipped (half precision) | single precision | reference |
|---|---|---|---|
{rows}

{loss}
{likelihood_words}"""


def numbers(result: dict[str, Any]) -> dict[str, float]:
    """Return the metrics in the result of an evaluation."""
    return {k: round(float(v), 6) for k, v in result.items() if isinstance(v, int | float) and k not in NOT_METRICS}


def rows_of(half: dict[str, Any], single: dict[str, Any]) -> str:
    """Return the lines of the card's table."""
    lines = []
    for title, key, form, references in LINES:
        if half.get(key) is not None:
            notes = ", ".join(f"{words} {half[k]:.4g}" for words, k in references if half.get(k) is not None)
            lines.append(f"| {title} | {form.format(half[key])} | {form.format(single[key])} | {notes} |")
    return "\n".join(lines)


def loss_of(half: dict[str, Any], single: dict[str, Any]) -> str:
    """Return the effect of half precision, in words."""
    parts = [
        f"{half['psnr'] - single['psnr']:+.4f} dB PSNR",
        f"{half['bernoulli'] - single['bernoulli']:+.4f} nats Bernoulli loss",
    ]
    if half["elbo"] is not None:
        parts.append(f"{half['elbo'] - single['elbo']:+.4f} nats ELBO")
    return f"Half precision changes {', '.join(parts)}."


def find_likelihood(model: ImageModel, data: ImageData, options: dict[str, Any], progress: Progress) -> Likelihood | None:
    """Return -log p(x) of the test images; None for a model without a likelihood, or without samples."""
    c = model.network.config
    if not c.variational or c.likelihood != "bernoulli" or not options["samples"]:
        return None
    digits = options["digits"] or (RANDOM_DIGITS if convolutional(model.network.decoder) else None)
    samples, few = options["samples"], options["few"]
    return measure(model, data["test"], samples=samples, digits=digits, few=few, progress=progress)


def facts(info: CheckpointInfo, model: Any, run: Path) -> dict[str, Any]:
    """Return the facts of the card about model, data and training."""
    data, task, training = image_set(info.data["set"]), ImageTask.from_dict(info.data["task"]), info.training
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    beta = training["objective"]["beta"]
    adversarial = isinstance(model, Adversarial)
    penalty = "the softplus of the discriminator's log ratio" if adversarial else "KL(q(z|x) || N(0, I))"
    warm = f", beta rising for {beta['steps']:,} steps" if beta["kind"] == "linear" else ""
    return {
        "model": info.model,
        "parameters": model.parameter_count(),
        "latent": model.latent_size,
        "config": json.dumps(info.config),
        "channels": model.config.channels,
        "size": model.config.size,
        "likelihood": model.config.likelihood.capitalize(),
        "steps": max(int(row["step"]) for row in table),
        "best": info.step,
        "batch": training["batch_size"],
        "minutes": max(float(row["seconds"]) for row in table) / 60,
        "objective": "-log p(x|z), summed over pixels, in nats"
        + (f", plus {beta['beta']:g} times {penalty}{warm}." if info.config["variational"] or adversarial else "."),
        "title": data.title,
        "source": info.data["source"],
        "images": info.data["images"],
        "licence": info.data["licence"],
        "binarisation": _BINARISED if task.binarise == "dynamic" else "grey values, not binarised",
        "corruption": _damage(task.corruption),
    }


def _damage(corruption: Corruption | None) -> str:
    """Return the damage to the encoder's input, in words."""
    if corruption is None:
        return "."
    fields = ", ".join(f"{k} {v}" for k, v in corruption.to_dict().items() if k != "name")
    return f"; the encoder's input is damaged by {corruption.name} ({fields}), drawn again for every batch."


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
    """Write musicae/weights/NAME.safetensors and NAME.md from a RUN folder."""
    model, info = load_checkpoint(run / "best.safetensors")
    target, spare = folder / f"{name}.safetensors", folder / f"{name}.safetensors.new"
    try:
        save_checkpoint(spare, model, info, half=True)
        if spare.stat().st_size >= MOST_BYTES:
            raise click.ClickException(
                f"{name} would take {spare.stat().st_size / 1e6:.1f} MB; shipped image models take less than 6."
            )
        with tasks() as progress:
            models = [load_image_model(path, device=options["device"]) for path in (run / "best.safetensors", spare)]
            data = open_images_for(models[0], folder=data_dir, splits=("test", "train"), progress=progress)
            data = data.first("test", options["limit"])
            single, half = (evaluate(m, data["test"], data["train"], samples=0, progress=progress) for m in models)
            likelihood = find_likelihood(models[1], data, options, progress)
    finally:
        spare.unlink(missing_ok=True)
    fields = {} if likelihood is None else likelihood.to_dict()
    nll = {k if k == "nll" else f"nll_{k}": v for k, v in fields.items() if v is not None}
    metrics = {f"test_{k}": v for k, v in {**numbers(half), **numbers(nll)}.items() if math.isfinite(v)}
    save_checkpoint(target, model, replace(info, metrics=metrics), half=True)
    words = (
        ""
        if likelihood is None
        else f"\n-log p(x) of the shipped weights: {likelihood.nll:.2f} nats ({likelihood.method()}; dynamic binarisation).\n"
    )
    text = CARD.format(
        name=name,
        summary=summary or _summary(name),
        command=command,
        machine=machine,
        megabytes=target.stat().st_size / 1e6,
        count=half["images"],
        rows=rows_of(half, single),
        loss=loss_of(half, single),
        likelihood_words=words,
        **facts(info, model, run),
    )
    write_atomically(folder / f"{name}.md", text.encode())
    click.echo(json.dumps(metrics, indent=2))


def _summary(name: str) -> str:
    """Return a preset's summary as a sentence."""
    summary = IMAGE_PRESETS[name].summary if name in IMAGE_PRESETS else "an image model"
    return f"{summary[0].upper()}{summary[1:]}."


if __name__ == "__main__":
    main()
