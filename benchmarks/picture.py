"""Draw the README's picture: the morph of the two example tunes as a row of piano rolls.

python benchmarks/picture.py docs/morph.png
"""

from pathlib import Path
from typing import Any

import click
import matplotlib
from matplotlib import pyplot as plt

from musicae import Score, load

ROOT = Path(__file__).resolve().parent.parent
INK, LIGHT, ACCENT, OTHER = "#1d2433", "#d8dce5", "#2f6fde", "#d9562b"


def draw(axes: Any, score: Score, colour: Any, low: int, high: int) -> None:
    """Draw one score as a piano roll with bar lines."""
    for bar in score.bars():
        axes.axvline(bar.start, color=LIGHT, linewidth=1, zorder=0)
    for note in score.tracks[0].notes:
        axes.barh(note.pitch, note.duration * 0.92, left=note.onset, height=0.85, color=colour, linewidth=0)
    axes.set_xlim(0, score.bars()[-1].end)
    axes.set_ylim(low - 1.5, high + 1.5)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(LIGHT)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--steps", default=7, show_default=True)
def main(target: Path, steps: int) -> None:
    """Write the picture to TARGET."""
    matplotlib.use("agg")
    a, b = (next((ROOT / "examples" / "tunes").glob(f"{letter}-*.mid")) for letter in "ab")
    scores = load("melody-2bar", device="cpu").interpolate(a, b, steps).scores
    pitches = [n.pitch for s in scores for n in s.tracks[0].notes]
    mix = matplotlib.colors.LinearSegmentedColormap.from_list("morph", [ACCENT, OTHER])
    figure, rows = plt.subplots(1, steps, figsize=(2 * steps, 1.9), layout="constrained")
    for i, (axes, score) in enumerate(zip(rows, scores, strict=True)):
        draw(axes, score, mix(i / (steps - 1)), min(pitches), max(pitches))
        title = a.stem if i == 0 else b.stem if i == steps - 1 else f"{i}/{steps - 1}"
        axes.set_title(title, fontsize=9, color=INK)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
