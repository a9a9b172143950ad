"""KL against accuracy of several checkpoints: what a model keeps of its windows at the rate that it pays.

    python benchmarks/music/rate_distortion.py ours=melody-2bar ours=runs/lower-kl baseline=runs/baseline -o curve.png

Each checkpoint is LABEL=NAME, a shipped model, run folder or checkpoint; those of one label make one curve. All are measured
here, on the same held-out windows, and in the same way: `musicae.music.evaluation.report.evaluate`, greedily from the
posterior mean.
`--stored` takes the metrics that `release.py` wrote into a checkpoint instead, where there are some: they are of all test
windows of the default collections, so that it goes with neither --data nor --limit.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.checkpoints.format import read_info
from musicae.checkpoints.shipped import find_weights, load_weights
from musicae.cli.support.outputs import claim
from musicae.cli.support.progress import tasks
from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.datasets.music.held_out import open_subject
from musicae.errors import MusicaeError
from musicae.music.evaluation.report import evaluate, overall
from musicae.music.kinds import headline_words
from musicae.plots.files import check_format, save_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Metric, its title, and whether it is drawn; headline metrics of other kinds of music are skipped.
COLUMNS = (
    ("kl_bits", "KL, bits", False),
    ("nll_bits", "NLL bound, bits", False),
    ("step_accuracy", "steps right", True),
    *((name, words.title, True) for name, words in headline_words().items()),
    ("exact", "exact windows", False),
    ("hold_accuracy", "no event", False),
)
MARKERS = "os^Dv*"


def points(
    given: Sequence[str], data: tuple[str, ...], limit: int | None, *, stored: bool, device: str, progress: Progress
) -> list[dict[str, Any]]:
    """Return label, name, parameters, steps and metrics of each checkpoint."""
    rows = []
    for item in given:
        label, equals, name = item.partition("=")
        if not equals or not label or not name:
            raise click.UsageError(f"{item!r} is no LABEL=NAME; write it as ours=runs/mine.")
        path = find_weights(name)
        info = read_info(path)
        figures = {k.removeprefix("test_"): v for k, v in info.metrics.items() if k.startswith("test_")} if stored else {}
        if not figures:
            subject = open_subject(path, data, device=device, progress=progress)
            figures = overall(evaluate(subject, limit=limit, progress=progress))
        model, _ = load_weights(path)
        about = {"label": label, "checkpoint": name, "model": info.model, "parameters": model.parameter_count()}
        rows.append({**about, "steps": info.step, **{key: figures[key] for key, _, _ in COLUMNS if key in figures}})
    return rows


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table."""
    columns = [(key, title) for key, title, _ in COLUMNS if all(key in row for row in rows)]
    lines = [("label", "checkpoint", "parameters", "steps", *(title for _, title in columns))]
    lines.append(("---",) * len(lines[0]))
    for row in rows:
        cells = (f"{row[key]:.1f}" if key.endswith("bits") else f"{row[key]:.4f}" for key, _ in columns)
        lines.append((row["label"], row["checkpoint"], f"{row['parameters']:,}", str(row["steps"]), *cells))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def curves(rows: Sequence[Mapping[str, Any]]) -> "Figure":
    """Draw each drawn metric over the KL, one line per label."""
    from matplotlib import style
    from matplotlib.figure import Figure

    columns = [(key, title) for key, title, drawn in COLUMNS if drawn and all(key in row for row in rows)]
    with style.context("default"):
        figure = Figure(figsize=(4.2 * len(columns), 3.4), dpi=110, layout="constrained")
        for axes, (key, title) in zip(figure.subplots(1, len(columns), squeeze=False)[0], columns, strict=True):
            for i, label in enumerate(dict.fromkeys(row["label"] for row in rows)):
                line = sorted((row["kl_bits"], row[key]) for row in rows if row["label"] == label)
                marker = MARKERS[i % len(MARKERS)]
                axes.plot(*zip(*line, strict=True), marker=marker, markersize=5, label=label.replace("$", r"\$"))
            axes.set_xlabel("KL, bits per window", fontsize=9)
            axes.set_ylabel(f"{title}, greedily", fontsize=9)
            axes.grid(visible=True, alpha=0.3)
            axes.tick_params(labelsize=8)
            axes.legend(fontsize=8)
    return figure


@click.command()
@click.argument("checkpoints", nargs=-1, required=True, metavar="LABEL=NAME...")
@click.option("--data", multiple=True, help="Collections, as for `musicae evaluate`.")
@click.option("--limit", type=click.IntRange(min=1), help="Number of test windows. [default: all]")
@click.option("--stored", is_flag=True, help="Take the test metrics that a checkpoint holds, where it does.")
@click.option("--device", default="auto", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The image: .png, .pdf or .svg.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the metrics to this file.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def main(
    checkpoints: tuple[str, ...],
    data: tuple[str, ...],
    limit: int | None,
    stored: bool,
    device: str,
    output: Path | None,
    json_file: Path | None,
    force: bool,
) -> None:
    """Print a Markdown table of checkpoints, and draw what they keep over the KL."""
    if stored and (data or limit):
        raise click.UsageError("--stored takes metrics of all default test windows; drop --data and --limit.")
    claim([path for path in (output, json_file) if path is not None], force=force)
    try:
        if output is not None:
            check_format(output)
        with tasks() as progress:
            rows = points(checkpoints, data, limit, stored=stored, device=device, progress=progress)
    except MusicaeError as error:
        raise click.ClickException(str(error)) from error
    if output is not None:
        save_plot(curves(rows), output)
    if json_file is not None:
        write_atomically(json_file, (json.dumps(rows, indent=2) + "\n").encode())
    click.echo(markdown(rows))


if __name__ == "__main__":
    main()
