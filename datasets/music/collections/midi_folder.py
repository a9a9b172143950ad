"""Any folder of MIDI files: of each file the melody track, chosen by `musicae.music.excerpts.bars`, or its drums."""

from pathlib import Path

from musicae.datasets.music.base import Collection, Item, hash_files
from musicae.errors import DataError
from musicae.music.excerpts.tracks import choose_part
from musicae.music.formats.midi import read_midi_fast
from musicae.music.formats.midi_bytes import SUFFIXES
from musicae.music.score import Score

__all__ = ["MidiFolder"]


class MidiFolder(Collection):
    """MIDI files below a folder.

    Arguments:
        root: The folder.
        pitched: Whether melodies are wanted of the files; else their drums.
    """

    name = "folder"
    licence = "the user's own"

    def __init__(self, root: Path | None = None, *, pitched: bool = True) -> None:
        super().__init__(root)
        self.pitched = pitched
        if root is None or not root.is_dir():
            raise DataError(f"{root} is not a folder; give a folder of MIDI files.")
        self.name = f"{'folder' if pitched else 'drums'}-{root.resolve().name}"
        self.title = f"MIDI files in {root}"

    def items(self) -> list[Item]:
        """List the MIDI files, by their endings, at any depth."""
        assert self.root is not None
        paths = sorted(p for p in self.root.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if not paths:
            raise DataError(f"{self.root} holds no file ending in {', '.join(SUFFIXES)}.")
        return [Item(f"{self.name}/{p.relative_to(self.root)}", p) for p in paths]

    def content_key(self) -> str:
        """Return a hash of the files and of where they lie, for tunes are named and split by it."""
        return hash_files([item.path for item in self.items()], self.root)

    def read(self, item: Item) -> Score:
        """Read one file, keeping its melody track or its drums only."""
        score, index = choose_part(read_midi_fast(item.path), str(item.path), pitched=self.pitched)
        return Score((score.tracks[index],), score.tempos, score.time_signatures, score.keys)
