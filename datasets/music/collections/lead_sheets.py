"""Melodies with chords, free of copyright: songs of 1880 to 1930, hymns, and Lieder.

All three lie in one archive of folders `openewld`, `openhymnal` and `openscore_lieder`, in which pick-up bars are padded and
repeats are not expanded. The melody is one named track; a hymn has four, and each voice is a melody.

Sources: OpenEWLD (compositions in the public domain in the United States), Open Hymnal Project, OpenScore Lieder Corpus.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from musicae.datasets.music.archive import Archive
from musicae.datasets.music.base import Collection, Item
from musicae.errors import DataError
from musicae.music.formats.midi import read_midi_bytes
from musicae.music.score import Score

__all__ = ["Hymns", "LeadSheets", "Lieder"]


class _NamedTracks(Collection):
    """Files of one folder of the archive, whose melodies are the tracks of certain names."""

    folder: str
    tracks: tuple[str, ...]

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        self.archive = Archive(root, self.title, self.name)

    @cached_property
    def _names(self) -> list[str]:
        return self.archive.names(f"{self.folder}/*.mid")

    def items(self) -> list[Item]:
        """List the pieces; the part of an item is its path in the archive."""
        return [Item(f"{self.name}/{PurePosixPath(n).stem}", self.archive.root, n) for n in self._names]

    def content_key(self) -> str:
        """Return a hash of the archive or of the folder's files."""
        return self.archive.content_key(self._names)

    def read(self, item: Item) -> Score:
        """Read one piece, keeping its melodies."""
        score = read_midi_bytes(self.archive.read(item.part), f"{item.path} {item.part}")
        melodies = tuple(t for t in score.tracks if t.name in self.tracks and t.notes)
        if not melodies:
            raise DataError(f"has no track named {' or '.join(self.tracks)}")
        return replace(score, tracks=melodies, texts=())


class LeadSheets(_NamedTracks):
    """OpenEWLD: lead sheets of 1880 to 1930."""

    name, folder, tracks = "leads", "openewld", ("MELODY",)
    title = "OpenEWLD, lead sheets of 1880 to 1930"
    licence = "MIT for the data set; compositions in the public domain in the United States"


class Hymns(_NamedTracks):
    """Open Hymnal: four-part hymns, each voice a melody."""

    name, folder, tracks = "hymns", "openhymnal", ("SOPRANO", "ALTO", "TENOR", "BASS")
    title = "Open Hymnal, four-part hymns"
    licence = "public domain"


class Lieder(_NamedTracks):
    """OpenScore Lieder: the voices of songs of the 19th century."""

    name, folder, tracks = "lieder", "openscore_lieder", ("VOICE",)
    title = "OpenScore Lieder, voices"
    licence = "CC0 1.0"
