"""POP909 (Wang et al., 2020, arXiv 2008.07142): the melody tracks of Chinese pop songs, from the official tree or its zip.

The files have one constant tempo, which the performance follows only roughly. `beat_midi.txt` lists the times of its beats in
seconds, and marks those that begin a bar. Notes are moved onto those beats, one beat per quarter note. The first bar begins at
the first marked beat that no note precedes by more than a bar.
"""

import zipfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from musicae.datasets.music.base import Collection, Item, hash_files
from musicae.errors import DataError
from musicae.music.formats.midi import read_midi_bytes
from musicae.music.score import Note, Score, Tempo, TimeSignature, Track

__all__ = ["Pop909"]


class Pop909(Collection):
    """POP909's melodies.

    Arguments:
        root: The folder that holds `POP909/`, that folder itself, or the zip of it.
    """

    name = "pop909"
    title = "POP909, melody tracks of pop songs"
    licence = "MIT (Wang et al., 2020), for the data set"

    def __init__(self, root: Path | None = None) -> None:
        super().__init__(root)
        if root is None or not root.exists():
            where = "is needed" if root is None else f"is not at {root}"
            raise DataError(f"The data of POP909 {where}; give --data pop909=FOLDER or pop909=FILE.zip.")

    def items(self) -> list[Item]:
        """List the songs; the part of an item is the path of its MIDI file in the zip, or in the folder."""
        assert self.root is not None
        if self.root.is_file():
            try:
                with zipfile.ZipFile(self.root) as archive:
                    names = sorted(n for n in archive.namelist() if self._is_song(Path(n)))
            except (OSError, zipfile.BadZipFile) as error:
                raise DataError(f"{self.root} is not a readable zip file ({error}).") from error
            items = [Item(f"{self.name}/{Path(n).stem}", self.root, n) for n in names]
        else:
            files = sorted(p for p in self.root.rglob("*.mid") if self._is_song(p))
            items = [Item(f"{self.name}/{p.stem}", p) for p in files]
        if not items:
            raise DataError(f"{self.root} holds no songs laid out as POP909/001/001.mid.")
        return items

    def content_key(self) -> str:
        """Return a hash of the zip, or of the songs' files and their tables of beats."""
        songs = [item.path for item in self.items()]
        beats = [] if songs[0] == self.root else [path.parent / "beat_midi.txt" for path in songs]
        return hash_files(sorted({*songs, *beats}))

    def read(self, item: Item) -> Score:
        """Read the melody of one song, moved onto its beats."""
        score = read_midi_bytes(_contents(item, Path(item.part or item.path).name), f"{item.path} {item.part}".strip())
        melody = next((t for t in score.tracks if t.name.upper() == "MELODY"), None)
        if melody is None:
            raise DataError("has no track MELODY")
        try:
            rows = [line.split() for line in _contents(item, "beat_midi.txt").decode().splitlines()]
            table = np.array([row for row in rows if row], dtype=np.float64)
        except ValueError as error:
            raise DataError("has no usable beat_midi.txt") from error
        return _on_beats(score, melody, table)

    @staticmethod
    def _is_song(path: Path) -> bool:
        return path.suffix == ".mid" and path.stem == path.parent.name and path.stem.isdigit()


def _contents(item: Item, name: str) -> bytes:
    """Return the bytes of a file in a song's folder."""
    try:
        if not item.part:
            return (item.path.parent / name).read_bytes()
        with zipfile.ZipFile(item.path) as archive:
            return archive.read((PurePosixPath(item.part).parent / name).as_posix())
    except (OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"has no readable {name}") from error


def _on_beats(score: Score, melody: Track, table: NDArray[np.float64]) -> Score:
    """Place notes on the beats of a table with the columns seconds, mark of half bars, and mark of bars."""
    if table.ndim != 2 or len(table) < 8 or table.shape[1] < 3 or not bool((np.diff(table[:, 0]) > 0).all()):
        raise DataError("has no usable beat_midi.txt")
    seconds, downbeats = table[:, 0], np.flatnonzero(table[:, 2])
    if len(downbeats) < 2:
        raise DataError("has no bars marked in beat_midi.txt")
    beats_a_bar = int(np.bincount(np.diff(downbeats)).argmax())
    step = float(np.median(np.diff(seconds)))
    # Two more bars of beats at either end, for notes outside the marked ones.
    margin = 2 * beats_a_bar
    before = seconds[0] - step * np.arange(margin, 0, -1)
    after = seconds[-1] + step * np.arange(1, margin + 1)
    times = np.concatenate([before, seconds, after])
    places = np.arange(len(times), dtype=np.float64) - margin - int(downbeats[0]) % beats_a_bar + 2 * beats_a_bar

    def at(quarters: float) -> float:
        return float(np.interp(score.seconds_at(quarters), times, places))

    notes = []
    for note in melody.notes:
        onset, end = at(note.onset), at(note.end)
        if end - onset > 1e-3:
            notes.append(Note(max(onset, 0.0), end - max(onset, 0.0), note.pitch, note.velocity))
    track = Track(tuple(sorted(notes)), melody.program, name=melody.name)
    return Score((track,), (Tempo(0.0, 60.0 / step),), (TimeSignature(0.0, beats_a_bar, 4),))
