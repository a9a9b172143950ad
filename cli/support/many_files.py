"""Several files through one command: folders and patterns, names of results, and a summary; one bad file stops no other."""

import glob
import json
import os
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from musicae.cli.support import outputs
from musicae.errors import DataError, MusicaeError
from musicae.music.formats.midi_bytes import SUFFIXES

__all__ = ["FIELDS", "as_json", "each", "expand", "folder_files", "names", "targets", "tell_skipped", "template"]

S = TypeVar("S")
M = TypeVar("M")

SHOWN_REASONS = 5  # files left out that are named
FIELDS = {
    "stem": "the input's name without its ending",
    "name": "the input's whole name",
    "folder": "the name of its folder",
    "number": "its number in this run, from 1",
    "suffix": "the result's ending",
}

template = click.option(
    "--out-template",
    "template",
    metavar="TEXT",
    help="Names of the results, such as '{stem}.again{suffix}'; fields: " + ", ".join(f"{{{f}}}" for f in FIELDS) + ".",
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print a line of JSON for files that fail, too, instead of a table of all files."
)


def expand(files: Sequence[Path]) -> list[Path]:
    """Return the files that arguments name: a folder's MIDI files at any depth, the matches of a pattern, or a file.

    A folder without MIDI files, and a pattern that nothing matches, are returned as they are, for the reader to refuse; a
    file named twice is taken once.
    """
    found: dict[Path, None] = {}
    for path in files:
        found.update(dict.fromkeys(_below(path) if path.is_dir() else _matches(path)))
    return list(found)


def folder_files(folder: Path, option: str = "") -> list[Path]:
    """Return the MIDI files of a folder, at any depth.

    Arguments:
        folder: The folder.
        option: The option that names it, with a space behind, for what to say where it is none.

    Raises:
        DataError: there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give {option}a folder of MIDI files.")
    files = _below(folder)
    if files == [folder]:
        raise DataError(f"{folder} holds no file ending in {', '.join(SUFFIXES)}; choose another folder.")
    return files


def tell_skipped(skipped: Mapping[str, str], folder: Path) -> None:
    """Say on stderr which files of a folder were left out, and why, a few of them only."""
    for reason in list(skipped.values())[:SHOWN_REASONS]:
        click.echo(f"left out: {reason}", err=True)
    if len(skipped) > SHOWN_REASONS:
        click.echo(f"left out: {len(skipped) - SHOWN_REASONS} more files; `musicae inspect {folder}` tells why", err=True)


def _below(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()) or [folder]


def _matches(path: Path) -> list[Path]:
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    matches = sorted(Path(p) for p in glob.glob(os.path.expanduser(path), recursive=True)) or [path]
    return [file for match in matches for file in (_below(match) if match.is_dir() else [match])]


def names(files: Sequence[Path], pattern: str, *, suffix: str) -> list[str]:
    """Return the names of the results that a template gives (see `FIELDS`).

    Raises:
        click.UsageError: the template has a field that does not exist, is malformed, or gives no name ending in `suffix`.
    """
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(pattern) if field is not None}
    except ValueError as error:
        raise click.UsageError(f"--out-template {pattern!r} cannot be read ({error}); write {{{{ for a brace.") from error
    unknown = sorted(fields - FIELDS.keys())
    if unknown:
        listed = ", ".join(f"{{{name}}} ({text})" for name, text in FIELDS.items())
        raise click.UsageError(f"--out-template has no field {{{unknown[0]}}}; its fields are {listed}.")
    made = []
    for number, path in enumerate(files, 1):
        folder = path.resolve().parent.name
        values = {"stem": path.stem, "name": path.name, "folder": folder, "number": number, "suffix": suffix}
        try:
            name = pattern.format(**values)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise click.UsageError(f"--out-template {pattern!r} cannot be filled in ({error}).") from error
        if Path(name).suffix.lower() != suffix or not Path(name).stem:
            raise click.UsageError(f"--out-template gives {name!r} for {path}; let it end in {{suffix}}.")
        made.append(name)
    return made


def targets(output: Path, files: Sequence[Path], pattern: str | None, default: str, *, suffix: str = ".mid") -> list[Path]:
    """Return the file that each result goes to.

    Arguments:
        output: What -o gave: a name with this suffix is the file of the only result, anything else a folder.
        files: The inputs.
        pattern: The template of the results' names that --out-template gave.
        default: The template where it gave none.
        suffix: The results' ending.

    Raises:
        click.UsageError: see `names`; one file for several results, a file and a template, or two results of one name.
    """
    suffixes = (".mid", ".midi") if suffix == ".mid" else (suffix,)
    if pattern is not None and output.suffix.lower() in suffixes and not output.is_dir():
        raise click.UsageError(f"{output} is the name of one file; with --out-template give -o a folder.")
    made = names(files, default if pattern is None else pattern, suffix=suffix)
    twice = next((name for name, count in Counter(made).items() if count > 1), None)
    if twice is not None:
        raise click.UsageError(
            f"Several results would be written to {output / twice}; give --out-template '{{folder}}-{{stem}}{{suffix}}' or "
            "'{number}-{stem}{suffix}', for example."
        )
    return outputs.targets(output, made, suffixes=suffixes)


def each(
    files: Sequence[Path],
    read: Callable[[Path], S],
    prepare: Callable[[], M],
    work: Callable[[int, S, M], str],
    *,
    doing: str,
    as_json: bool,
) -> None:
    """Do the work for each file; a file that fails does not keep the others from being done.

    The error of an only file is raised. Of several, a table on stderr tells what became of each (or, with `as_json`, a line
    of JSON on stdout of each that failed).

    Arguments:
        files: The files.
        read: Reads one.
        prepare: Gets what all of them need, such as a model; called once, when the first file has been read, so that bad
            files are told before torch is imported, which takes seconds. Its errors are raised.
        work: Does it, for the file's index, with what `read` and `prepare` gave; returns what the table says.
        doing: What the progress bar says.
        as_json: Whether failures are told as JSON.

    Raises:
        SystemExit: status 1 where one of several files failed.
    """
    from musicae.cli.support.progress import tasks

    rows: list[tuple[Path, str, bool]] = []
    needed: list[M] = []
    with tasks() as progress:
        for index, path in enumerate(files):
            try:
                value = read(path)
                if not needed:
                    needed.append(_raised_as_it_is(prepare))
                rows.append((path, work(index, value, needed[0]), True))
            except _Fatal as fatal:
                raise fatal.reason from None
            except Exception as error:
                if len(files) == 1 or isinstance(error, click.ClickException):
                    raise
                rows.append((path, _told(path, error, as_json=as_json), False))
            progress(doing, index + 1, len(files))
    failed = sum(not good for _, _, good in rows)
    if len(files) > 1 and not as_json:
        _summary(rows, failed)
    if failed:
        raise SystemExit(1)


class _Fatal(Exception):
    """What concerns all files."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _raised_as_it_is(prepare: Callable[[], M]) -> M:
    try:
        return prepare()
    except Exception as error:
        raise _Fatal(error) from error


def _told(path: Path, error: Exception, *, as_json: bool) -> str:
    """Return what to say about a file that failed, and say it where JSON is wanted."""
    from musicae.cli.main import sentence

    reason = sentence(error)
    if as_json:
        click.echo(json.dumps({"file": str(path), "error": reason}))
    return reason if isinstance(error, MusicaeError) else f"{path}: {reason}"


def _summary(rows: Sequence[tuple[Path, str, bool]], failed: int) -> None:
    """Print what became of each file."""
    from musicae.cli.support.tables import console, table

    shown = table(("file", "result"), right=False)
    for path, words, good in rows:
        shown.add_row(click.format_filename(path), words if good else f"failed: {words}")
    out = console(stderr=True)
    out.print(shown)
    out.print(f"{len(rows) - failed} of {len(rows)} files done" + (f", {failed} failed." if failed else "."))
