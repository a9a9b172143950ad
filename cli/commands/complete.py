"""`musicae complete`: keep a part of a tune and fill the rest."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.excerpts.phrase import Phrase


@click.command("complete")
@click.argument("file", type=options.midi_file)
@click.option(
    "--fill",
    type=options.parse_bars,
    metavar="M-N",
    help="Bars of FILE to fill. [default: those in which no note begins]",
)
@click.option("--keep-notes", is_flag=True, help="Keep the notes that begin in the bars to fill, too, and fill around them.")
@options.count(1, "ways to fill them")
@inputs.reading(options.checkpoint_by_input, whole=False)
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
    """Keep given bars or notes of FILE and fill the rest of the phrase with the notes that the model finds likely there.

    Given notes are kept as they are. --key and --scale hold for new notes only.

    \b
    Example:
        musicae complete --bars 3-4 --fill 4 -n 3 -o ways tune.mid
        musicae complete --fill 1-2 --keep-notes -o filled.mid sketch.mid
    """
    endings = [f"-{number}" for number in numbered(count, digits=1)] if count > 1 else [""]
    files = results.claim([f"{file.stem}.completed{ending}.mid" for ending in endings])
    model, [excerpt] = reading.take(file)
    phrase = excerpt.phrase
    starts = model.representation.begins(phrase.window.tokens).tolist()
    bars, given = _given(phrase, starts, str(file), fill, keep_notes=keep_notes)

    from musicae.music.tasks.complete import complete

    scores = complete(model, phrase, given, count, decoding)
    words = f"bar{'s' if len(bars) > 1 else ''} {', '.join(map(str, bars))}"
    text, facts = f"{excerpt} with {words} filled", {**excerpt.facts, "filled": bars}
    results.write(*(renditions.Result(s, path, text, facts) for s, path in zip(scores, files, strict=True)))


def _given(
    phrase: "Phrase", starts: list[bool], where: str, fill: tuple[int, int] | None, *, keep_notes: bool
) -> tuple[list[int], list[bool]]:
    """Return the bars of a phrase that are filled, and which of its time steps are given; notes begin at those of `starts`.

    Raises:
        click.UsageError: the bars to fill do not lie in the phrase, or there is nothing to fill.
    """
    last = phrase.first_bar + len(phrase.window.bar_steps) - 1
    if fill is not None and not phrase.first_bar <= fill[0] <= fill[1] <= last:
        raise click.UsageError(
            f"{where}: bars {phrase.bar_numbers} were taken, so --fill {fill[0]}-{fill[1]} is not among them; "
            "choose others with --bars."
        )
    bars: list[int] = []
    given: list[bool] = []
    for number, steps in enumerate(phrase.window.bar_steps, phrase.first_bar):
        notes = starts[len(given) : len(given) + steps]
        is_filled = not any(notes) if fill is None else fill[0] <= number <= fill[1]
        bars += [number] * is_filled
        given += [not is_filled or (keep_notes and note) for note in notes]
    if all(given):
        raise click.UsageError(
            f"{where}: a note begins in each of bars {phrase.bar_numbers}; choose with --fill which to fill."
        )
    return bars, given
