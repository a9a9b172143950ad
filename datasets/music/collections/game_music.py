"""Game music with several tracks and a free licence; of each file the melody track that the rule chooses.

The archive has one folder per source, whose first letter is the strength of its licence: `A_` permits reuse with attribution,
`B_` rests on weaker evidence, `C_` is copyleft. Only `A_` is trained on. The others, and one source of `A_` that is held out as
a whole, are test sets: no file of theirs is in a shipped model.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from musicae.datasets.music.archive import Archive
from musicae.datasets.music.base import Collection, Item
from musicae.music.excerpts.tracks import MELODY_TRACK
from musicae.music.formats.midi import read_midi_bytes
from musicae.music.score import Score

__all__ = ["GameMusic"]

HELD_OUT = ("A_crystal_picnic",)


class GameMusic(Collection):
    """Multi-track game music.

    Arguments:
        root: The folder or the zip file.
    """

    name = "games"
    title = "game music with free licences, melody tracks"
    licence = "BSD-3-Clause, CC BY 4.0 and zlib (training part; attribution in the model card)"

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        self.archive = Archive(root, self.title, self.name)

    @cached_property
    def _names(self) -> list[str]:
        return self.archive.names("[ABC]_*/*.mid")

    def items(self) -> list[Item]:
        """List the files; the part of an item is its path in the archive."""
        return [Item(f"{self.name}/{'/'.join(PurePosixPath(n).parts[-2:])}", self.archive.root, n) for n in self._names]

    def content_key(self) -> str:
        """Return a hash of the archive or of its files."""
        return self.archive.content_key(self._names)

    def fixed_split(self, item: Item) -> str | None:
        """Return `test` for a source that is held out as a whole."""
        source = PurePosixPath(item.part).parts[-2]
        return None if source.startswith("A_") and source not in HELD_OUT else "test"

    def read(self, item: Item) -> Score:
        """Read one file, keeping its melody track."""
        score = read_midi_bytes(self.archive.read(item.part), f"{item.path} {item.part}")
        score, index = MELODY_TRACK.choose(score, item.part, None)
        return replace(score, tracks=(score.tracks[index],), texts=())
