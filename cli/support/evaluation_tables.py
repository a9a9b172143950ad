"""The metrics of `musicae evaluate` as tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["tables"]

# Metric of a table of reconstructions: how it is written. A column is skipped if a model has no such metric.
_RECONSTRUCTION = {
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
_TITLES = {"hold_accuracy": "no-event baseline"}
_OTHERS = ("interpolation", "samples", "skipped")  # keys that are not collections


def tables(metrics: dict[str, Any], title: str) -> "Iterator[str | Table]":
    """Yield one table per section, the reconstructions' in two, with an empty line between tables.

    Arguments:
        metrics: The result of `musicae.music.evaluation.report.evaluate_sections`.
        title: What was measured, in words.
    """
    for place, table in enumerate(_tables(metrics, title)):
        if place:
            yield ""
        yield table


def _tables(metrics: dict[str, Any], title: str) -> "Iterator[Table]":
    collections = {name: values for name, values in metrics.items() if name not in _OTHERS}
    if collections:
        yield _rows(collections, _RECONSTRUCTION, f"{title}, greedy from the posterior mean")
        yield _rows(collections, _THOROUGH, f"{title}, decoded otherwise, the worst tenth, and with codes exchanged")
    if "interpolation" in metrics:
        paths = metrics["interpolation"]
        rows = {label: paths[name] for name, label in _PATHS.items()}
        words = f"{title}, paths of {paths['steps']} windows between {paths['pairs']} pairs"
        yield _rows(rows, _PATH, words, first="path")
    if "samples" in metrics:
        yield _next_to_held_out(metrics["samples"], title)


def _rows(rows: dict[str, dict[str, float]], columns: dict[str, str], title: str, *, first: str = "collection") -> "Table":
    """Return a table with a line of metrics per name; a column without values is skipped."""
    from musicae.cli.support.tables import table

    used = {column: form for column, form in columns.items() if all(column in values for values in rows.values())}
    result = table([first, *(_TITLES.get(name, name.replace("_", " ")) for name in used)], title=title)
    for name, values in rows.items():
        result.add_row(name, *(form.format(values[column]) for column, form in used.items()))
    return result


def _next_to_held_out(samples: dict[str, Any], title: str) -> "Table":
    """Return a table of samples next to held-out windows."""
    from musicae.cli.support.tables import table

    count = f"{samples['count']} samples at temperature {samples['temperature']:g}"
    words = f"{title} and samples, each compared with other windows"
    result = table(["metric", count, "as many held-out windows"], title=words)
    for name, value in samples["samples"].items():
        result.add_row(name.replace("_", " "), f"{value:.4f}", f"{samples['held_out'][name]:.4f}")
    return result
