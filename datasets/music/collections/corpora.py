"""Collections in the music21 package: three books of folk tunes, the Bach chorales, and Essen (test only)."""

import importlib.util
from dataclasses import replace
from pathlib import Path

from musicae.datasets.music.base import Collection, Item
from musicae.errors import DataError
from musicae.music.formats.abc import split_book
from musicae.music.formats.abc_reading import tune_to_score
from musicae.music.formats.musicxml import read_musicxml
from musicae.music.score import Note, Score, Tempo, Track

__all__ = ["AirdsAirs", "BachChorales", "EssenFolksong", "ONeills1850", "RyansMammoth"]

_PUBLIC_DOMAIN = "public-domain tunes, volunteer transcriptions"


def _corpus(folder: str) -> Path:
    spec = importlib.util.find_spec("music21")  # does not import it: listing a folder needs no music21
    if spec is None or spec.origin is None:
        raise DataError("The package music21, which holds the corpora, is not installed; run `pip install music21`.")
    return Path(spec.origin).parent / "corpus" / folder


class _AbcBooks(Collection):
    """Books of ABC tunes in one folder of music21's corpus."""

    folder: str
    licence = _PUBLIC_DOMAIN
    packaged = True

    def items(self) -> list[Item]:
        """List the tunes; the part of an item is the number of its first line."""
        items = []
        for path in sorted(_corpus(self.folder).glob("*.abc")):
            items += [Item(f"{self.name}/{path.stem}:{line}", path, str(line)) for line in split_book(path)]
        return items

    def read(self, item: Item) -> Score:
        """Read one tune: one track, the melody."""
        score = tune_to_score(split_book(item.path)[int(item.part)])
        if len(score.tracks) > 1:
            raise DataError("has several voices")
        return replace(score, tracks=(_melody(score.tracks[0]),))


class RyansMammoth(_AbcBooks):
    """Ryan's Mammoth Collection, 1883."""

    name, folder, title = "ryans", "ryansMammoth", "Ryan's Mammoth Collection (1883)"


class ONeills1850(_AbcBooks):
    """O'Neill's Music of Ireland, 1903."""

    name, folder, title = "oneills", "oneills1850", "O'Neill's Music of Ireland, 1850 tunes (1903)"


class AirdsAirs(_AbcBooks):
    """Aird's Selection of Airs, 1782 to 1803."""

    name, folder, title = "airds", "airdsAirs", "Aird's Selection of Airs (1782-1803)"


class EssenFolksong(_AbcBooks):
    """Essen folk song collection. Its licence excludes commercial use, so it is a test set only."""

    name, folder, title = "essen", "essenFolksong", "Essen Folksong Collection"
    licence = "non-commercial use only"
    test_only = True


class BachChorales(Collection):
    """Four-part chorales by J. S. Bach. Each voice is a melody."""

    name, title = "chorales", "Bach chorales, every voice a melody"
    packaged = True
    licence = "public-domain music, transcriptions of the music21 corpus"

    def items(self) -> list[Item]:
        """List the MusicXML scores."""
        return [Item(f"{self.name}/{path.stem}", path) for path in sorted(_corpus("bach").glob("*.mxl"))]

    def read(self, item: Item) -> Score:
        """Read one chorale: one track per part, notes tied across bars joined, the pick-up at the end of a full bar."""
        score = read_musicxml(item.path)
        tracks = tuple(_melody(track) for track in score.tracks)
        return replace(score, tracks=tracks, tempos=(Tempo(0.0, 100.0),), keys=(), texts=())


def _melody(track: Track) -> Track:
    """Return a track of which chords are reduced to their highest notes, as a melody."""
    highest: dict[float, Note] = {}
    for note in track.notes:
        known = highest.get(note.onset)
        if known is None or known.pitch < note.pitch:
            highest[note.onset] = note
    return Track(tuple(highest.values()), name=track.name)
