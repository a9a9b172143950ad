"""Piano rolls: scores as images, several side by side on the same axes.

A score's pitched tracks share one field, one colour per track, lighter where they are softer; its drums have a field of their
own below, one row for each drum that sounds. Lines mark the bars.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicae.errors import RenderError
from musicae.music.general_midi import drum_name, pitch_name, program_name
from musicae.music.score import Bar, Note, Score, Track
from musicae.plots.files import check_format, save_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLUMNS", "MAX_ROLLS", "roll_figure", "save_rolls", "track_name"]

COLOURS = ("#2f6fde", "#d9562b", "#2a9d5c", "#8e4ec6", "#c79a00", "#0f9aa8", "#c2447f", "#6b7280")
MAX_ROLLS = 60  # in one image; of more, that many are drawn, evenly spread
_INK, _LINE, _SHADE = "#1d2433", "#c4cad6", "#eef0f4"
COLUMNS = 10  # side by side before a new line begins
_DPI = 110
_WIDEST = 60.0  # inches


def track_name(track: Track) -> str:
    """Return a track's name in the file, or its instrument's."""
    name = re.sub(r"[\x00-\x1f\x7f]", " ", track.name).strip()[:40]
    if name:
        return name
    return "drums" if track.is_drum else program_name(track.program)


def roll_figure(
    scores: Sequence[Score],
    titles: Sequence[str] = (),
    *,
    bars: tuple[int, int] | None = None,
    columns: int = COLUMNS,
) -> "Figure":
    """Draw scores side by side: the same pitches, drums and inches a quarter note for all.

    Arguments:
        scores: At least one; of more than `MAX_ROLLS` only so many are drawn, evenly spread, the first and the last included.
        titles: Above each; none where there are fewer.
        bars: First and last bar to draw, from 1, inclusive. [default: all]
        columns: Rolls side by side before a new line begins.

    Raises:
        RenderError: no score, or bars that a score does not have.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    if not scores:
        raise RenderError("There is no score to draw.")
    chosen = _spread(len(scores))
    names = [titles[i] if i < len(titles) else "" for i in chosen]
    parts = [_Part(scores[i], bars) for i in chosen]
    low, high = _pitches(parts)
    drums = sorted({note.pitch for part in parts for track in part.tracks if track.is_drum for note in track.notes})
    columns = min(len(parts), columns if len(parts) == len(scores) else COLUMNS)
    lines = math.ceil(len(parts) / columns)
    heights = ([max(1.2, 0.07 * (high - low + 3))] if high >= low else []) + ([0.3 + 0.16 * len(drums)] if drums else [])
    widths = [max(p.length for p in parts[c::columns]) for c in range(columns)]
    inch = min(max(0.14, (9.0 if columns == 1 else 2.0) / max(widths)), (_WIDEST - 2) / sum(widths))
    with style.context("default"):
        size = (sum(widths) * inch + 1.2, lines * (sum(heights) + 0.35) + 0.25)
        figure = Figure(figsize=(max(size[0], 3.0), min(size[1], _WIDEST)), dpi=_DPI, layout="constrained")
        grid = figure.subplots(
            lines * len(heights), columns, squeeze=False, gridspec_kw={"width_ratios": widths, "height_ratios": heights * lines}
        )
        mixed = _blend(len(parts)) if _one_voice(parts) and len(parts) > 1 else None
        for index in range(lines * columns):
            line, column = divmod(index, columns)
            fields = [grid[line * len(heights) + k][column] for k in range(len(heights))]
            if index >= len(parts):
                for axes in fields:
                    axes.set_axis_off()
                continue
            _draw(fields, parts[index], (low, high), drums, mixed[index] if mixed else None, labelled=column == 0)
            fields[0].set_title(names[index].replace("$", r"\$"), fontsize=9, color=_INK)
        _legend(figure, parts)
    return figure


def save_rolls(
    scores: Sequence[Score],
    path: str | Path,
    titles: Sequence[str] = (),
    *,
    bars: tuple[int, int] | None = None,
    columns: int = COLUMNS,
) -> None:
    """Draw scores side by side into a PNG, PDF or SVG file; see `roll_figure`.

    Raises:
        ParameterError: the file's name ends in something else.
        RenderError: no score, bars that a score does not have, or the file cannot be written.
    """
    path = Path(path)
    check_format(path)
    try:
        save_plot(roll_figure(scores, titles, bars=bars, columns=columns), path)
    except OSError as error:
        raise RenderError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.") from error


class _Part:
    """The bars of a score that are drawn: times count from the first of them, notes are cut at both ends."""

    def __init__(self, score: Score, span: tuple[int, int] | None) -> None:
        bars = score.bars()
        if span is not None and span[1] > len(bars):
            raise RenderError(f"Bars {span[0]}-{span[1]} cannot be drawn: the music has {len(bars)} bars.")
        self.bars: tuple[Bar, ...] = bars if span is None else bars[span[0] - 1 : span[1]]
        self.start, self.end = self.bars[0].start, self.bars[-1].end
        self.length = max(self.end - self.start, 1e-3)
        self.tracks = [
            Track(tuple(n for n in t.notes if n.end > self.start and n.onset < self.end), t.program, t.is_drum, t.name)
            for t in score.tracks
        ]

    def span(self, note: Note) -> tuple[float, float]:
        """Return where a note begins and ends."""
        return max(note.onset, self.start) - self.start, min(note.end, self.end) - self.start


def _spread(count: int) -> list[int]:
    drawn = min(count, MAX_ROLLS)
    return [round(i * (count - 1) / max(drawn - 1, 1)) for i in range(drawn)]


def _pitches(parts: Sequence[_Part]) -> tuple[int, int]:
    """Return the lowest and the highest pitch of all pitched tracks; an octave from middle C where nothing sounds."""
    pitches = [n.pitch for p in parts for t in p.tracks if not t.is_drum for n in t.notes]
    if not pitches and any(t.is_drum and t.notes for p in parts for t in p.tracks):
        return 1, 0
    return (min(pitches), max(pitches)) if pitches else (60, 72)


def _one_voice(parts: Sequence[_Part]) -> bool:
    return all(len(p.tracks) <= 1 for p in parts)


def _blend(count: int) -> list[str]:
    """Return colours from the first to the second, for a row in which one score becomes another."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    mix = LinearSegmentedColormap.from_list("row", list(COLOURS[:2]))
    return [to_hex(mix(i / (count - 1))) for i in range(count)]


def _shades(colour: str, velocities: Sequence[int]) -> list[tuple[float, float, float]]:
    """Mix a colour with white: velocity 127 is the colour itself, 1 nearly a third of it."""
    from matplotlib.colors import to_rgb

    r, g, b = to_rgb(colour)
    weights = [0.3 + 0.7 * v / 127 for v in velocities]
    return [(1 - w + w * r, 1 - w + w * g, 1 - w + w * b) for w in weights]


def _draw(
    fields: Sequence[Any], part: _Part, span: tuple[int, int], drums: Sequence[int], colour: str | None, *, labelled: bool
) -> None:
    """Draw one score into its one or two fields."""
    low, high = span
    rows = {pitch: row for row, pitch in enumerate(drums)}
    for axes, percussion in zip(fields, [False, True] if len(fields) == 2 else [high < low], strict=True):
        _lines(axes, part, numbered=axes is fields[-1])
        for number, track in enumerate(part.tracks, 1):
            if track.is_drum == percussion and track.notes:
                heights = [rows[n.pitch] if percussion else n.pitch for n in track.notes]
                _notes(axes, part, track, heights, colour or COLOURS[(number - 1) % len(COLOURS)], number)
        if percussion:
            axes.set_ylim(-0.7, len(drums) - 0.3)
            axes.set_yticks(range(len(drums)), [drum_name(p) for p in drums] if labelled else [""] * len(drums))
        else:
            axes.set_ylim(low - 1.5, high + 1.5)
            ticks = _ticks(low, high)
            axes.set_yticks(ticks, [pitch_name(p) for p in ticks] if labelled else [""] * len(ticks))
            for octave in (p for p in range(low, high + 1) if p % 12 == 0):
                axes.axhline(octave - 0.5, color=_SHADE, linewidth=1, zorder=0)


def _lines(axes: Any, part: _Part, *, numbered: bool) -> None:
    """Draw bar lines, with as many of their numbers as fit, and the frame."""
    starts = [b.start - part.start for b in part.bars]
    lines = axes.vlines(starts, 0, 1, transform=axes.get_xaxis_transform(), color=_LINE, linewidth=0.8, zorder=0.5)
    lines.set_gid("bars")
    every = math.ceil(len(part.bars) / 40)
    labelled = [b for b in part.bars if (b.number - part.bars[0].number) % every == 0] if numbered else []
    axes.set_xticks([b.start - part.start for b in labelled], [str(b.number) for b in labelled])
    axes.set_xlim(0, part.length)
    axes.tick_params(length=0, labelsize=7, colors=_INK)
    for tick in axes.get_xticklabels():
        tick.set_horizontalalignment("left")
    for side in axes.spines.values():
        side.set_color(_LINE)


def _notes(axes: Any, part: _Part, track: Track, heights: Sequence[int], colour: str, number: int) -> None:
    """Draw the notes of a track as bars of its colour."""
    from matplotlib.collections import PolyCollection

    shapes = []
    for note, height in zip(track.notes, heights, strict=True):
        left, right = part.span(note)
        right = max(right - 0.08 * (right - left), left + 0.04)  # a gap, so that repeated notes are seen
        shapes.append([(left, height - 0.42), (right, height - 0.42), (right, height + 0.42), (left, height + 0.42)])
    faces = _shades(colour, [n.velocity for n in track.notes])
    bars = PolyCollection(shapes, facecolors=faces, linewidths=0, zorder=2)
    bars.set_gid(f"track {number}")
    axes.add_collection(bars, autolim=False)


def _ticks(low: int, high: int) -> list[int]:
    """Return the pitches that are named: the lowest, the highest, and every C that is not next to one of them."""
    octaves = [p for p in range(low, high + 1) if p % 12 == 0]
    every = max(math.ceil(len(octaves) / 6), 1)
    return sorted({low, high, *(p for p in octaves[::every] if low + 2 < p < high - 2)})


def _legend(figure: "Figure", parts: Sequence[_Part]) -> None:
    """Name the colours where there are several tracks."""
    from matplotlib.patches import Patch

    tracks = max((p.tracks for p in parts), key=len)
    if len(tracks) < 2:
        return
    handles = [
        # Matplotlib skips labels that begin with an underscore, so a space of no width comes first.
        Patch(
            color=COLOURS[i % len(COLOURS)],
            label="\u200b" * track_name(t).startswith("_") + track_name(t).replace("$", r"\$"),
        )
        for i, t in enumerate(tracks[:16])
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=7, frameon=False)
