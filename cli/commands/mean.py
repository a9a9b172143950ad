"""`musicae mean`: the tune in the middle of several."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("mean")
@click.argument("files", nargs=-1, required=True, type=options.music_file)
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("mean.mid", "A .mid, .abc or .musicxml file, or a folder.")
def command(files: tuple[Path, ...], reading: inputs.Reading, decoding: "Decoding", results: renditions.Results) -> None:
    """Make the tune, or drum pattern, in the middle of FILES, at least two: the mean of their codes on the sphere.

    It has the bars, metre, instrument and key of the first file; tempo and loudness are means. With --whole all bars are
    taken: the phrases of the files are paired in order, and a piece with fewer phrases is repeated.

    \b
    Example:
        musicae mean -o mean.mid a.mid b.mid c.mid
    """
    if len(files) < 2:
        raise click.UsageError("A mean needs at least two files.")
    [target] = results.claim(["mean.mid"])
    model, excerpts = reading.take(*files)

    from musicae.music.tasks.mean import mean

    score = mean(model, [e.music for e in excerpts], decoding)
    facts = {"sources": [e.facts for e in excerpts]}
    results.write(renditions.Result(score, target, f"the mean of {inputs.in_words(excerpts)}", facts))
