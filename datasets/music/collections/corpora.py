"""Collections in the music21 package: three books of folk tunes, the Bach chorales, and Essen (test only)."""

import importlib.util
from pathlib import Path

from musicae.datasets.music.base import Collection, Item
from musicae.errors import DataError
from musicae.music.formats.abc import read_abc, split_book
from musicae.music.score import Note, Score, Tempo, TimeSignature, Track

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
        return read_abc(split_book(item.path)[int(item.part)])


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
        """Read one chorale: one track per part, tied notes joined, a pick-up at the end of a full bar."""
        from music21 import converter

        try:
            parsed = converter.parse(item.path, forceSource=True, storePickle=False)
            parts = [part.stripTies() for part in parsed.parts]
        except Exception as error:  # music21 raises many kinds
            raise DataError(f"music21 cannot read it ({' '.join(str(error).split())})") from error
        if not parts:
            raise DataError("has no parts")
        first = parts[0].getElementsByClass("Measure").first()
        lead = 0.0
        if first is not None and first.timeSignature is not None:
            full = float(first.timeSignature.barDuration.quarterLength)
            lead = full - float(first.duration.quarterLength) if first.duration.quarterLength < full else 0.0
        return Score(
            tuple(Track(_part_notes(part, lead), name=str(part.partName or "")) for part in parts),
            (Tempo(0.0, 100.0),),
            _part_metres(parts[0], lead),
        )


def _part_notes(part: object, lead: float) -> tuple[Note, ...]:
    """Return the notes of a part: the highest note of each chord, without grace notes."""
    notes = []
    for element in part.flatten().notes:  # type: ignore[attr-defined]
        length = float(element.duration.quarterLength)
        if length > 0 and element.pitches:
            pitch = max(int(p.midi) for p in element.pitches)
            notes.append(Note(float(element.offset) + lead, length, pitch))
    return tuple(sorted(notes))


def _part_metres(part: object, lead: float) -> tuple[TimeSignature, ...]:
    """Return the metre changes of a part."""
    metres: list[TimeSignature] = []
    for measure in part.getElementsByClass("Measure"):  # type: ignore[attr-defined]
        signature = measure.timeSignature
        if signature is not None:
            time = 0.0 if not metres else float(measure.offset) + lead
            metres.append(TimeSignature(time, signature.numerator, signature.denominator))
    return tuple(metres)
