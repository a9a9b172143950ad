"""`musicae search`: the phrases of a folder that are nearest to a tune."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, many_files, options
from musicae.cli.support.result_lines import Lines, json_lines
from musicae.errors import DataError

if TYPE_CHECKING:
    from musicae.music.model import MusicModel
    from musicae.music.tasks.phrase_index import PhraseIndex
    from musicae.music.tasks.search import Match


@click.command("search")
@click.argument("file", metavar="TUNE", type=options.music_file)
@click.option("--in", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where to look.")
@click.option("--top", "-n", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Largest number of matches.")
@click.option(
    "--per-file/--all-phrases", default=True, show_default=True, help="The nearest phrase of each file only, or all phrases."
)
@click.option(
    "--index",
    "index_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the index is kept; it is built again after a file or the model has changed. [default: in the cache]",
)
@inputs.reading(options.checkpoint)
@json_lines
def command(
    file: Path,
    folder: Path,
    top: int,
    per_file: bool,
    index_file: Path | None,
    reading: inputs.Reading,
    lines: Lines,
) -> None:
    """Find the phrases of the music files in DIR that are nearest to a phrase of TUNE, in any key.

    Prints a row for each, nearest first: file, track, bars, distance (0 is the same tune, 1 an unrelated one) and the
    semitones by which TUNE must be transposed to lie there. With --whole the nearest phrase of TUNE counts. If TUNE itself is
    in DIR, the phrase looked for is skipped. The first search of a folder reads all its files; later ones use the index.

    \b
    Example:
        musicae search --in songs --top 5 tune.mid
    """
    files = many_files.folder_files(folder, "--in ")
    model, [excerpt] = reading.take(file)
    index = _index(model, str(reading.checkpoint), folder, files, index_file)

    from musicae.music.tasks.search import search

    own = next((str(path) for path in files if path.samefile(file)), "")
    matches = search(model, excerpt.music, index, top, per_file=per_file, file=own)
    click.echo(f"{folder}: {len(index)} phrases of {len(index.files)} files", err=True)
    many_files.show_skipped(index.skipped, folder)
    _show(matches, f"Nearest to {excerpt}:", lines)


def _index(model: "MusicModel", checkpoint: str, folder: Path, files: Sequence[Path], path: Path | None) -> "PhraseIndex":
    """Return the index of a folder: the stored one if nothing has changed, or a new one.

    Raises:
        DataError: the file named by --index is something else, or the folder holds no phrase.
    """
    from musicae.checkpoints.shipped import find_weights
    from musicae.cli.support.progress import tasks
    from musicae.datasets.cache import cache_dir
    from musicae.music.latent.attribute_vectors import weights_hash
    from musicae.music.tasks.phrase_index import build_index, content_key, read_index, write_index

    weights = weights_hash(find_weights(checkpoint))
    key = content_key(files, weights)
    own_file = path is not None
    if path is None:
        name = hashlib.sha256(f"{folder.resolve()} {weights}".encode()).hexdigest()[:16]
        path = cache_dir() / f"search-{name}.safetensors"
    if path.exists():
        try:
            stored = read_index(path)
            if stored.key == key:
                return stored
        except DataError:
            if own_file:  # not one to overwrite
                raise
    with tasks() as progress:
        index = build_index(model, files, key=key, progress=progress)
    write_index(index, path)
    return index


def _bars(match: "Match") -> str:
    return f"{match.first_bar}-{match.last_bar}" if match.last_bar > match.first_bar else str(match.first_bar)


def _show(matches: "Sequence[Match]", title: str, lines: Lines) -> None:
    """Print the matches: a table, or an object per match."""
    from musicae.cli.support.tables import table

    facts = []
    rows = table(("file", "track", "bars", "distance", "semitones"))
    for match in matches:
        place = {"file": match.file, "track": match.track, "bars": _bars(match)}
        facts.append({**place, "distance": round(match.distance, 4), "semitones": match.semitones})
        cells = (click.format_filename(match.file), str(match.track), _bars(match))
        rows.add_row(*cells, f"{match.distance:.3f}", f"{match.semitones:+d}")
    lines.results(facts, title, rows)
