"""Files of music by their suffixes. To add a format: a file here that reads and writes it, and a line in `FORMATS`.

The functions are named by strings, so that a format costs nothing until a file of it is read or written.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from musicae.core.lazy_registry import import_path
from musicae.errors import FormatError
from musicae.music.score import Score

__all__ = ["FORMATS", "Format", "is_music", "read", "suffix", "suffixes", "write"]


@dataclass(frozen=True)
class Format:
    """A format of files of music.

    Arguments:
        name: Its name.
        read: Suffixes of files that are read.
        write: Suffixes of files that are written.
        reader: Import path in this package of the function that reads a file.
        writer: Import path in this package of the function that writes a score into a file.
    """

    name: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    reader: str
    writer: str


_XML = (".musicxml", ".mxl", ".xml")
FORMATS = (
    Format("MIDI", (".mid", ".midi", ".kar", ".rmi"), (".mid", ".midi", ".kar"), "midi:read_midi", "midi:write_midi"),
    Format("ABC", (".abc",), (".abc",), "abc:read_abc", "abc:write_abc"),
    Format("MusicXML", _XML, _XML, "musicxml:read_musicxml", "musicxml:write_musicxml"),
)


def suffixes(*, writing: bool = False) -> tuple[str, ...]:
    """Return the suffixes of all formats, of files that are read or of those that are written."""
    return tuple(suffix for form in FORMATS for suffix in (form.write if writing else form.read))


def suffix(path: str | Path) -> str:
    """Return the suffix of a file's name, in lower case, without the number of a tune (`book.abc#7`)."""
    return Path(path).suffix.lower().partition("#")[0]


def is_music(path: str | Path) -> bool:
    """Return whether the suffix of a file's name is one of those that are read."""
    return suffix(path) in suffixes()


def read(path: str | Path) -> Score:
    """Read a file of music, by its suffix; of a book of ABC the first tune, or the one that `book.abc#7` names.

    Raises:
        MusicaeError: the file cannot be read, or is not what its suffix states; FormatError for an unknown suffix.

    Examples:
        >>> import musicae
        >>> score = musicae.read("examples/tunes/a-reel.mid")
        >>> len(score.bars())
        17
    """
    form = next((form for form in FORMATS if suffix(path) in form.read), None)
    if form is None and _is_midi(Path(path)):
        form = FORMATS[0]
    if form is None:
        if Path(path).is_dir():
            raise FormatError(f"{path} is a folder; name a file in it.")
        raise FormatError(
            f"{path} ends in no suffix of a format that is read ({', '.join(suffixes())}); convert it, or rename it."
        )
    score: Score = import_path(f"{__name__}.{form.reader}")(path)
    return score


def _is_midi(path: Path) -> bool:
    """Return whether a file of an unknown suffix begins as MIDI files do, or is not there, so that its reader reports it."""
    if not path.exists():
        return True
    with suppress(OSError), path.open("rb") as file:
        return path.is_file() and file.read(4) in (b"MThd", b"RIFF")
    return False


def write(score: Score, path: str | Path) -> None:
    """Write a score into a file, in the format of its suffix; the same score gives the same bytes.

    Raises:
        MusicaeError: the file cannot be written, or the score holds what the format cannot hold; FormatError for an unknown
            suffix.

    Examples:
        >>> import musicae
        >>> score = musicae.read("examples/tunes/a-reel.mid")
        >>> musicae.write(score, "reel.abc")
        >>> len(musicae.read("reel.abc").bars())
        17
    """
    form = next((form for form in FORMATS if suffix(path) in form.write), None)
    if form is None:
        known = ", ".join(suffixes(writing=True))
        raise FormatError(f"{path} ends in no suffix of a format that is written; choose one of {known}.")
    import_path(f"{__name__}.{form.writer}")(score, path)
