"""Collections of tunes by name. To add one: a file here and a line in `COLLECTIONS`."""

from pathlib import Path

from musicae.core.config import nearest
from musicae.datasets.music.base import Collection
from musicae.datasets.music.collections.corpora import AirdsAirs, BachChorales, EssenFolksong, ONeills1850, RyansMammoth
from musicae.datasets.music.collections.groove import Groove
from musicae.datasets.music.collections.midi_folder import MidiFolder
from musicae.datasets.music.collections.pop909 import Pop909
from musicae.errors import DataError

__all__ = ["COLLECTIONS", "DEFAULT_COLLECTIONS", "PACKAGED", "open_collections"]

COLLECTIONS: dict[str, type[Collection]] = {
    c.name: c for c in (RyansMammoth, ONeills1850, AirdsAirs, BachChorales, EssenFolksong, Pop909, Groove)
}
PACKAGED = ("ryans", "oneills", "airds", "chorales", "essen")  # these need no path
DEFAULT_COLLECTIONS = ("ryans", "oneills", "airds", "chorales")


def open_collections(names: tuple[str, ...] = (), *, training: bool = False, pitched: bool = True) -> list[Collection]:
    """Return collections by name.

    Arguments:
        names: Names of `COLLECTIONS`, each with `=PATH` where its data lie elsewhere, or folders of MIDI files; none
            means the four collections that come with music21 and may be trained on.
        training: Refuse collections that may only be tested on.
        pitched: Whether melodies are wanted; else drums, of which there are none in the four.

    Raises:
        DataError: no name where the four will not do, an unknown name, two of one name, a collection of the other kind, a path
            for one that needs none, or a test-only collection for training.
    """
    if not (names or pitched):
        raise DataError("A model of drums needs drums; give --data groove=FOLDER, groove=FILE.zip, or a folder of MIDI files.")
    opened: list[Collection] = []
    for text in names or DEFAULT_COLLECTIONS:
        name, _, path = text.partition("=")
        if name in COLLECTIONS:
            if path and name in PACKAGED:
                raise DataError(f"{name} comes with music21 and takes no path; give --data {name}, or a folder of MIDI files.")
            opened.append(COLLECTIONS[name](Path(path) if path else None))
        elif Path(text).is_dir():
            opened.append(MidiFolder(Path(text), pitched=pitched))
        else:
            hint = nearest(name, COLLECTIONS)
            known = ", ".join(COLLECTIONS)
            raise DataError(f"{text!r} is neither a collection nor a folder{hint} Collections: {known}.")
        if opened[-1].name in {c.name for c in opened[:-1]}:
            raise DataError(f"Two collections are named {opened[-1].name!r}; give each once, and folders names of their own.")
        if opened[-1].pitched != pitched:
            kinds = ("drums", "melodies")
            raise DataError(f"{name} holds {kinds[not pitched]}, and the model is one of {kinds[pitched]}; choose other data.")
        if training and opened[-1].test_only:
            raise DataError(f"The collection {name!r} ({opened[-1].licence}) is a test set; do not train on it.")
    return opened
