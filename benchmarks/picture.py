"""Draw the README's picture: the morph of the two example tunes as a row of piano rolls.

python benchmarks/picture.py docs/assets/morph.png
"""

from pathlib import Path

import click

from musicae import interpolate, load
from musicae.plots.piano_roll import save_rolls

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--steps", default=7, show_default=True)
def main(target: Path, steps: int) -> None:
    """Write the picture to TARGET."""
    a, b = (next((ROOT / "examples" / "tunes").glob(f"{letter}-*.mid")) for letter in "ab")
    scores = interpolate(load("melody-2bar", device="cpu"), a, b, steps).scores
    save_rolls(scores, target, [a.stem, *(f"{i}/{steps - 1}" for i in range(1, steps - 1)), b.stem])


if __name__ == "__main__":
    main()
