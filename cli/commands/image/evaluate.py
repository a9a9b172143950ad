"""`musicae image evaluate`: measure a checkpoint on a data set."""

import logging
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import completions, image_job, options
from musicae.cli.support.loading import load_images
from musicae.cli.support.progress import tasks
from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table


@click.command("evaluate")
@click.argument("checkpoint", metavar="[NAME|FILE]", default="conv-vae", shell_complete=completions.checkpoints)
@image_job.held_out
@click.option("--limit", type=click.IntRange(min=1), help="Measure that many images only, the first ones. [default: all]")
@click.option(
    "--samples",
    type=click.IntRange(0, 1_000_000),
    default=100,
    show_default=True,
    help="Codes per image for -log p(x); 0 skips it.",
)
@click.option(
    "--binarise",
    type=click.Choice(["dynamic", "none"]),
    help="Pixels of bounds and likelihoods: Bernoulli samples, or grey. [default: dynamic for a Bernoulli likelihood]",
)
@options.device
@options.seed
@json_lines
def command(
    checkpoint: str,
    held_out: image_job.HeldOut,
    limit: int | None,
    samples: int,
    binarise: str | None,
    device: str,
    seed: int,
    lines: Lines,
) -> None:
    """Measure reconstruction, likelihood and codes on held-out images.

    \b
    Example:
        musicae image evaluate conv-vae
        musicae image evaluate --samples 5000 --json runs/vae
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model = load_images(checkpoint, device)

    from musicae.images.evaluation import evaluate

    how: dict[str, Any] = {"samples": samples, "binarise": binarise, "seed": seed}
    with tasks() as progress:
        data = held_out.open(model, progress)
        images = data[held_out.split].first(limit)
        metrics = evaluate(model, images, data["train"], progress=progress, **how)
    facts = {"checkpoint": checkpoint, "split": held_out.split, **metrics}
    lines.result(facts, _table(facts))


def _table(facts: dict[str, Any]) -> "Table":
    """Return a table of the metrics that the model has."""
    from musicae.cli.support.tables import table
    from musicae.images.metric_rows import METRIC_ROWS

    pixels = "pixels as Bernoulli samples" if facts["binarise"] == "dynamic" else "grey pixels"
    head = f"{facts['checkpoint']} ({facts['model']}), {facts['images']} {facts['split']} images of {facts['source']}"
    result = table(("metric", "value", "compared with"), title=f"{head}; ELBO, -log p(x) and KL: {pixels}", right=False)
    result.columns[1].justify = "right"
    for row in METRIC_ROWS:
        if facts.get(row.name) is not None:
            result.add_row(row.title, row.form.format(facts[row.name]), row.notes(facts))
    return result
