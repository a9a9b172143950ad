"""`musicae vary`: neighbours of a tune."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("vary")
@click.argument("file", type=options.music_file)
@options.count(4, "variations", most=10_000)
@click.option(
    "--distance",
    type=click.FloatRange(0.0, 1.0),
    default=0.3,
    show_default=True,
    help="How far from the tune: 0 is its reconstruction, 1 a new sample.",
)
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("variations", "A .mid, .abc or .musicxml file for one variation, or a folder.")
def command(
    file: Path,
    count: int,
    distance: float,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Make variations of the melody of FILE, or of its drums.

    Each lies --distance of the way, on the sphere, from the tune's code to a draw from the prior. With one seed, variation 1
    goes the same way at every distance. With --whole all bars are varied, each phrase its own way.

    \b
    Example:
        musicae vary -n 8 --distance 0.2 -o variations tune.mid
    """
    files = results.claim([f"{file.stem}.vary-{number}.mid" for number in numbered(count)])
    model, [excerpt] = reading.take(file)

    from musicae.music.tasks.vary import vary

    scores = vary(model, excerpt.music, count, distance, decoding)
    facts = {**excerpt.facts, "distance": distance}
    text = f"of {excerpt}, at distance {distance:g}"
    pairs = enumerate(zip(scores, files, strict=True), 1)
    results.write(*(renditions.Result(score, path, f"variation {i} {text}", facts) for i, (score, path) in pairs))
