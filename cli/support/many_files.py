"""Several files through one command: folders and patterns, names of results, and a count; one bad file stops no other."""

import glob
import os
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from musicae.cli.support import options, outputs
from musicae.cli.support.bundles import bundle
from musicae.cli.support.failures import status
from musicae.cli.support.result_lines import Lines
from musicae.errors import DataError
from musicae.music.formats import is_music, suffixes

__all__ = ["FIELDS", "Files", "each", "expand", "files", "folder_files", "names", "show_skipped"]

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S")
M = TypeVar("M")

SHOWN_REASONS = 5  # skipped files that are named
FIELDS = {
    "stem": "the input's name without its ending",
    "name": "the input's whole name",
    "folder": "the name of its folder",
    "number": "its number in this run, from 1",
    "suffix": "the result's ending",
}


@dataclass(frozen=True)
class Files:
    """The files that a command works on one by one.

    Arguments:
        arguments: The files, folders and patterns given.
        template: What --out-template gave.
    """

    arguments: tuple[Path, ...]
    template: str | None = None

    @cached_property
    def paths(self) -> list[Path]:
        """The files themselves."""
        return expand(self.arguments)

    def targets(self, output: Path, default: str, *, suffix: str = ".mid") -> list[Path]:
        """Return the file that each result goes to.

        Arguments:
            output: What -o gave: a name with this ending is the file of the only result, anything else a folder.
            default: The template of the results' names if --out-template gave none.
            suffix: The results' ending; if it is that of music, a name may end in that of any format.

        Raises:
            click.UsageError: see `names`; one file for several results, a file and a template, or two results of one name.
        """
        suffixes = outputs.WRITTEN if suffix in outputs.WRITTEN else (suffix,)
        if self.template is not None and output.suffix.lower() in suffixes and not output.is_dir():
            raise click.UsageError(f"{output} is the name of one file; with --out-template give -o a folder.")
        results = names(self.paths, default if self.template is None else self.template, suffixes, suffix=suffix)
        twice = next((name for name, count in Counter(results).items() if count > 1), None)
        if twice is not None:
            raise click.UsageError(
                f"Several results would be written to {output / twice}; give --out-template '{{folder}}-{{stem}}{{suffix}}' or "
                "'{number}-{stem}{suffix}', for example."
            )
        return outputs.targets(output, results, suffixes=suffixes)


def files(*, template: bool = True, required: bool = True) -> Callable[[F], F]:
    """Return a decorator that adds the argument FILES and --out-template; the command gets one argument `files`.

    Arguments:
        template: Whether results go to files, so that --out-template applies.
        required: Whether at least one file must be given.
    """
    fields = ", ".join(f"{{{field}}}" for field in FIELDS)
    text = f"Names of the results, such as '{{stem}}.again{{suffix}}'; fields: {fields}."
    metavar = "FILES..." if required else "[FILES]..."
    parts = [click.argument("arguments", nargs=-1, required=required, metavar=metavar, type=options.music_file)]
    parts += [click.option("--out-template", "template", metavar="TEXT", help=text)] if template else []
    return bundle("files", Files, ("arguments", "template") if template else ("arguments",), parts)


def expand(arguments: Sequence[Path]) -> list[Path]:
    """Return the files that arguments name: a folder's music files at any depth, the matches of a pattern, or a file.

    A folder without music files, and a pattern that nothing matches, are returned as they are, for the reader to reject. A
    file named twice is taken once.
    """
    paths: dict[Path, None] = {}
    for path in arguments:
        paths.update(dict.fromkeys(_below(path) if path.is_dir() else _matches(path)))
    return list(paths)


def folder_files(folder: Path, option: str = "") -> list[Path]:
    """Return the music files of a folder, at any depth.

    Arguments:
        folder: The folder.
        option: The option that names it, followed by a space, for the message if there is no such folder.

    Raises:
        DataError: there is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give {option}a folder of music files.")
    paths = _below(folder)
    if paths == [folder]:
        raise DataError(f"{folder} holds no file ending in {', '.join(suffixes())}; choose another folder.")
    return paths


def show_skipped(skipped: Mapping[str, str], folder: Path) -> None:
    """Print on stderr which files of a folder were skipped, and why, a few of them only."""
    for reason in list(skipped.values())[:SHOWN_REASONS]:
        click.echo(f"skipped: {reason}", err=True)
    if len(skipped) > SHOWN_REASONS:
        click.echo(f"skipped: {len(skipped) - SHOWN_REASONS} more files; `musicae inspect {folder}` shows why", err=True)


def _below(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if is_music(p) and p.is_file()) or [folder]


def _matches(path: Path) -> list[Path]:
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    matches = sorted(Path(p) for p in glob.glob(os.path.expanduser(path), recursive=True)) or [path]
    return [file for match in matches for file in (_below(match) if match.is_dir() else [match])]


def names(paths: Sequence[Path], pattern: str, endings: Sequence[str], *, suffix: str) -> list[str]:
    """Return the names of the results that a template gives (see `FIELDS`).

    Arguments:
        paths: The inputs.
        pattern: The template.
        endings: Endings that a name may have.
        suffix: The one that the field `{suffix}` stands for.

    Raises:
        click.UsageError: the template has a field that does not exist, is malformed, or gives a name with another ending.
    """
    try:
        fields = {field for _, field, _, _ in string.Formatter().parse(pattern) if field is not None}
    except ValueError as error:
        raise click.UsageError(f"--out-template {pattern!r} cannot be read ({error}); write {{{{ for a brace.") from error
    unknown = sorted(fields - FIELDS.keys())
    if unknown:
        listed = ", ".join(f"{{{name}}} ({text})" for name, text in FIELDS.items())
        raise click.UsageError(f"--out-template has no field {{{unknown[0]}}}; its fields are {listed}.")
    results = []
    for number, path in enumerate(paths, 1):
        folder = path.resolve().parent.name
        values = {"stem": path.stem, "name": path.name, "folder": folder, "number": number, "suffix": suffix}
        try:
            name = pattern.format(**values)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            raise click.UsageError(f"--out-template {pattern!r} cannot be filled in ({error}).") from error
        if Path(name).suffix.lower() not in endings or not Path(name).stem:
            raise click.UsageError(f"--out-template gives {name!r} for {path}; let it end in {{suffix}}.")
        results.append(name)
    return results


def each(
    paths: Sequence[Path],
    read: Callable[[Path], S],
    prepare: Callable[[], M],
    work: Callable[[int, S, M], None],
    lines: Lines,
    *,
    doing: str,
) -> None:
    """Do the work for each file; a file that fails does not keep the others from being done.

    The error of an only file is raised, unless it is printed as JSON. Of several files, stderr shows each error and how many
    files were done.

    Arguments:
        paths: The files.
        read: Reads one.
        prepare: Gets what all of them need, such as a model; called once, when the first file has been read, so that bad
            files are reported before torch is imported, which takes seconds. Its errors are raised.
        work: Does it, for the file's index, with what `read` and `prepare` gave, and prints the result.
        lines: How failures are printed.
        doing: The text of the progress bar.

    Raises:
        SystemExit: status 1 if one of several files failed.
    """
    from musicae.cli.support.progress import tasks

    errors: list[Exception] = []
    shared: list[M] = []
    with tasks() as progress:
        for index, path in enumerate(paths):
            try:
                value = read(path)
                if not shared:
                    shared.append(_for_all(prepare))
                work(index, value, shared[0])
            except _SetupError as setup:
                raise setup.reason from None
            except Exception as error:
                if isinstance(error, click.ClickException) or (len(paths) == 1 and not lines.as_json):
                    raise
                lines.failure(path, error)
                errors.append(error)
            progress(doing, index + 1, len(paths))
    if len(paths) > 1 and not lines.as_json:
        failed = f", {len(errors)} failed." if errors else "."
        click.echo(f"{len(paths) - len(errors)} of {len(paths)} files done{failed}", err=True)
    if errors:
        raise SystemExit(status(errors[0]) if len(paths) == 1 else 1)


class _SetupError(Exception):
    """What all files need cannot be prepared, so no file can be worked on."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _for_all(prepare: Callable[[], M]) -> M:
    try:
        return prepare()
    except Exception as error:
        raise _SetupError(error) from error
