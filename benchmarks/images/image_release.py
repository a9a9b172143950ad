"""Turn a finished run of pictures into a shipped model: half precision, test figures in its metadata, and a model card.

    python benchmarks/images/image_release.py runs/vae-2d vae-2d --command "musicae image train vae-2d --threads 1"

Both the run's weights and the shipped ones (half precision) are measured on all test pictures with the same coins, damage and
codes; the card prints both. The likelihood of shipped weights is measured as in `table.py`.
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
from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.datasets.images import image_set
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Corruption
from musicae.images.evaluation import evaluate_pictures, load_split
from musicae.images.model import load_pictures
from musicae.images.recipes import IMAGE_PRESETS

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"
MOST_BYTES = 6_000_000
NO_FIGURES = ("pictures", "code_size", "samples")  # numbers of an evaluation that measure nothing

CARD = """# {name}

{summary}

- **Model**: `{model}`, {parameters:,} parameters, code of {latent} numbers; {megabytes:.2f} MB in half precision.
  Configuration: `{config}`.
- **Takes and gives**: pictures of {channels} x {size} x {size} values in [0, 1]; {likelihood} likelihood of pixels.
- **Trained with** `{command}`: {steps:,} steps of {batch} pictures, {minutes:.0f} minutes on {machine}; kept are the weights of
  step {best:,}, the best on validation pictures.
- **Objective**: {objective}
- **Data**: {title} ({source}), {pictures:,} training pictures; licence {licence}.
- **Pixels in training**: {binarisation}{corruption}

## Figures

All {count:,} test pictures, mean pictures of the posterior's mode. Command: `musicae image evaluate {name}`.

| figure | shipped (half precision) | single precision | beside it |
|---|---|---|---|
{rows}

{loss}
{likelihood_words}"""


def numbers(figures: dict[str, Any]) -> dict[str, float]:
    """Return the figures of an evaluation that measure something."""
    kept = {k: v for k, v in figures.items() if isinstance(v, int | float) and k not in NO_FIGURES}
    return {k: round(float(v), 6) for k, v in kept.items()}


def rows_of(half: dict[str, Any], single: dict[str, Any]) -> str:
    """Return the lines of the card's table."""
    lines = []
    for title, key, form, beside in LINES:
        if half.get(key) is not None:
            notes = ", ".join(f"{words} {half[k]:.4g}" for words, k in beside if half.get(k) is not None)
            lines.append(f"| {title} | {form.format(half[key])} | {form.format(single[key])} | {notes} |")
    return "\n".join(lines)


def loss_of(half: dict[str, Any], single: dict[str, Any]) -> str:
    """Return in words what half precision costs."""
    parts = [
        f"{half['psnr'] - single['psnr']:+.4f} dB PSNR",
        f"{half['bernoulli'] - single['bernoulli']:+.4f} nats Bernoulli loss",
    ]
    if half["elbo"] is not None:
        parts.append(f"{half['elbo'] - single['elbo']:+.4f} nats ELBO")
    return f"Half precision changes {', '.join(parts)}."


def find_likelihood(path: Path, data_dir: Path | None, given: dict[str, Any], progress: Progress) -> Likelihood | None:
    """Return -log p(x) of the test pictures; None for a model that has none, or without samples."""
    loaded = load_pictures(path, device=given["device"])
    c = loaded.model.config
    if not c.variational or c.likelihood != "bernoulli" or not given["samples"]:
        return None
    data = load_split(loaded, None, data_dir, "test", progress).first(given["limit"])
    digits = given["digits"] or (RANDOM_DIGITS if convolutional(loaded.model.decoder) else None)
    return measure(loaded, data, samples=given["samples"], digits=digits, few=given["few"], progress=progress)


def facts(info: CheckpointInfo, model: Any, run: Path) -> dict[str, Any]:
    """Return what the card says of model, data and training."""
    data, task, training = image_set(info.data["set"]), ImageTask.from_dict(info.data["task"]), info.training
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    beta = training["objective"]["beta"]
    pull = "the discriminator's softplus log ratio" if "discriminator_sizes" in info.config else "KL(q(z|x) || N(0, I))"
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
        + (f", plus {beta['beta']:g} times {pull}{warm}." if info.config["variational"] or "discriminator" in pull else "."),
        "title": data.title,
        "source": info.data["source"],
        "pictures": info.data["pictures"],
        "licence": info.data["licence"],
        "binarisation": "coins with the grey values as probabilities, drawn afresh for every batch (dynamic binarisation)"
        if task.binarise == "dynamic"
        else "grey values, not binarised",
        "corruption": _damage(task.corruption),
    }


def _damage(corruption: Corruption | None) -> str:
    """Return in words what pictures were damaged by."""
    if corruption is None:
        return "."
    fields = ", ".join(f"{k} {v}" for k, v in corruption.to_dict().items() if k != "name")
    return f"; the model sees them damaged by {corruption.name} ({fields}), drawn afresh for every batch."


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--command", required=True, help="The command that trained it.")
@click.option("--machine", default="one CPU core", show_default=True)
@click.option("--summary", help="First words of the card. [default: the preset's]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with the data. [default: the cache, then a download]")
@click.option("--samples", default=5000, show_default=True, help="Importance samples a picture; 0 leaves the likelihood out.")
@click.option("--digits", type=int, help=f"Pictures that get as many. [default: all, or {RANDOM_DIGITS} with convolutions]")
@click.option("--few", default=100, show_default=True, help="Samples for all pictures, where not all get --samples.")
@click.option("--limit", type=int, help="Measure the first so many test pictures only.")
@click.option("--device", default="auto", show_default=True)
@click.option("--folder", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write. [default: musicae/weights]")
def main(
    run: Path, name: str, command: str, machine: str, summary: str | None, data_dir: Path | None, folder: Path, **given: Any
) -> None:
    """Write musicae/weights/NAME.safetensors and NAME.md from a RUN folder."""
    model, info = load_checkpoint(run / "best.safetensors")
    target, spare = folder / f"{name}.safetensors", folder / f"{name}.safetensors.new"
    try:
        save_checkpoint(spare, model, info, half=True)
        if spare.stat().st_size >= MOST_BYTES:
            raise click.ClickException(
                f"{name} would take {spare.stat().st_size / 1e6:.1f} MB; shipped pictures take less than 6."
            )
        with tasks() as progress:
            options = {"data_dir": data_dir, "samples": 0, "limit": given["limit"], "device": given["device"]}
            single, half = (evaluate_pictures(p, progress=progress, **options) for p in (run / "best.safetensors", spare))
            found = find_likelihood(spare, data_dir, given, progress)
    finally:
        spare.unlink(missing_ok=True)
    told = {} if found is None else {k if k == "nll" else f"nll_{k}": v for k, v in found.to_dict().items() if v is not None}
    metrics = {f"test_{k}": v for k, v in {**numbers(half), **numbers(told)}.items() if math.isfinite(v)}
    save_checkpoint(target, model, replace(info, metrics=metrics), half=True)
    words = (
        ""
        if found is None
        else f"\n-log p(x) of the shipped weights: {found.nll:.2f} nats ({found.beside()}; dynamic binarisation).\n"
    )
    text = CARD.format(
        name=name,
        summary=summary or _summary(name),
        command=command,
        machine=machine,
        megabytes=target.stat().st_size / 1e6,
        count=half["pictures"],
        rows=rows_of(half, single),
        loss=loss_of(half, single),
        likelihood_words=words,
        **facts(info, model, run),
    )
    write_atomically(folder / f"{name}.md", text.encode())
    click.echo(json.dumps(metrics, indent=2))


def _summary(name: str) -> str:
    """Return a preset's summary as a sentence."""
    said = IMAGE_PRESETS[name].summary if name in IMAGE_PRESETS else "a model of pictures"
    return f"{said[0].upper()}{said[1:]}."


if __name__ == "__main__":
    main()
