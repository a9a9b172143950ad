"""`musicae continue`: bars that follow a phrase."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("continue")
@click.argument("file", type=options.music_file)
@click.option("--new-bars", type=click.IntRange(1, 256), default=4, show_default=True, help="How many bars to write.")
@options.count(1, "continuations")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results(
    "", "A .mid, .abc or .musicxml file for one result, or a folder. [default: NAME.continued.mid in this folder]"
)
def command(
    file: Path,
    new_bars: int,
    count: int,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Write bars that follow a phrase of FILE, or with --whole its last bar; the results begin with the phrase or the file.

    New bars have the metre, tempo and instrument of the last bar.

    \b
    Example:
        musicae continue --whole --new-bars 8 -o longer.mid song.mid
        musicae continue --bars 3-4 --new-bars 6 -n 3 --seed 7 -o ideas tune.mid
    """
    endings = [f"-{number}" for number in numbered(count, digits=1)] if count > 1 else [""]
    files = results.claim([f"{file.stem}.continued{ending}.mid" for ending in endings])
    model, [excerpt] = reading.take(file)

    from musicae.music.tasks.continuation import continuation

    scores = continuation(model, excerpt.music, new_bars, count, decoding)
    facts = {**excerpt.facts, "new_bars": new_bars}
    text = f"{excerpt} and {new_bars} new bar{'s' if new_bars > 1 else ''}"
    results.write(*(renditions.Result(s, path, text, facts) for s, path in zip(scores, files, strict=True)))
