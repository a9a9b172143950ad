"""`musicae vary`: neighbours of a tune."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli import inputs, options, renditions
from musicae.cli.outputs import targets

if TYPE_CHECKING:
    from musicae.scales import Scale


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
@inputs.place
@options.whole
@options.keep_tracks
@options.scale
@options.temperature
@options.seed
@options.checkpoint_by_input
@options.device
@options.output("variations", "A .mid file for one variation, or a folder.")
@renditions.options
@options.force
def command(
    file: Path,
    count: int,
    distance: float,
    track: str | None,
    bars: tuple[int, int] | None,
    whole: bool,
    keep_tracks: bool,
    temperature: float,
    seed: int,
    checkpoint: str | None,
    device: str,
    output: Path,
    force: bool,
    also: tuple[str, ...],
    scale: "Scale | None",
) -> None:
    """Make variations of the melody of FILE, or of its drums.

    Each lies --distance of the way, on the sphere, from the tune's code to a draw from the prior. With one seed, variation 1
    goes the same way at every distance. With --whole all bars are varied, each phrase its own way.

    \b
    Example:
        musicae vary tune.mid -n 8 --distance 0.2 -o variations
    """
    options.check_whole(whole=whole, keep_tracks=keep_tracks, bars=bars)
    digits = max(2, len(str(count)))
    files = targets(output, [f"{file.stem}.vary-{i:0{digits}d}.mid" for i in range(1, count + 1)])
    renditions.claim(files, also, force=force)
    if whole:
        from musicae.midi import read_midi

        score = read_midi(file)
        model = inputs.load_for([file], [score], [track], checkpoint, device)

        from musicae.pieces import cut
        from musicae.steer import vary_whole

        piece = cut(model, score, track=track, where=str(file))
        scores = vary_whole(
            model, piece, count, distance, keep_tracks=keep_tracks, temperature=temperature, seed=seed, scale=scale
        )
    else:
        model, [phrase] = inputs.take([file], checkpoint, device, track=track, bars=bars)

        from musicae.steer import vary

        scores = vary(model, phrase, count, distance, temperature=temperature, seed=seed, scale=scale)
    extra = []
    for path, score in zip(files, scores, strict=True):
        extra += renditions.write(score, path, also)[1:]
    click.echo(json.dumps({"variations": [str(path) for path in files]} | renditions.named(extra)))
