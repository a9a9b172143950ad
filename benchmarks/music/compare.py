"""One table of runs, measured on the same test windows: after as many steps, in as much time, and of drums.

    musicae train --config benchmarks/music/sixteenths.json --steps 1000 --batch-size 128 --threads 1 -o runs/ours-1000
    musicae train --config benchmarks/music/baseline.json --steps 1000 --batch-size 128 --threads 1 -o runs/baseline-1000
    python benchmarks/music/compare.py runs/ours-1000 runs/baseline-1000

    musicae train --config benchmarks/music/sixteenths.json --threads 1 -o runs/sixteenths
    musicae train --config benchmarks/music/baseline.json --steps 20000 --batch-size 128 --minutes 56.8 --threads 1 \\
        -o runs/baseline-57
    python benchmarks/music/compare.py runs/sixteenths runs/baseline-57

    musicae train --config benchmarks/music/drums-short.json --data groove=PATH -o runs/drums-short
    musicae train musicvae-drums-2bar-small --data groove=PATH --minutes 18 --threads 1 -o runs/drums-baseline
    python benchmarks/music/compare.py runs/drums-short runs/drums-baseline --data groove=PATH

A run's training time is the sum over its steps, without validation and saving, as its `metrics.csv` holds it. A shipped
model's name stands for its checkpoint alone.
"""

import csv
from pathlib import Path

import click

from musicae.checkpoints.format import read_info
from musicae.checkpoints.shipped import find_weights, load_weights
from musicae.datasets.music.held_out import open_subject
from musicae.music.evaluation.report import evaluate, overall
from musicae.music.kinds import further_words, headline_words

OWN = [name for name, words in {**headline_words(), **further_words()}.items() if not words.baseline]
COLUMNS = ("hold_accuracy", "step_accuracy", *OWN, "exact", "kl_bits", "nll_bits")


def minutes_of(run: Path) -> float | None:
    """Return the minutes of training of a run folder, None for a checkpoint alone."""
    table = run / "metrics.csv"
    if not table.is_file():
        return None
    with table.open(newline="") as file:
        return max(float(row["seconds"]) for row in csv.DictReader(file)) / 60


def row_of(run: str, which: str, data: tuple[str, ...], limit: int | None) -> dict[str, str]:
    """Return the row of a run, by column: counts, minutes, and those of `COLUMNS` that its kind of music has."""
    path = Path(run) / f"{which}.safetensors"
    checkpoint = path if path.is_file() else find_weights(run)
    model, _ = load_weights(checkpoint)
    info = read_info(checkpoint)
    minutes = minutes_of(Path(run))
    metrics = overall(evaluate(open_subject(checkpoint, data, device="cpu"), limit=limit))
    cells = {c: f"{metrics[c]:.1f}" if c.endswith("bits") else f"{metrics[c]:.3f}" for c in COLUMNS if c in metrics}
    return {
        "run": Path(run).name,
        "parameters": f"{model.parameter_count():,}",
        "steps": str(info.step),
        "batch": str(info.training.get("batch_size", "")),
        "minutes": f"{minutes:.1f}" if minutes is not None else "",
        **{column.replace("_", " "): cell for column, cell in cells.items()},
    }


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--data", multiple=True, help="Collections, as for `musicae evaluate`.")
@click.option("--limit", type=int, help="Number of test windows. [default: all]")
@click.option("--which", type=click.Choice(["last", "best"]), default="last", show_default=True)
def main(runs: tuple[str, ...], data: tuple[str, ...], limit: int | None, which: str) -> None:
    """Print a Markdown table of RUNS (run folders, checkpoints or names of shipped models)."""
    for i, run in enumerate(runs):
        row = row_of(run, which, data, limit)
        if i == 0:
            click.echo("| " + " | ".join(row) + " |")
            click.echo("|" + "---|" * len(row))
        click.echo("| " + " | ".join(row.values()) + " |")


if __name__ == "__main__":
    main()
