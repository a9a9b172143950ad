"""`musicae evaluate`: measure a checkpoint on a data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import completions, evaluation_tables, options, outputs
from musicae.cli.support.bundles import bundle
from musicae.cli.support.progress import tasks
from musicae.cli.support.result_lines import Lines, json_lines
from musicae.plots.files import check_format

if TYPE_CHECKING:
    from musicae.music.evaluation.report import EvaluationOptions, Section

SECTIONS: tuple["Section", ...] = ("reconstruction", "interpolation", "samples")


def _sections(*, parts: tuple["Section", ...], full: bool) -> tuple["Section", ...]:
    """Return the sections to measure."""
    if full and parts:
        raise click.UsageError("--full measures all parts; give either --full or --part.")
    return SECTIONS if full else parts or SECTIONS[:1]


def _amount(**values: Any) -> "EvaluationOptions":
    from musicae.music.evaluation.report import EvaluationOptions

    return EvaluationOptions(**values)


def _chart(*, plot: Path | None, force: bool) -> Path | None:
    """Return the file to draw into, after a check that it may be written."""
    if plot is not None:
        check_format(plot)
        outputs.claim([plot], force=force, option="--plot")
    return plot


_part = click.option(
    "--part",
    "parts",
    type=click.Choice(SECTIONS),
    multiple=True,
    help="What to measure; may be given several times. [default: reconstruction]",
)
_full = click.option("--full", is_flag=True, help="Measure all parts.")
_amounts = (
    click.option("--limit", type=click.IntRange(min=1), help="Measure that many windows, evenly spaced. [default: all]"),
    click.option(
        "--pairs", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Pairs to interpolate between."
    ),
    options.temperature(0.5, "Temperature of the samples."),
    options.seed,
)
_plot = click.option(
    "--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the metrics, too: .png, .pdf or .svg."
)


@click.command("evaluate")
@click.argument("checkpoint", metavar="[NAME|FILE]", default="melody-2bar", shell_complete=completions.checkpoints)
@options.data
@options.split
@bundle("sections", _sections, ("parts", "full"), (_part, _full))
@bundle("chart", _chart, ("plot", "force"), (_plot, options.force))
@bundle("amount", _amount, ("limit", "pairs", "temperature", "seed"), _amounts)
@options.device
@json_lines
def command(
    checkpoint: str,
    data: tuple[str, ...],
    split: str,
    sections: tuple["Section", ...],
    chart: Path | None,
    amount: "EvaluationOptions",
    device: str,
    lines: Lines,
) -> None:
    """Measure a model of music on held-out windows.

    \b
    reconstruction  how much is kept: greedily from the posterior mean, under
                    teacher forcing, sampled; the worst tenth; KL; what is lost
                    when windows exchange their codes
    interpolation   how evenly one window becomes another, and whether what
                    lies between stays in a scale, next to mixing the windows
    samples         whether draws from the prior are like tunes, and new

    \b
    Example:
        musicae evaluate melody-2bar
        musicae evaluate --data essen melody-2bar
        musicae evaluate --full --limit 1000 --plot metrics.png melody-2bar
    """
    from musicae.datasets.music.held_out import open_subject
    from musicae.music.evaluation.report import evaluate_sections

    with tasks() as progress:
        subject = open_subject(checkpoint, data, split=split, device=device, progress=progress)
        metrics = evaluate_sections(subject, sections, amount, progress)
    for section, reason in metrics.get("skipped", {}).items():
        click.echo(f"Skipped: {section}; {reason}", err=True)
    title = f"{checkpoint}, {split} windows"
    if chart is not None:
        from musicae.plots.evaluation import evaluation_plot
        from musicae.plots.files import save_plot

        save_plot(evaluation_plot(metrics, title=title), chart)
    lines.result(metrics, *evaluation_tables.tables(metrics, title))
