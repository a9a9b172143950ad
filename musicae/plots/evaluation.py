"""The picture of an evaluation: rates by collection, distances along paths, and features of samples beside those of tunes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from musicae.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["evaluation_figure"]

_OTHERS = ("interpolation", "samples", "skipped")  # what is no collection
_RATES = {
    "hold_accuracy": "no event",
    "step_accuracy": "steps",
    "note_f1": "note F1",
    "hit_f1": "hit F1",
    "exact": "exact windows",
}
_PATHS = {"path": "even in the code", "even": "even in the music", "mixed": "data mixed"}
_COLOURS = ("#c4cad6", "#2f6fde", "#d9562b", "#2a9d5c", "#8e4ec6")
_TITLES = {
    "pitch_class": "semitones above the tonic",
    "interval": "interval, semitones",
    "duration": "duration, 24ths of a quarter",
    "onsets": "onsets a bar",
    "range": "range, semitones",
    "syncopation": "syncopation",
}


def evaluation_figure(measured: Mapping[str, Any], *, title: str) -> "Figure":
    """Draw the parts that were measured, one below the other.

    Arguments:
        measured: What `musicae.music.evaluation.report.evaluate_parts` gave.
        title: Above the whole.

    Raises:
        ParameterError: nothing was measured.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    tables = {name: figures for name, figures in measured.items() if name not in _OTHERS}
    drawn: list[tuple[float, Callable[[Any, Any], None], Any]] = []
    if tables:
        drawn.append((2.6, _rates, tables))
    if "interpolation" in measured:
        drawn.append((2.8, _paths, measured["interpolation"]))
    if "samples" in measured:
        drawn.append((4.2, _samples, measured["samples"]))
    if not drawn:
        raise ParameterError("Nothing was measured that could be drawn.")
    heights = [height for height, _, _ in drawn]
    with style.context("default"):
        figure = Figure(figsize=(9.0, sum(heights) + 0.4), dpi=110, layout="constrained")
        parts = figure.subfigures(len(drawn), 1, squeeze=False, height_ratios=heights)[:, 0]
        for part, (_, draw, figures) in zip(parts, drawn, strict=True):
            draw(part, figures)
        figure.suptitle(title.replace("$", r"\$"), fontsize=10)
    return figure


def _rates(part: Any, tables: Mapping[str, Mapping[str, float]]) -> None:
    """Draw bars by collection."""
    axes = part.subplots()
    rates = [name for name in _RATES if all(name in figures for figures in tables.values())]
    width = 0.8 / len(rates)
    for i, (rate, colour) in enumerate(zip(rates, _COLOURS, strict=False)):
        places = [k + (i - (len(rates) - 1) / 2) * width for k in range(len(tables))]
        axes.bar(places, [figures[rate] for figures in tables.values()], width, color=colour, label=_RATES[rate])
    names = [f"{name}\n{figures['kl_bits']:.1f} bits" for name, figures in tables.items()]
    axes.set_xticks(range(len(tables)), [name.replace("$", r"\$") for name in names], fontsize=8)
    axes.set_ylim(0, 1.18)
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.set_ylabel("kept, greedily", fontsize=8)
    axes.legend(fontsize=7, ncols=len(rates), loc="upper center")


def _paths(part: Any, figures: Mapping[str, Any]) -> None:
    """Draw how far paths are from their beginning, and how even they are."""
    left, right = part.subplots(1, 2, width_ratios=(2, 1))
    places = [i / (figures["steps"] - 1) for i in range(figures["steps"])]
    for (name, label), colour in zip(_PATHS.items(), _COLOURS[1:], strict=False):
        left.plot(places, figures[name]["curve"], color=colour, marker="o", markersize=3, label=label)
        ratio = figures[name]["step_ratio"]
        right.bar([label.replace(" in ", "\nin ")], [ratio], color=colour)
        right.text(label.replace(" in ", "\nin "), ratio, f"{ratio:.2f}", ha="center", va="bottom", fontsize=7)
    left.set_xlabel(f"place on the path (means over {figures['pairs']} pairs)", fontsize=8)
    left.set_ylabel("distance to the start", fontsize=8)
    left.set_ylim(bottom=0)
    left.legend(fontsize=7)
    right.set_ylabel("largest step over the mean", fontsize=8)
    right.margins(y=0.15)
    right.tick_params(labelsize=7)


def _samples(part: Any, figures: Mapping[str, Any]) -> None:
    """Draw the histograms of features, held-out tunes as areas and samples as lines."""
    grid = part.subplots(2, 3).flatten()
    for axes, (feature, name) in zip(grid, _TITLES.items(), strict=True):
        shape = figures["histograms"][feature]
        there = [i for i in range(len(shape["middles"])) if any(shape[k][i] for k in ("reference", "samples"))]
        some = slice(min(there, default=0), max(there, default=0) + 1)
        x = shape["middles"][some]
        axes.fill_between(x, shape["reference"][some], step="mid", color=_COLOURS[0], label="held-out tunes")
        axes.step(x, shape["samples"][some], where="mid", color=_COLOURS[1], label=f"{figures['count']} samples")
        area, ceiling = (figures[k][f"overlap_{feature}"] for k in ("samples", "held_out"))
        axes.set_title(f"{name}: {area:.2f} (tunes {ceiling:.2f})", fontsize=8)
        axes.tick_params(labelsize=6)
    grid[0].legend(fontsize=6)
