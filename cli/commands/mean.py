"""`musicae mean`: the tune in the middle of several."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("mean")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("mean.mid", "A .mid file, or a folder.")
def command(files: tuple[Path, ...], reading: inputs.Reading, decoding: "Decoding", results: renditions.Results) -> None:
    """Make the tune, or drum pattern, in the middle of FILES, at least two: the mean of their codes on the sphere.

    It has the bars, metre, instrument and key of the first file; tempo and loudness are means.

    \b
    Example:
        musicae mean a.mid b.mid c.mid -o mean.mid
    """
    if len(files) < 2:
        raise click.UsageError("A mean needs at least two files.")
    [target] = results.claim(["mean.mid"])
    model, phrases = reading.take(*files)

    from musicae.music.tasks.mean import mean

    extra = results.write([mean(model, phrases, decoding)], [target])
    click.echo(json.dumps({"mean": str(target)} | renditions.named(extra)))
