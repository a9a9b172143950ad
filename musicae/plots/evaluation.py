"""The plot of an evaluation: rates by collection, distances along paths, and features of samples and of held-out tunes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from musicae.errors import ParameterError
from musicae.music.kinds import headline_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["evaluation_plot"]

_OTHERS = ("interpolation", "samples", "skipped")  # keys that are not collections
_PATHS = {"path": "even in the code", "even": "even in the music", "mixed": "data mixed"}
_COLOURS = ("#c4cad6", "#2f6fde", "#d9562b", "#2a9d5c", "#8e4ec6")
_TITLES = {
    "pitch_class": "semitones above the tonic",
    "interval": "interval, semitones",
    "duration": "duration, 24ths of a quarter",
    "onsets": "onsets per bar",
    "range": "range, semitones",
    "syncopation": "syncopation",
}


def evaluation_plot(measured: Mapping[str, Any], *, title: str) -> "Figure":
    """Draw the measured parts of an evaluation, one below the other.

    Arguments:
        measured: What `musicae.music.evaluation.report.evaluate_sections` returned.
        title: Title of the plot.

    Raises:
        ParameterError: nothing was measured.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    tables = {name: metrics for name, metrics in measured.items() if name not in _OTHERS}
    parts: list[tuple[float, Callable[[Any, Any], None], Any]] = []
    if tables:
        parts.append((2.6, _rates, tables))
    if "interpolation" in measured:
        parts.append((2.8, _paths, measured["interpolation"]))
    if "samples" in measured:
        parts.append((4.2, _samples, measured["samples"]))
    if not parts:
        raise ParameterError("There is nothing to draw: no part was measured.")
    heights = [height for height, _, _ in parts]
    with style.context("default"):
        figure = Figure(figsize=(9.0, sum(heights) + 0.4), dpi=110, layout="constrained")
        panels = figure.subfigures(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]
        for panel, (_, draw, metrics) in zip(panels, parts, strict=True):
            draw(panel, metrics)
        figure.suptitle(title.replace("$", r"\$"), fontsize=10)
    return figure


def _rates(panel: Any, tables: Mapping[str, Mapping[str, float]]) -> None:
    """Draw bars by collection."""
    axes = panel.subplots()
    titles = {name: words.title for name, words in headline_words().items()}
    titles = {"hold_accuracy": "no event", "step_accuracy": "steps", **titles, "exact": "exact windows"}
    rates = [name for name in titles if all(name in metrics for metrics in tables.values())]
    width = 0.8 / len(rates)
    for i, (rate, colour) in enumerate(zip(rates, _COLOURS, strict=False)):
        places = [k + (i - (len(rates) - 1) / 2) * width for k in range(len(tables))]
        axes.bar(places, [metrics[rate] for metrics in tables.values()], width, color=colour, label=titles[rate])
    names = [f"{name}\n{metrics['kl_bits']:.1f} bits" for name, metrics in tables.items()]
    axes.set_xticks(range(len(tables)), [name.replace("$", r"\$") for name in names], fontsize=8)
    axes.set_ylim(0, 1.18)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_ylabel("share reproduced, greedily", fontsize=8)
    axes.legend(fontsize=7, ncols=len(rates), loc="upper center")


def _paths(panel: Any, metrics: Mapping[str, Any]) -> None:
    """Draw distances along paths, and how even the paths are."""
    left, right = panel.subplots(1, 2, width_ratios=(2, 1))
    places = [i / (metrics["steps"] - 1) for i in range(metrics["steps"])]
    for (name, label), colour in zip(_PATHS.items(), _COLOURS[1:], strict=False):
        left.plot(places, metrics[name]["curve"], color=colour, marker="o", markersize=3, label=label)
        ratio = metrics[name]["step_ratio"]
        right.bar([label.replace(" in ", "\nin ")], [ratio], color=colour)
        right.text(label.replace(" in ", "\nin "), ratio, f"{ratio:.2f}", ha="center", va="bottom", fontsize=7)
    left.set_xlabel(f"place on the path (means over {metrics['pairs']} pairs)", fontsize=8)
    left.set_ylabel("distance to the start", fontsize=8)
    left.set_ylim(bottom=0)
    left.legend(fontsize=7)
    right.set_ylabel("largest step over the mean", fontsize=8)
    right.margins(y=0.15)
    right.tick_params(labelsize=7)


def _samples(panel: Any, metrics: Mapping[str, Any]) -> None:
    """Draw the histograms of features: areas for held-out tunes, lines for samples."""
    grid = panel.subplots(2, 3).flatten()
    for axes, (feature, name) in zip(grid, _TITLES.items(), strict=True):
        shape = metrics["histograms"][feature]
        filled = [i for i in range(len(shape["middles"])) if any(shape[k][i] for k in ("reference", "samples"))]
        part = slice(min(filled, default=0), max(filled, default=0) + 1)
        x = shape["middles"][part]
        axes.fill_between(x, shape["reference"][part], step="mid", color=_COLOURS[0], label="held-out tunes")
        axes.step(x, shape["samples"][part], where="mid", color=_COLOURS[1], label=f"{metrics['count']} samples")
        area, ceiling = (metrics[k][f"overlap_{feature}"] for k in ("samples", "held_out"))
        axes.set_title(f"{name}: {area:.2f} (tunes {ceiling:.2f})", fontsize=8)
        axes.tick_params(labelsize=6)
    grid[0].legend(fontsize=6)
