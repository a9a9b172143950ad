"""`musicae search`: the phrases of a folder that are nearest to a tune."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options
from musicae.cli.support import many_files as batches
from musicae.errors import DataError

if TYPE_CHECKING:
    from musicae.music.model import MusicModel
    from musicae.music.tasks.search import Match, PhraseIndex


@click.command("search")
@click.argument("file", metavar="TUNE", type=options.midi_file)
@click.option("--in", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Where to look.")
@click.option("--top", "-n", type=click.IntRange(1, 10_000), default=10, show_default=True, help="The most hits.")
@click.option(
    "--per-file/--all-phrases", default=True, show_default=True, help="The nearest phrase of each file only, or all phrases."
)
@click.option(
    "--index",
    "index_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the index is kept; it is made anew when a file or the model has changed. [default: in the cache]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the lines of JSON only, and no table.")
@inputs.reading(options.checkpoint)
def command(
    file: Path,
    folder: Path,
    top: int,
    per_file: bool,
    index_file: Path | None,
    as_json: bool,
    reading: inputs.Reading,
) -> None:
    """Find the phrases of the MIDI files in DIR that are nearest to a phrase of TUNE, in any key.

    Prints a line of JSON for each, nearest first: file, track, bars, distance (0 is the same tune, 1 an unrelated one) and
    the semitones by which TUNE must be transposed to lie there. Where TUNE itself is in DIR, the phrase looked for is left
    out. The first search of a folder reads all its files; later ones use the index.

    \b
    Example:
        musicae search tune.mid --in songs --top 5
    """
    files = batches.folder_files(folder, "--in ")
    model, [phrase] = reading.take(file)
    index = _index(model, str(reading.checkpoint), folder, files, index_file)

    from musicae.music.tasks.search import search

    own = next((str(path) for path in files if path.samefile(file)), "")
    hits = search(model, phrase, index, top, per_file=per_file, file=own)
    _tell(index, folder)
    for hit in hits:
        facts = {"file": hit.file, "track": hit.track, "bars": _bars(hit)}
        click.echo(json.dumps(facts | {"distance": round(hit.distance, 4), "semitones": hit.semitones}))
    if not as_json:
        _show(hits)


def _index(model: "MusicModel", checkpoint: str, folder: Path, files: Sequence[Path], path: Path | None) -> "PhraseIndex":
    """Return the index of a folder: the one that is kept where nothing has changed, else a new one.

    Raises:
        DataError: the file named by --index is something else, or the folder holds no phrase.
    """
    from musicae.checkpoints.shipped import find_weights
    from musicae.cli.support.progress import tasks
    from musicae.datasets.cache import cache_dir
    from musicae.music.latent.attribute_vectors import weights_hash
    from musicae.music.tasks.search import build_index, content_key, read_index, write_index

    weights = weights_hash(find_weights(checkpoint))
    key = content_key(files, weights)
    given = path is not None
    if path is None:
        name = hashlib.sha256(f"{folder.resolve()} {weights}".encode()).hexdigest()[:16]
        path = cache_dir() / f"search-{name}.safetensors"
    if path.exists():
        try:
            kept = read_index(path)
            if kept.key == key:
                return kept
        except DataError:
            if given:  # a file of the user's own
                raise
    with tasks() as progress:
        index = build_index(model, files, key=key, progress=progress)
    write_index(index, path)
    return index


def _tell(index: "PhraseIndex", folder: Path) -> None:
    """Say what was searched, and what was left out and why."""
    click.echo(f"{folder}: {len(index)} phrases of {len(index.files)} files", err=True)
    batches.tell_skipped(index.skipped, folder)


def _bars(hit: "Match") -> str:
    return f"{hit.first_bar}-{hit.last_bar}" if hit.last_bar > hit.first_bar else str(hit.first_bar)


def _show(hits: "Sequence[Match]") -> None:
    """Print the hits as a table on stderr."""
    from musicae.cli.support.tables import console, table

    shown = table(("file", "track", "bars", "distance", "semitones"))
    for hit in hits:
        place = (click.format_filename(hit.file), str(hit.track), _bars(hit))
        shown.add_row(*place, f"{hit.distance:.3f}", f"{hit.semitones:+d}")
    console(stderr=True).print(shown)
