"""`musicae evaluate`: measure a checkpoint on a data set."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import options, outputs
from musicae.cli.support.progress import tasks
from musicae.plots.files import check_format

if TYPE_CHECKING:
    from musicae.music.evaluation.report import Section

# Figure of the tables of reconstructions: how it is written. A column that a model has no figures for is left out.
_KEPT = {
    "windows": "{:.0f}",
    "hold_accuracy": "{:.3f}",
    "step_accuracy": "{:.4f}",
    "note_f1": "{:.4f}",
    "onset_f1": "{:.4f}",
    "pitch_accuracy": "{:.4f}",
    "hit_f1": "{:.4f}",
    "exact": "{:.4f}",
    "kl_bits": "{:.1f}",
    "nll_bits": "{:.1f}",
    "active_units": "{:.0f}",
    "velocity_error": "{:.1f}",
    "plain_velocity_error": "{:.1f}",
    "timing_error": "{:.1f}",
    "plain_timing_error": "{:.1f}",
}
_THOROUGH = {
    "teacher_forced_accuracy": "{:.4f}",
    "sampled_step_accuracy": "{:.4f}",
    "worst_step_accuracy": "{:.4f}",
    "worst_note_f1": "{:.4f}",
    "worst_hit_f1": "{:.4f}",
    "nll_bits_per_note": "{:.2f}",
    "shuffled_gap_bits": "{:.1f}",
    "shuffled_gap_accuracy": "{:.4f}",
}
_PATH = {
    "step_ratio": "{:.3f}",
    "step_ratio_worst": "{:.3f}",
    "step_ratio_largest": "{:.3f}",
    "monotone": "{:.4f}",
    "rank_correlation": "{:.4f}",
    "end_fidelity": "{:.4f}",
    "ends_exact": "{:.4f}",
    "in_scale": "{:.4f}",
    "in_scale_ends": "{:.4f}",
}
_PATHS = {
    "path": "codes evenly spaced",
    "even": "music evenly spaced (--even)",
    "mixed": "time steps mixed at random",
}
_OTHERS = ("interpolation", "samples", "skipped")  # what is no collection


@click.command("evaluate")
@click.argument("checkpoint", metavar="[NAME|FILE]", default="melody-2bar")
@options.data
@click.option(
    "--split", type=click.Choice(["train", "valid", "test"]), default="test", show_default=True, help="Which tunes to take."
)
@click.option("--limit", type=click.IntRange(min=1), help="Take that many windows, evenly spaced. [default: all]")
@click.option(
    "--part",
    "parts",
    type=click.Choice(["reconstruction", "interpolation", "samples"]),
    multiple=True,
    help="What to measure; may be given several times. [default: reconstruction]",
)
@click.option("--full", is_flag=True, help="Measure all parts.")
@click.option("--pairs", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Pairs to interpolate between.")
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, 10.0),
    default=0.5,
    show_default=True,
    help="Of the samples.",
)
@options.seed
@options.device
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the figures, too: .png, .pdf or .svg.")
@options.force
def command(
    checkpoint: str, parts: tuple["Section", ...], full: bool, as_json: bool, plot: Path | None, force: bool, **given: Any
) -> None:
    """Measure a model of music on held-out windows.

    \b
    reconstruction  how much is kept: greedily from the posterior mean, under
                    teacher forcing, sampled; the worst tenth; KL; what is lost
                    when windows exchange their codes
    interpolation   how evenly one window becomes another, and whether what
                    lies between stays in a scale, beside mixing the windows
    samples         whether draws from the prior are like tunes, and new

    \b
    Example:
        musicae evaluate melody-2bar
        musicae evaluate melody-2bar --data essen
        musicae evaluate melody-2bar --full --limit 1000 --plot figures.png
    """
    if full and parts:
        raise click.UsageError("--full measures all parts; leave out --part.")
    if plot is not None:
        check_format(plot)
        outputs.claim([plot], force=force, option="--plot")

    from musicae.datasets.music.held_out import open_subject
    from musicae.music.evaluation.report import SECTIONS, EvaluationOptions, evaluate_sections

    amount = EvaluationOptions(**{name: given[name] for name in ("limit", "pairs", "temperature", "seed")})
    with tasks() as progress:
        subject = open_subject(checkpoint, given["data"], split=given["split"], device=given["device"], progress=progress)
        measured = evaluate_sections(subject, SECTIONS if full else parts or SECTIONS[:1], amount, progress)
    for section, reason in measured.get("skipped", {}).items():
        click.echo(f"Skipped: {section}; {reason}", err=True)
    if plot is not None:
        from musicae.plots.evaluation import evaluation_plot
        from musicae.plots.files import save_plot

        save_plot(evaluation_plot(measured, title=f"{checkpoint}, {given['split']} windows"), plot)
    if as_json:
        click.echo(json.dumps(measured))
    else:
        _show(measured, f"{checkpoint}, {given['split']} windows")


def _show(measured: dict[str, Any], what: str) -> None:
    """Print one table a part, the reconstructions' in two."""
    shown = []
    kept = {name: figures for name, figures in measured.items() if name not in _OTHERS}
    if kept:
        shown.append(_rows(kept, _KEPT, f"{what}, greedy from the posterior mean"))
        shown.append(_rows(kept, _THOROUGH, f"{what}, otherwise decoded, the worst tenth, and with codes exchanged"))
    if "interpolation" in measured:
        paths = measured["interpolation"]
        rows = {label: paths[name] for name, label in _PATHS.items()}
        title = f"{what}, paths of {paths['steps']} windows between {paths['pairs']} pairs"
        shown.append(_rows(rows, _PATH, title, first="path"))
    if "samples" in measured:
        shown.append(_beside(measured["samples"], what))

    from musicae.cli.support.tables import console

    for place, table in enumerate(shown):
        if place:
            click.echo()
        console().print(table)


def _rows(rows: dict[str, dict[str, float]], columns: dict[str, str], title: str, *, first: str = "collection") -> Any:
    """Return a table with a line of figures for each name; a column without figures is left out."""
    from musicae.cli.support.tables import table

    there = {column: form for column, form in columns.items() if all(column in figures for figures in rows.values())}
    made = table([first, *(name.replace("_", " ") for name in there)], title=title)
    for name, figures in rows.items():
        made.add_row(name, *(form.format(figures[column]) for column, form in there.items()))
    return made


def _beside(figures: dict[str, Any], what: str) -> Any:
    """Return a table of samples beside held-out windows."""
    from musicae.cli.support.tables import table

    samples = f"{figures['count']} samples at temperature {figures['temperature']:g}"
    made = table(["figure", samples, "as many held-out windows"], title=f"{what} and samples, each beside other windows")
    for name, value in figures["samples"].items():
        made.add_row(name.replace("_", " "), f"{value:.4f}", f"{figures['held_out'][name]:.4f}")
    return made
