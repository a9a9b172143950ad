"""`musicae complete`: keep a part of a tune, let the model find the rest."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.excerpts.phrase import Phrase


@click.command("complete")
@click.argument("file", type=options.midi_file)
@click.option("--fill", type=options.bars, metavar="M-N", help="Bars of FILE to fill. [default: those in which no note begins]")
@click.option("--keep-notes", is_flag=True, help="Keep the notes that begin in the bars to fill, too, and fill around them.")
@click.option("--count", "-n", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many ways to fill them.")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("", "A .mid file for one result, or a folder. [default: NAME.completed.mid in this folder]")
def command(
    file: Path,
    fill: tuple[int, int] | None,
    keep_notes: bool,
    count: int,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Keep given bars or notes of FILE and fill the rest of the phrase with what the model thinks belongs to them.

    Given notes are kept as they are. --key and --scale hold for new notes only.

    \b
    Example:
        musicae complete tune.mid --bars 3-4 --fill 4 -n 3 -o ways
        musicae complete sketch.mid --fill 1-2 --keep-notes -o filled.mid
    """
    digits = len(str(count))
    names = [f"{file.stem}.completed{f'-{i:0{digits}d}' if count > 1 else ''}.mid" for i in range(1, count + 1)]
    files = results.claim(names)
    model, [phrase] = reading.take(file)
    starts = model.representation.begins(phrase.window.tokens).tolist()
    given = _given(phrase, starts, str(file), fill, keep_notes=keep_notes)

    from musicae.music.tasks.complete import complete

    scores = complete(model, phrase, given, count, decoding)
    extra = results.write(scores, files)
    click.echo(json.dumps({"completed": [str(path) for path in files]} | renditions.named(extra)))


def _given(phrase: "Phrase", starts: list[bool], where: str, fill: tuple[int, int] | None, *, keep_notes: bool) -> list[bool]:
    """Return which time steps of the phrase are given; notes begin at those of `starts`.

    Raises:
        click.UsageError: the bars to fill do not lie in the phrase, or there is nothing to fill.
    """
    last = phrase.first_bar + len(phrase.window.bar_steps) - 1
    if fill is not None and not phrase.first_bar <= fill[0] <= fill[1] <= last:
        raise click.UsageError(
            f"{where}: bars {phrase.bar_numbers} were taken, so --fill {fill[0]}-{fill[1]} is not among them; "
            "choose others with --bars."
        )
    given: list[bool] = []
    for number, steps in enumerate(phrase.window.bar_steps, phrase.first_bar):
        here = starts[len(given) : len(given) + steps]
        free = not any(here) if fill is None else fill[0] <= number <= fill[1]
        given += [not free or (keep_notes and note) for note in here]
    if all(given):
        raise click.UsageError(f"{where}: a note begins in each of bars {phrase.bar_numbers}; say with --fill which to fill.")
    return given
