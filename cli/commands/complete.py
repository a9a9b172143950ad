"""`musicae complete`: keep a part of a tune and fill the rest."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.model import MusicModel


@click.command("complete")
@click.argument("file", type=options.music_file)
@click.option(
    "--fill",
    type=options.parse_bars,
    metavar="M-N",
    help="Bars of FILE to fill. [default: those in which no note begins]",
)
@click.option("--keep-notes", is_flag=True, help="Keep the notes that begin in the bars to fill, too, and fill around them.")
@options.count(1, "ways to fill them")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results(
    "", "A .mid, .abc or .musicxml file for one result, or a folder. [default: NAME.completed.mid in this folder]"
)
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

    Given notes are kept as they are. --key and --scale hold for new notes only. With --whole all bars of FILE are taken.

    \b
    Example:
        musicae complete --whole --keep-tracks --fill 9-12 -o filled.mid song.mid
        musicae complete --bars 3-4 --fill 4 -n 3 -o ways tune.mid
        musicae complete --fill 1-2 --keep-notes -o filled.mid sketch.mid
    """
    endings = [f"-{number}" for number in numbered(count, digits=1)] if count > 1 else [""]
    if keep_notes and reading.whole:
        raise click.UsageError("--keep-notes keeps notes of one phrase; give either --keep-notes or --whole.")
    files = results.claim([f"{file.stem}.completed{ending}.mid" for ending in endings])
    model, [excerpt] = reading.take(file)
    starts = _starts(model, excerpt)
    bars = _chosen(excerpt, starts, fill)
    given = [number not in bars or (keep_notes and note) for number, notes in starts.items() for note in notes]
    if all(given):
        raise click.UsageError(f"{file}: a note begins in each of bars {excerpt.bars}; choose with --fill which to fill.")

    from musicae.music.tasks.complete import complete

    scores = complete(model, excerpt.music, given, count, decoding)
    words = f"bar{'s' if len(bars) > 1 else ''} {', '.join(map(str, bars))}"
    text, facts = f"{excerpt} with {words} filled", {**excerpt.facts, "filled": bars}
    results.write(*(renditions.Result(s, path, text, facts) for s, path in zip(scores, files, strict=True)))


def _starts(model: "MusicModel", excerpt: inputs.Excerpt) -> dict[int, list[bool]]:
    """Return by the number of each bar whether a note begins at its time steps; for the bars of a piece one flag each."""
    from musicae.music.excerpts.piece import Piece

    music = excerpt.music
    if isinstance(music, Piece):
        half = model.representation.half_step
        spans = {bar.number: (bar.start - half, bar.end - half) for bar in music.score.bars()}
        return {i: [any(start <= n.onset < end for n in music.notes.near(start, end))] for i, (start, end) in spans.items()}
    flags = iter(model.representation.begins(music.window.tokens).tolist())
    return {i: list(islice(flags, steps)) for i, steps in enumerate(music.window.bar_steps, music.first_bar)}


def _chosen(excerpt: inputs.Excerpt, starts: dict[int, list[bool]], fill: tuple[int, int] | None) -> list[int]:
    """Return the numbers of the bars to fill.

    Raises:
        click.UsageError: one of them was not taken.
    """
    if fill is None:
        return [number for number, notes in starts.items() if not any(notes)]
    bars = list(range(fill[0], min(fill[1], max(starts) + 1) + 1))
    if not set(bars) <= set(starts):
        raise click.UsageError(
            f"{excerpt.path}: bars {excerpt.bars} were taken, so --fill {fill[0]}-{fill[1]} is not among them; "
            "choose others with --bars."
        )
    return bars
