"""Files of music as bytes: read within a limit and written whole, with errors that name the file, the reason and the remedy."""

from pathlib import Path

from musicae.core.files import write_atomically
from musicae.errors import MusicaeError

__all__ = ["MAX_FILE_BYTES", "read_bytes", "write_bytes"]

MAX_FILE_BYTES = 16 * 2**20  # larger than any file of music seen; bounds memory on hostile input


def read_bytes(path: str | Path, what: str, error: type[MusicaeError]) -> bytes:
    """Read a file.

    Arguments:
        path: The file.
        what: What it should be, with an article, such as `a MIDI file`.
        error: The class of the error.

    Raises:
        MusicaeError: the file cannot be read, or is larger than `MAX_FILE_BYTES`.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise error(f"{path} is a folder; name {what} in it.")
        if size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES // 2**20
            raise error(f"{path} has {size / 2**20:.0f} MiB, more than the limit of {most} MiB; cut it into parts.")
        return path.read_bytes()
    except OSError as reason:
        raise error(f"{path} cannot be read: {(reason.strerror or str(reason)).lower()}.") from reason


def write_bytes(path: str | Path, data: bytes, error: type[MusicaeError]) -> None:
    """Write a file whole or not at all, and the folders above it.

    Raises:
        MusicaeError: the file cannot be written.
    """
    try:
        write_atomically(Path(path), data)
    except OSError as reason:
        raise error(f"{path} cannot be written: {(reason.strerror or str(reason)).lower()}.") from reason
