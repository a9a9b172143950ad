"""`musicae grid`: a rectangle of tunes between two or four."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding

MOST = 1000


def size(text: str) -> tuple[int, int]:
    """Parse `3x5` into rows and columns; the type of --size.

    Raises:
        click.BadParameter: the text is no such size, or too many tunes.
    """
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no size; give rows and columns such as 3x5.")
    rows, columns = int(found[1]), int(found[2])
    if rows * columns > MOST:
        raise click.BadParameter(f"{text!r} makes {rows * columns} tunes; at most {MOST} can be made.")
    return rows, columns


@click.command("grid")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--size", type=size, metavar="RxC", help="Rows and columns. [default: 1x7 for two files, 5x5 for four]")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("grid", "Folder for the MIDI files.")
def command(
    files: tuple[Path, ...],
    size: tuple[int, int] | None,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Fill a rectangle between the melodies, or the drums, of FILES.

    Of two files they are its left and right end; of four its upper corners, then the lower ones.

    Writes one file a place, row-1-column-1.mid and so on, and grid.mid with all of them in a row, line by line; --png draws
    one picture of all, and sound and notation are written of grid.mid only.

    \b
    Example:
        musicae grid a.mid b.mid c.mid d.mid --size 4x4 --png -o grid
    """
    if len(files) not in (2, 4):
        raise click.UsageError(f"A grid lies between two or four files; {len(files)} were given.")
    rows, columns = size or ((1, 7) if len(files) == 2 else (5, 5))
    names = [f"row-{r:0{len(str(rows))}d}-column-{c:0{len(str(columns))}d}.mid" for r, c in _places(rows, columns)]
    *places, joined = results.claim([*names, "grid.mid"], plain=True)
    results.check([joined])
    model, phrases = reading.take(*files)

    from musicae.music.tasks.grid import grid

    made = grid(model, phrases, rows, columns, decoding)
    scores = [score for row in made.scores for score in row]
    replace(results, also=()).write(scores, places)
    extra = results.write([made.joined], [joined], row=scores, columns=columns)
    result = {
        "joined": str(joined),
        "rows": [[str(p) for p in places[i : i + columns]] for i in range(0, len(places), columns)],
    }
    click.echo(json.dumps(result | renditions.named(extra)))


def _places(rows: int, columns: int) -> list[tuple[int, int]]:
    return [(row, column) for row in range(1, rows + 1) for column in range(1, columns + 1)]
