"""`musicae grid`: a rectangle of tunes between two or four."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding

MOST = 1000


def parse_size(text: str) -> tuple[int, int]:
    """Parse `3x5` into rows and columns; the type of --size.

    Raises:
        click.BadParameter: the text is not a size, or it asks for too many tunes.
    """
    match = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    if match is None:
        raise click.BadParameter(f"{text!r} is not a size; give rows and columns such as 3x5.")
    rows, columns = int(match[1]), int(match[2])
    if rows * columns > MOST:
        raise click.BadParameter(f"{text!r} asks for {rows * columns} tunes; {MOST} is the most.")
    return rows, columns


@click.command("grid")
@click.argument("files", nargs=-1, required=True, type=options.music_file)
@click.option("--size", type=parse_size, metavar="RxC", help="Rows and columns. [default: 1x7 for two files, 5x5 for four]")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("grid", "Folder for the files.")
def command(
    files: tuple[Path, ...],
    size: tuple[int, int] | None,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Fill a rectangle between the melodies, or the drums, of FILES.

    Two files are its left and right end; four are its upper corners, then the lower ones.

    With --whole all bars are taken: the phrases of the files are paired in order, and a piece with fewer phrases is repeated.

    Writes one file per place, row-1-column-1.mid and so on, and grid.mid with all of them in a row, line by line. --png draws
    one image of all; sound and notation are written of grid.mid only.

    \b
    Example:
        musicae grid --size 4x4 --png -o grid a.mid b.mid c.mid d.mid
    """
    if len(files) not in (2, 4):
        raise click.UsageError(f"A grid lies between two or four files; {len(files)} were given.")
    rows, columns = size or ((1, 7) if len(files) == 2 else (5, 5))
    places = [(row, column) for row in numbered(rows, digits=1) for column in numbered(columns, digits=1)]
    *paths, joined = results.claim([*(f"row-{r}-column-{c}.mid" for r, c in places), "grid.mid"], plain=True)
    results.check([joined])
    model, excerpts = reading.take(*files)

    from musicae.music.tasks.grid import grid

    tunes = grid(model, [e.music for e in excerpts], rows, columns, decoding)
    scores = [score for row in tunes.scores for score in row]
    words = inputs.in_words(excerpts)
    facts = {"sources": [e.facts for e in excerpts], "rows": rows, "columns": columns}
    text = f"{rows} row{'s' if rows > 1 else ''} of {columns} tunes between {words}, one after the other; "
    text += f"each alone in {paths[0].name} to {paths[-1].name}"
    parts = [
        renditions.Result(score, path, facts={"row": int(r), "column": int(c)}, plain=True)
        for score, path, (r, c) in zip(scores, paths, places, strict=True)
    ]
    results.write(*parts, renditions.Result(tunes.joined, joined, text, facts, roll=scores, columns=columns))
