"""`musicae evaluate`: measure a checkpoint on a data set."""

import json

import click

from musicae.cli import options
from musicae.cli.progress import tasks


@click.command("evaluate")
@click.argument("checkpoint", metavar="[NAME|FILE]", default="melody-2bar")
@options.data
@click.option(
    "--split", type=click.Choice(["train", "valid", "test"]), default="test", show_default=True, help="Which tunes to take."
)
@click.option("--limit", type=click.IntRange(min=1), help="Take that many windows, evenly spaced. [default: all]")
@options.device
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(checkpoint: str, data: tuple[str, ...], split: str, limit: int | None, device: str, as_json: bool) -> None:
    """Reconstruct held-out windows greedily from the posterior mean, and tell how much was kept.

    \b
    Example:
        musicae evaluate melody-2bar
        musicae evaluate melody-2bar --data essen
    """
    from musicae.datasets.evaluation import evaluate

    with tasks() as progress:
        measured = evaluate(checkpoint, data, split=split, limit=limit, device=device, progress=progress)
    if as_json:
        click.echo(json.dumps(measured))
        return
    from musicae.cli.tables import console, table

    columns = {
        "windows": "{:.0f}",
        "hold_accuracy": "{:.3f}",
        "step_accuracy": "{:.4f}",
        "note_f1": "{:.4f}",
        "onset_f1": "{:.4f}",
        "pitch_accuracy": "{:.4f}",
        "exact": "{:.4f}",
        "kl_bits": "{:.1f}",
        "nll_bits": "{:.1f}",
        "active_units": "{:.0f}",
    }
    titles = ["collection", *(name.replace("_", " ") for name in columns)]
    shown = table(titles, title=f"{checkpoint}, {split} windows, greedy from the posterior mean")
    for name, figures in measured.items():
        shown.add_row(name, *(form.format(figures[column]) for column, form in columns.items()))
    console().print(shown)
