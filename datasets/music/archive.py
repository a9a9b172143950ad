"""Files of a data set that lie in a folder or in one zip file."""

import zipfile
import zlib
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from musicae.datasets.music.base import hash_files
from musicae.errors import DataError

__all__ = ["Archive"]

_DAMAGE = (OSError, KeyError, zipfile.BadZipFile, zlib.error)


class Archive:
    """A folder, or a zip file of one.

    Arguments:
        root: The folder or the zip file.
        what: What it holds, for messages.
        option: How it is given on the command line, such as `groove`.

    Raises:
        DataError: it does not exist.
    """

    def __init__(self, root: Path | None, what: str, option: str) -> None:
        if root is None or not root.exists():
            where = "are needed" if root is None else f"are not at {root}"
            raise DataError(f"The data of {what} {where}; give --data {option}=FOLDER or {option}=FILE.zip.")
        self.root, self.what = root, what

    def names(self, pattern: str) -> list[str]:
        """Return the files below the root whose POSIX path ends with a glob pattern such as `openewld/*.mid`, sorted.

        Raises:
            DataError: there are none, or the zip file is damaged.
        """
        try:
            if self.root.is_file():
                with zipfile.ZipFile(self.root) as archive:
                    names = archive.namelist()
            else:
                names = [p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file()]
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{self.root} is not a readable zip file ({error}).") from error
        depth = len(PurePosixPath(pattern).parts)
        result = sorted(n for n in names if fnmatch("/".join(PurePosixPath(n).parts[-depth:]), pattern))
        if not result:
            raise DataError(f"{self.root} holds no files laid out as {pattern} ({self.what}).")
        return result

    def read(self, name: str) -> bytes:
        """Return the bytes of a file.

        Raises:
            DataError: it is missing or damaged.
        """
        try:
            if not self.root.is_file():
                return (self.root / name).read_bytes()
            with zipfile.ZipFile(self.root) as archive:
                return archive.read(name)
        except _DAMAGE as error:
            raise DataError(f"has no readable {name}") from error

    def content_key(self, names: list[str]) -> str:
        """Return a hash of the zip file, or of the named files of the folder."""
        if self.root.is_file():
            return hash_files([self.root])
        return hash_files([self.root / name for name in names], self.root)
