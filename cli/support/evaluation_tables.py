"""The metrics of `musicae evaluate` as tables."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["tables"]

_PATH = (
    *("step_ratio", "step_ratio_worst", "step_ratio_largest", "monotone", "rank_correlation", "end_fidelity", "ends_exact"),
)
_PATHS = {
    "path": "codes evenly spaced",
    "even": "music evenly spaced (--even)",
    "mixed": "time steps mixed at random",
}
_FORMS = {
    "windows": "{:.0f}",
    "active_units": "{:.0f}",
    "hold_accuracy": "{:.3f}",
    "nll_bits_per_note": "{:.2f}",
    **dict.fromkeys(("step_ratio", "step_ratio_worst", "step_ratio_largest"), "{:.3f}"),
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
        yield _rows(collections, _reconstruction(), f"{title}, greedy from the posterior mean")
        yield _rows(collections, _thorough(), f"{title}, decoded otherwise, the worst tenth, and with codes exchanged")
    if "interpolation" in metrics:
        paths = metrics["interpolation"]
        rows = {label: paths[name] for name, label in _PATHS.items()}
        rates = [name for name in paths["path"] if name not in (*_PATH, "curve")]  # those of the kind of music
        words = f"{title}, paths of {paths['steps']} windows between {paths['pairs']} pairs"
        yield _rows(rows, [*_PATH, *rates], words, first="path")
    if "samples" in metrics:
        yield _next_to_held_out(metrics["samples"], title)


def _reconstruction() -> list[str]:
    """Return the metrics of reconstructions in their order; those with a baseline come last, next to it."""
    from musicae.music.kinds import further_words, headline_words

    own = {**headline_words(), **further_words()}
    compared = [name for pair in ((name, words.baseline) for name, words in own.items() if words.baseline) for name in pair]
    alone = [name for name in own if name not in compared]
    first = ("windows", "hold_accuracy", "step_accuracy")
    return [*first, *alone, "exact", "kl_bits", "nll_bits", "active_units", *compared]


def _thorough() -> list[str]:
    """Return the metrics of codes beyond one greedy reconstruction in their order."""
    from musicae.music.kinds import headline_words

    worst = ("step_accuracy", *headline_words())
    return [
        *("teacher_forced_accuracy", "sampled_step_accuracy", *(f"worst_{name}" for name in worst)),
        *("nll_bits_per_note", "shuffled_gap_bits", "shuffled_gap_accuracy"),
    ]


def _rows(rows: dict[str, dict[str, float]], columns: Sequence[str], title: str, *, first: str = "collection") -> "Table":
    """Return a table with a line of metrics per name; a column without values is skipped."""
    from musicae.cli.support.tables import table

    used = [column for column in columns if all(column in values for values in rows.values())]
    result = table([first, *(_TITLES.get(name, name.replace("_", " ")) for name in used)], title=title)
    for name, values in rows.items():
        result.add_row(name, *(_FORMS.get(column, _form(column)).format(values[column]) for column in used))
    return result


def _form(column: str) -> str:
    """Return the format of a metric: bits and errors with one digit, rates with four."""
    return "{:.1f}" if column.endswith(("_bits", "_error")) else "{:.4f}"


def _next_to_held_out(samples: dict[str, Any], title: str) -> "Table":
    """Return a table of samples next to held-out windows."""
    from musicae.cli.support.tables import table

    count = f"{samples['count']} samples at temperature {samples['temperature']:g}"
    words = f"{title} and samples, each compared with other windows"
    result = table(["metric", count, "as many held-out windows"], title=words)
    for name, value in samples["samples"].items():
        result.add_row(name.replace("_", " "), f"{value:.4f}", f"{samples['held_out'][name]:.4f}")
    return result
