"""`musicae continue`: bars that follow a phrase."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("continue")
@click.argument("file", type=options.midi_file)
@click.option("--new-bars", type=click.IntRange(1, 256), default=4, show_default=True, help="How many bars to write.")
@click.option("--count", "-n", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many continuations.")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("", "A .mid file for one result, or a folder. [default: NAME.continued.mid in this folder]")
def command(
    file: Path,
    new_bars: int,
    count: int,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Write bars that follow a phrase of FILE; the results begin with the phrase itself.

    New bars have the metre, tempo and instrument of the phrase's last bar.

    \b
    Example:
        musicae continue tune.mid --bars 3-4 --new-bars 6 -n 3 --seed 7 -o ideas
    """
    digits = len(str(count))
    names = [f"{file.stem}.continued{f'-{i:0{digits}d}' if count > 1 else ''}.mid" for i in range(1, count + 1)]
    files = results.claim(names)
    model, [phrase] = reading.take(file)

    from musicae.music.tasks.continuation import continuation

    scores = continuation(model, phrase, new_bars, count, decoding)
    extra = results.write(scores, files)
    click.echo(json.dumps({"continued": [str(path) for path in files]} | renditions.named(extra)))
