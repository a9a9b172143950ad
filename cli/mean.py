"""`musicae mean`: the tune in the middle of several."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli import inputs, options, renditions
from musicae.cli.outputs import targets

if TYPE_CHECKING:
    from musicae.scales import Scale


@click.command("mean")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@inputs.place
@options.scale
@options.temperature
@options.seed
@options.checkpoint_by_input
@options.device
@options.output("mean.mid", "A .mid file, or a folder.")
@renditions.options
@options.force
def command(
    files: tuple[Path, ...],
    track: str | None,
    bars: tuple[int, int] | None,
    temperature: float,
    seed: int,
    checkpoint: str | None,
    device: str,
    output: Path,
    force: bool,
    also: tuple[str, ...],
    scale: "Scale | None",
) -> None:
    """Make the tune, or drum pattern, in the middle of FILES, at least two: the mean of their codes on the sphere.

    It has the bars, metre, instrument and key of the first file; tempo and loudness are means.

    \b
    Example:
        musicae mean a.mid b.mid c.mid -o mean.mid
    """
    if len(files) < 2:
        raise click.UsageError("A mean needs at least two files.")
    [target] = targets(output, ["mean.mid"])
    renditions.claim([target], also, force=force)
    model, phrases = inputs.take(files, checkpoint, device, track=track, bars=bars)

    from musicae.steer import mean

    score = mean(model, phrases, temperature=temperature, seed=seed, scale=scale)
    extra = renditions.write(score, target, also)[1:]
    click.echo(json.dumps({"mean": str(target)} | renditions.named(extra)))
