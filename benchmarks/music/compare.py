"""One table of runs, measured on the same test windows.

    musicae train --config benchmarks/music/sixteenths.json --steps 1000 -o runs/ours-1000
    musicae train --config benchmarks/music/baseline.json --steps 1000 -o runs/baseline-1000
    python benchmarks/music/compare.py runs/ours-1000 runs/baseline-1000

A run's training time is the sum over its steps, validation and saving left out, as its `metrics.csv` holds it. A shipped
model's name stands for its checkpoint alone.
"""

import csv
from pathlib import Path

import click

from musicae.checkpoint import read_info
from musicae.datasets.evaluation import evaluate
from musicae.hub import find_weights, load_weights

COLUMNS = ("hold_accuracy", "step_accuracy", "note_f1", "onset_f1", "pitch_accuracy", "exact", "kl_bits", "nll_bits")


def minutes_of(run: Path) -> float | None:
    """Return the minutes of training of a run folder, None for a checkpoint alone."""
    table = run / "metrics.csv"
    if not table.is_file():
        return None
    with table.open(newline="") as file:
        return max(float(row["seconds"]) for row in csv.DictReader(file)) / 60


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--data", multiple=True, help="Collections, as for `musicae evaluate`.")
@click.option("--limit", type=int, help="Number of test windows. [default: all]")
@click.option("--which", type=click.Choice(["last", "best"]), default="last", show_default=True)
def main(runs: tuple[str, ...], data: tuple[str, ...], limit: int | None, which: str) -> None:
    """Print a Markdown table of RUNS (run folders, checkpoints or names of shipped models)."""
    titles = ("run", "parameters", "steps", "batch", "minutes", *(c.replace("_", " ") for c in COLUMNS))
    click.echo("| " + " | ".join(titles) + " |")
    click.echo("|" + "---|" * len(titles))
    for run in runs:
        path = Path(run) / f"{which}.safetensors"
        checkpoint = path if path.is_file() else find_weights(run)
        model, _ = load_weights(checkpoint)
        info = read_info(checkpoint)
        figures = evaluate(checkpoint, data, limit=limit, device="cpu")["all"]
        minutes = minutes_of(Path(run))
        cells = [Path(run).name, f"{model.parameter_count():,}", str(info.step), str(info.training.get("batch_size", ""))]
        cells.append(f"{minutes:.1f}" if minutes is not None else "")
        cells += [f"{figures[c]:.1f}" if c.endswith("bits") else f"{figures[c]:.3f}" for c in COLUMNS]
        click.echo("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
