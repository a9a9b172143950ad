"""Collections of tunes: lists of items, each of which is read on its own, so that a bad item stops nothing."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musicae.music.score import Score

__all__ = ["Collection", "Item", "hash_files"]


@dataclass(frozen=True)
class Item:
    """One item of a collection, not read yet.

    Arguments:
        tune: Name of the tune. Splits are drawn by it, so the parts of one tune share it.
        path: The file that holds it.
        part: The part of the file: a line number, a member name, or empty for all of it.
    """

    tune: str
    path: Path
    part: str = ""


class Collection(ABC):
    """A named set of tunes.

    Arguments:
        root: Folder or file with the data; None for collections that come with a package.
    """

    name: str
    title: str
    licence: str
    test_only: bool = False
    kind: str = "melody"  # the kind of music of its tracks, a key of `musicae.music.kinds.KINDS`
    packaged: bool = False  # whether it comes with a package and needs no path

    def __init__(self, root: Path | None = None) -> None:
        self.root = root

    @abstractmethod
    def items(self) -> list[Item]:
        """List the items, in a fixed order.

        Raises:
            DataError: the data are missing.
        """

    @abstractmethod
    def read(self, item: Item) -> Score:
        """Read one item; **every** track of the score is music of the collection's kind.

        Raises:
            MusicaeError: the item is unusable; the message gives the reason.
        """

    def content_key(self) -> str:
        """Return a hash of the files' content, for the cache."""
        return hash_files(sorted({item.path for item in self.items()}))

    def fixed_split(self, item: Item) -> str | None:
        """Return the split that the authors of the collection prescribe for an item, or None."""
        return "test" if self.test_only else None


def hash_files(paths: Sequence[Path], root: Path | None = None) -> str:
    """Return a hash of the content and names of files, the names relative to `root`; unreadable files are marked."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update((path.name if root is None else path.relative_to(root).as_posix()).encode())
        try:
            digest.update(path.read_bytes())
        except OSError:
            digest.update(b"?")
    return digest.hexdigest()[:16]
