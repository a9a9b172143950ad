"""Drawings of representations: the same two bars as every representation puts them on its grid, as SVG.

The colours are variables of the page's style sheet, so that the drawings follow the reader's light or dark colours.
"""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from musicae.music.representations import REPRESENTATIONS, Representation
from musicae.music.representations.drums import VOICES
from musicae.music.score import Note, Score, TimeSignature, Track

__all__ = ["representations"]

_QUARTER, _LEFT, _ROW = 210.0, 78.0, 11.0  # pixels: a quarter note, the margin for names, a row of the roll
_QUARTERS = 4  # two bars of 2/4

# A quarter, two sixteenths and an eighth; a triplet, an eighth and a rest. Token numbers stay readable in so few steps.
_MELODY = (
    Note(0.0, 1.0, 67, 90),
    Note(1.0, 0.25, 71, 80),
    Note(1.25, 0.25, 72, 80),
    Note(1.5, 0.5, 74, 90),
    Note(2.0, 1 / 3, 76, 90),
    Note(2 + 1 / 3, 1 / 3, 74, 80),
    Note(2 + 2 / 3, 1 / 3, 71, 80),
    Note(3.0, 0.5, 67, 90),
)
# Kick, snare and closed hat; the snares are late, the offbeat hats soft.
_DRUMS = tuple(
    sorted(
        [Note(q, 0.1, 36, 110) for q in (0.0, 1.5, 2.0)]
        + [Note(q + 0.04, 0.1, 38, 100) for q in (1.0, 3.0)]
        + [Note(i / 2, 0.1, 42, 90 if i % 2 == 0 else 45) for i in range(8)]
    )
)


def representations() -> str:
    """Return HTML: a heading, the first sentence of the docstring and a drawing of every registered representation."""
    out = []
    for name, kind in REPRESENTATIONS.items():
        title = f"Two bars of 2/4 on the grid of {kind.__name__}"
        out += [f"### `{name}`: {kind.__name__}", "", _summary(kind), "", '<div class="drawing" markdown="0">']
        out += [_svg(kind(), title), "</div>", ""]
    return "\n".join(out)


def _summary(kind: type[Representation]) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())


def _svg(grid: Representation, title: str) -> str:
    drums = grid.values > 0
    notes = _DRUMS if drums else _MELODY
    score = Score((Track(notes, is_drum=drums),), time_signatures=(TimeSignature(0.0, 2, 4),))
    window = grid.encode(notes, score.bar_range(1, 2))
    rows = _drum_rows() if drums else _pitch_rows(notes)
    body = list(_roll(notes, rows, drums=drums))
    bottom = _ROW * len(rows) + 14
    body += _tokens(grid, window.tokens, grid.times(window.bar_steps), bottom)
    height, width = bottom + 40, _LEFT + _QUARTERS * _QUARTER + 2
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
    return "".join([head, f"<title>{escape(title)}</title>", *body, "</svg>"])


def _pitch_rows(notes: Sequence[Note]) -> dict[int, str]:
    names = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
    pitches = range(max(n.pitch for n in notes), min(n.pitch for n in notes) - 1, -1)
    return {p: f"{names[p % 12]}{p // 12 - 1}" for p in pitches}


def _drum_rows() -> dict[int, str]:
    return {pitches[0]: name for name, pitches in reversed(VOICES.items())}


def _roll(notes: Sequence[Note], rows: dict[int, str], *, drums: bool) -> Iterator[str]:
    """Yield the piano roll: names, lines of quarters and bars, notes (of drums, circles as large as they are loud)."""
    sounding, height = {n.pitch for n in notes}, _ROW * len(rows)
    for i, (pitch, name) in enumerate(rows.items()):
        if drums or pitch in sounding:
            yield f'<text class="name" x="{_LEFT - 6:g}" y="{(i + 0.8) * _ROW:g}">{escape(name)}</text>'
    for quarter in range(_QUARTERS + 1):
        x, style = _LEFT + quarter * _QUARTER, "bar" if quarter % 2 == 0 else "beat"
        yield f'<line class="{style}" x1="{x:g}" x2="{x:g}" y1="0" y2="{height:g}"/>'
    order = {pitch: i for i, pitch in enumerate(rows)}
    for note in notes:
        x, y = _LEFT + note.onset * _QUARTER, order[note.pitch] * _ROW
        if drums:
            radius = 2 + 4 * note.velocity / 127
            yield f'<circle class="note" cx="{x + 6:g}" cy="{y + _ROW / 2:g}" r="{radius:.1f}"/>'
        else:
            width = note.duration * _QUARTER - 2
            yield f'<rect class="note" x="{x:.1f}" y="{y + 1:g}" width="{width:.1f}" height="{_ROW - 2:g}" rx="2"/>'


def _tokens(grid: Representation, tokens: np.ndarray, times: Sequence[float], top: float) -> Iterator[str]:
    """Yield a cell per time step, as wide as the step is long, with its token; steps where something begins are filled."""
    begins = grid.begins(tokens)
    yield f'<text class="name" x="{_LEFT - 6:g}" y="{top + 15:g}">token</text>'
    yield f'<text class="name" x="{_LEFT - 6:g}" y="{top + 35:g}">step</text>'
    for step, token in enumerate(tokens.tolist()):
        x, width = _LEFT + times[step] * _QUARTER, (times[step + 1] - times[step]) * _QUARTER
        style = "onset" if begins[step] else ("off" if token else "empty")
        yield f'<rect class="{style}" x="{x:.1f}" y="{top:g}" width="{width:.1f}" height="22"/>'
        middle = x + width / 2
        yield f'<text class="token {style}-text" x="{middle:.1f}" y="{top + 15:g}">{token}</text>'
        yield f'<text class="step" x="{middle:.1f}" y="{top + 35:g}">{step}</text>'
