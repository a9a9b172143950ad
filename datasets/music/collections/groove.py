"""The Groove MIDI Dataset: drummers on an electronic kit, played to a metronome, with velocities and microtiming.

Its authors prescribe the splits in `info.csv`. Hits keep the times at which they were played; the grid is the metronome's.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, Learning to Groove with Inverse Sequence Transformations, arXiv 1905.06118.
"""

import csv
import hashlib
import io
import zipfile
import zlib
from functools import cached_property
from pathlib import Path, PurePosixPath

from musicae.datasets.music.base import Collection, Item
from musicae.errors import DataError
from musicae.music.formats.midi import read_midi_bytes
from musicae.music.score import Score

__all__ = ["Groove"]

_SPLITS = {"train": "train", "validation": "valid", "test": "test"}


class Groove(Collection):
    """Performances, beats and fills of the Groove MIDI Dataset.

    Arguments:
        root: The folder that holds `groove/`, that folder itself, or the zip of it.
    """

    name = "groove"
    title = "Groove MIDI Dataset, drum performances"
    licence = "CC BY 4.0 (Gillick et al., 2019)"
    kind = "drums"

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        if root is None or not root.exists():
            where = "is needed" if root is None else f"is not at {root}"
            raise DataError(f"The data of Groove {where}; give --data groove=FOLDER or groove=FILE.zip.")

    def items(self) -> list[Item]:
        """List the performances; the part of an item is its path relative to `info.csv`."""
        assert self.root is not None
        return [Item(f"{self.name}/{row['id']}", self.root, row["midi_filename"]) for row in self._rows]

    def read(self, item: Item) -> Score:
        """Read one performance."""
        try:
            data = self._contents(item.part)
        except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"has no readable {item.part}") from error
        score = read_midi_bytes(data, f"{item.path} {item.part}")
        if not any(t.is_drum for t in score.tracks):
            raise DataError("has no drum track")
        return score

    def fixed_split(self, item: Item) -> str | None:
        """Return the split that `info.csv` prescribes."""
        return self._splits[item.part]

    def content_key(self) -> str:
        """Return a hash of the table of performances and, for a folder, of the set of files that exist."""
        assert self.root is not None
        digest = hashlib.sha256(self._table)
        if self.root.is_dir():
            folder = self.root / self._folder
            digest.update(bytes((folder / row["midi_filename"]).is_file() for row in self._rows))
        return digest.hexdigest()[:16]

    @cached_property
    def _folder(self) -> str:
        """The folder of `info.csv`, in the zip or below the root."""
        assert self.root is not None
        try:
            if self.root.is_file():
                with zipfile.ZipFile(self.root) as archive:
                    tables = [PurePosixPath(n) for n in archive.namelist() if PurePosixPath(n).name == "info.csv"]
            else:
                tables = [PurePosixPath(p.relative_to(self.root).as_posix()) for p in sorted(self.root.rglob("info.csv"))]
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{self.root} is not a readable zip file ({error}).") from error
        if not tables:
            raise DataError(f"{self.root} holds no info.csv laid out as groove/info.csv.")
        return tables[0].parent.as_posix()

    def _contents(self, name: str) -> bytes:
        """Return the bytes of a file named relative to `info.csv`."""
        assert self.root is not None
        path = PurePosixPath(self._folder) / name
        if not self.root.is_file():
            return (self.root / path).read_bytes()
        with zipfile.ZipFile(self.root) as archive:
            return archive.read(path.as_posix())

    @cached_property
    def _table(self) -> bytes:
        """The bytes of `info.csv`."""
        try:
            return self._contents("info.csv")
        except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{self.root}: info.csv cannot be read ({error}); get the data set again.") from error

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        rows = list(csv.DictReader(io.StringIO(self._table.decode(errors="replace"))))
        if not rows or not {"id", "midi_filename", "split"} <= set(rows[0]):
            raise DataError(f"{self.root}: info.csv has no columns id, midi_filename and split.")
        return rows

    @cached_property
    def _splits(self) -> dict[str, str]:
        wrong = next((r["split"] for r in self._rows if r["split"] not in _SPLITS), None)
        if wrong is not None:
            raise DataError(f"{self.root}: info.csv has a split {wrong!r}; known are {', '.join(_SPLITS)}.")
        return {row["midi_filename"]: _SPLITS[row["split"]] for row in self._rows}
