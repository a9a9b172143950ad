"""`musicae image evaluate`: measure a checkpoint on a data set."""

import json
import logging
from typing import Any

import click

from musicae.cli.support import image_job as shared
from musicae.cli.support import options
from musicae.cli.support.progress import tasks

__all__ = ["LINES", "command"]

# Line of the table: what it is called, the figure, how it is written, and what stands beside it.
LINES = (
    ("squared error a pixel", "mse", "{:.5f}", (("PCA of the same code size", "pca_mse"),)),
    ("PSNR, dB", "psnr", "{:.2f}", (("PCA", "pca_psnr"),)),
    (
        "without repair, dB",
        "psnr_damaged",
        "{:.2f}",
        (("bilinear", "psnr_bilinear"), ("best linear map", "psnr_linear")),
    ),
    ("Bernoulli loss, nats", "bernoulli", "{:.2f}", (("floor", "bernoulli_floor"), ("above it", "bernoulli_above_floor"))),
    ("Bernoulli loss a pixel, nats", "bernoulli_per_pixel", "{:.4f}", ()),
    ("ELBO, nats", "elbo", "{:.2f}", ()),
    ("-log p(x), nats", "nll", "{:.2f}", (("samples", "samples"), ("standard error", "nll_error"))),
    ("KL, nats", "kl", "{:.2f}", (("bits", "kl_bits"),)),
    ("active units", "active_units", "{:.0f}", (("of", "code_size"),)),
    ("5-NN accuracy of codes", "knn_accuracy", "{:.4f}", (("PCA", "pca_knn_accuracy"),)),
    ("linear probe accuracy of codes", "probe_accuracy", "{:.4f}", ()),
    ("discriminator accuracy", "discriminator_accuracy", "{:.4f}", ()),
)


@click.command("evaluate")
@click.argument("checkpoint", metavar="[NAME|FILE]", default="conv-vae")
@shared.data
@shared.data_dir
@click.option(
    "--split", type=click.Choice(["train", "valid", "test"]), default="test", show_default=True, help="Part of the data."
)
@click.option("--limit", type=click.IntRange(min=1), help="Take the first so many pictures. [default: all]")
@click.option(
    "--samples",
    type=click.IntRange(0, 1_000_000),
    default=100,
    show_default=True,
    help="Codes a picture for -log p(x); 0 leaves it out.",
)
@click.option(
    "--binarise",
    type=click.Choice(["dynamic", "none"]),
    help="Pixels of bounds and likelihoods: coins, or grey. [default: coins for a Bernoulli likelihood]",
)
@options.device
@options.seed
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(checkpoint: str, as_json: bool, **given: Any) -> None:
    """Measure reconstruction, likelihood and codes on held-out pictures.

    \b
    Example:
        musicae image evaluate conv-vae
        musicae image evaluate runs/vae --samples 5000 --json
    """
    from musicae.datasets.images import open_images_for
    from musicae.images.evaluation import evaluate
    from musicae.images.model import load

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    split, options = given["split"], {name: given[name] for name in ("samples", "binarise", "seed")}
    model = load(checkpoint, device=given["device"])
    with tasks() as progress:
        data = open_images_for(model, given["data"], given["data_dir"], splits=(split, "train"), progress=progress)
        images = data[split].first(given["limit"])
        metrics = evaluate(model, images, data["train"], progress=progress, **options)
    figures = {"checkpoint": checkpoint, "split": split, **metrics}
    if as_json:
        click.echo(json.dumps(figures))
    else:
        _show(figures)


def _show(figures: dict[str, Any]) -> None:
    """Print a table of the figures that the model has."""
    from musicae.cli.support.tables import console, table

    coins = "pixels drawn as coins" if figures["binarise"] == "dynamic" else "grey pixels"
    head = f"{figures['checkpoint']} ({figures['model']}), {figures['images']} {figures['split']} images of "
    title = f"{head}{figures['source']}; ELBO, -log p(x) and KL: {coins}"
    shown = table(("figure", "value", "beside it"), title=title, right=False)
    shown.columns[1].justify = "right"
    for label, name, form, beside in LINES:
        if figures.get(name) is None:
            continue
        notes = (f"{what} {figures[key]:.4g}" for what, key in beside if figures.get(key) is not None)
        shown.add_row(label, form.format(figures[name]), ", ".join(notes))
    console().print(shown)
