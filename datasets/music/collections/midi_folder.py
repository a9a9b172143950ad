"""Any folder of files of music, of each the track that the kind of music takes."""

from pathlib import Path

from musicae.datasets.music.base import Collection, Item, hash_files
from musicae.errors import DataError
from musicae.music.formats import is_music, read, suffixes
from musicae.music.kinds import KINDS
from musicae.music.score import Score

__all__ = ["MidiFolder"]


class MidiFolder(Collection):
    """Files of music below a folder.

    Arguments:
        root: The folder.
        kind: The kind of music, a key of `musicae.music.kinds.KINDS`.
    """

    name = "folder"
    licence = "the user's own"

    def __init__(self, root: Path | None = None, *, kind: str = "melody") -> None:
        super().__init__(root)
        self.kind = kind
        if root is None or not root.is_dir():
            raise DataError(f"{root} is not a folder; give a folder of music files.")
        self.name = f"{KINDS[kind].folder or kind}-{root.resolve().name}"
        self.title = f"files in {root}"

    def items(self) -> list[Item]:
        """List the files at any depth with the ending of a file of music."""
        assert self.root is not None
        paths = sorted(p for p in self.root.rglob("*") if is_music(p) and p.is_file())
        if not paths:
            raise DataError(f"{self.root} holds no file ending in {', '.join(suffixes())}.")
        return [Item(f"{self.name}/{p.relative_to(self.root)}", p) for p in paths]

    def content_key(self) -> str:
        """Return a hash of the files and their paths, by which tunes are named and split."""
        return hash_files([item.path for item in self.items()], self.root)

    def read(self, item: Item) -> Score:
        """Read the track of one file that the kind takes."""
        score, index = KINDS[self.kind].tracks.choose(read(item.path), str(item.path), None)
        return Score((score.tracks[index],), score.tempos, score.time_signatures, score.keys)
