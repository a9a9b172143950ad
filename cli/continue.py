"""`musicae continue`: bars that follow a phrase."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli import inputs, options, renditions
from musicae.cli.outputs import targets

if TYPE_CHECKING:
    from musicae.scales import Scale


@click.command("continue")
@click.argument("file", type=options.midi_file)
@click.option("--new-bars", type=click.IntRange(1, 256), default=4, show_default=True, help="How many bars to write.")
@click.option("--count", "-n", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many continuations.")
@inputs.place
@options.scale
@options.temperature
@options.seed
@options.checkpoint
@options.device
@options.output("", "A .mid file for one result, or a folder. [default: NAME.continued.mid in this folder]")
@renditions.options
@options.force
def command(
    file: Path,
    new_bars: int,
    count: int,
    track: str | None,
    bars: tuple[int, int] | None,
    temperature: float,
    seed: int,
    checkpoint: str,
    device: str,
    output: Path,
    force: bool,
    also: tuple[str, ...],
    scale: "Scale | None",
) -> None:
    """Write bars that follow a phrase of FILE; the results begin with the phrase itself.

    New bars have the metre, tempo and instrument of the phrase's last bar.

    \b
    Example:
        musicae continue tune.mid --bars 3-4 --new-bars 6 -n 3 --seed 7 -o ideas
    """
    digits = len(str(count))
    names = [f"{file.stem}.continued{f'-{i:0{digits}d}' if count > 1 else ''}.mid" for i in range(1, count + 1)]
    files = targets(output, names)
    renditions.claim(files, also, force=force)
    model, [phrase] = inputs.take([file], checkpoint, device, track=track, bars=bars)

    from musicae.completion import continue_phrase

    scores = continue_phrase(model, phrase, new_bars, count, temperature=temperature, seed=seed, scale=scale)
    extra = []
    for path, score in zip(files, scores, strict=True):
        extra += renditions.write(score, path, also)[1:]
    click.echo(json.dumps({"continued": [str(path) for path in files]} | renditions.named(extra)))
