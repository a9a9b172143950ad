"""Where results go: nothing is overwritten without --force, and nothing is written when one target is taken."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from musicae.music import formats

__all__ = ["WRITTEN", "claim", "numbered", "suffix", "targets"]

WRITTEN = formats.suffixes(writing=True)  # endings of files of music, MIDI first

# Endings of music, sound, notation and images: a name with one of them is meant as a file.
_MEDIA = {*formats.suffixes(), ".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".aiff", ".opus"}
_MEDIA |= {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pdf", ".svg"}


def targets(output: Path, names: Sequence[str], *, suffixes: Sequence[str] = WRITTEN) -> list[Path]:
    """Return the file that each result goes to.

    Arguments:
        output: What -o gave: a name with one of the suffixes is the file of the only result, anything else a folder.
        names: The results' names in that folder.
        suffixes: Endings of the names of files, lower case.

    Raises:
        click.UsageError: a file of another format, one file for several results, or two results of one name.
    """
    if output.suffix.lower() in _MEDIA - set(suffixes) and not output.is_dir():
        raise click.UsageError(f"{output}: results are {suffixes[0]} files; give -o a name of one, or a folder.")
    if output.suffix.lower() in suffixes and not output.is_dir():
        if len(names) > 1:
            raise click.UsageError(f"{output} is the name of one file, but there are {len(names)} to write; give -o a folder.")
        return [output]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"Several results would be written to {output / twice}; take the inputs one by one.")
    return [output / name for name in names]


def numbered(count: int, *, digits: int = 2) -> list[str]:
    """Return the numbers of results in their names: `01`, `02` and so on, with more digits if they need them."""
    width = max(digits, len(str(count)))
    return [f"{number:0{width}d}" for number in range(1, count + 1)]


def claim(paths: Iterable[Path], *, force: bool, option: str = "-o") -> None:
    """Check that files may be written, as `option` named them.

    Raises:
        click.ClickException: one of them exists and `force` is off, it is a folder, or its folder is a file.
    """
    for path in paths:
        if path.is_dir():
            raise click.ClickException(f"{path} is a folder, so no file can be written there; choose another {option}.")
        blocking = next((p for p in path.parents if p.exists() and not p.is_dir()), None)
        if blocking is not None:
            raise click.ClickException(f"{blocking} is a file, so {path} cannot be written; choose another {option}.")
        if path.exists() and not force:
            raise click.ClickException(f"{path} exists; use --force to overwrite it, or choose another {option}.")


def suffix(output: Path, form: str | None, forms: Sequence[str], *, others: Sequence[str]) -> str:
    """Return the ending of results that have several formats, from -o and --format.

    Arguments:
        output: What -o gave.
        form: What --format gave.
        forms: The formats, the default first.
        others: Endings of files of other formats, with the dot: -o with one of these is not a folder, but an error.

    Raises:
        click.UsageError: -o names a file of an unsupported format, or of another than --format.
    """
    ending = output.suffix.lower()
    if output.is_dir() or ending[1:] not in forms:
        if ending in others and not output.is_dir():
            raise click.UsageError(f"{output}: the format {ending[1:]!r} is not supported; choose one of {', '.join(forms)}.")
        return f".{form or forms[0]}"
    if form is not None and ending != f".{form}":
        raise click.UsageError(f"-o {output} and --format {form} name different formats; give one of them.")
    return ending
