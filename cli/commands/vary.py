"""`musicae vary`: neighbours of a tune."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.excerpts.phrase import Phrase
    from musicae.music.excerpts.piece import Piece


@click.command("vary")
@click.argument("file", type=options.midi_file)
@click.option("--count", "-n", type=click.IntRange(1, 10_000), default=4, show_default=True, help="How many.")
@click.option(
    "--distance",
    type=click.FloatRange(0.0, 1.0),
    default=0.3,
    show_default=True,
    help="How far from the tune: 0 is its reconstruction, 1 a new sample.",
)
@inputs.reading(options.checkpoint_by_input)
@options.whole
@options.keep_tracks
@options.decoding()
@renditions.results("variations", "A .mid file for one variation, or a folder.")
def command(
    file: Path,
    count: int,
    distance: float,
    whole: bool,
    keep_tracks: bool,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Make variations of the melody of FILE, or of its drums.

    Each lies --distance of the way, on the sphere, from the tune's code to a draw from the prior. With one seed, variation 1
    goes the same way at every distance. With --whole all bars are varied, each phrase its own way.

    \b
    Example:
        musicae vary tune.mid -n 8 --distance 0.2 -o variations
    """
    options.check_whole(whole=whole, keep_tracks=keep_tracks, bars=reading.bars)
    digits = max(2, len(str(count)))
    files = results.claim([f"{file.stem}.vary-{i:0{digits}d}.mid" for i in range(1, count + 1)])
    source: Phrase | Piece
    if whole:
        model, source = reading.cut(file, keep_tracks=keep_tracks)
    else:
        model, [source] = reading.take(file)

    from musicae.music.tasks.vary import vary

    scores = vary(model, source, count, distance, decoding)
    extra = results.write(scores, files)
    click.echo(json.dumps({"variations": [str(path) for path in files]} | renditions.named(extra)))
