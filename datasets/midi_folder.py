"""Any folder of MIDI files: of each file the melody track, chosen by `musicae.selection`."""

from pathlib import Path

from musicae.datasets.base import Collection, Item
from musicae.errors import DataError
from musicae.midi import read_midi_fast
from musicae.score import Score
from musicae.selection import choose_track

__all__ = ["MidiFolder"]


class MidiFolder(Collection):
    """MIDI files below a folder.

    Arguments:
        root: The folder.
    """

    name = "folder"
    licence = "the user's own"

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        if root is None or not root.is_dir():
            raise DataError(f"{root} is not a folder; give a folder of MIDI files.")
        self.name = f"folder-{root.resolve().name}"
        self.title = f"MIDI files in {root}"

    def items(self) -> list[Item]:
        """List the files ending in .mid or .midi, at any depth."""
        assert self.root is not None
        paths = sorted(p for p in self.root.rglob("*") if p.suffix.lower() in (".mid", ".midi") and p.is_file())
        if not paths:
            raise DataError(f"{self.root} holds no file ending in .mid or .midi.")
        return [Item(f"{self.name}/{p.relative_to(self.root)}", p) for p in paths]

    def read(self, item: Item) -> Score:
        """Read one file, keeping its melody track only."""
        score = read_midi_fast(item.path)
        track = score.tracks[choose_track(score, str(item.path))]
        return Score((track,), score.tempos, score.time_signatures, score.keys)
