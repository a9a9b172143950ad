"""Collections of music by name. To add one: a file here and a line in `COLLECTIONS`."""

from pathlib import Path

from musicae.core.config import nearest
from musicae.core.lazy_registry import Registry
from musicae.datasets.music.base import Collection
from musicae.datasets.music.collections.midi_folder import MidiFolder
from musicae.errors import DataError
from musicae.music.kinds import KINDS

__all__ = ["COLLECTIONS", "open_collections"]

COLLECTIONS: Registry[type[Collection]] = Registry(
    {
        "ryans": "musicae.datasets.music.collections.corpora:RyansMammoth",
        "oneills": "musicae.datasets.music.collections.corpora:ONeills1850",
        "airds": "musicae.datasets.music.collections.corpora:AirdsAirs",
        "chorales": "musicae.datasets.music.collections.corpora:BachChorales",
        "essen": "musicae.datasets.music.collections.corpora:EssenFolksong",
        "pop909": "musicae.datasets.music.collections.pop909:Pop909",
        "leads": "musicae.datasets.music.collections.lead_sheets:LeadSheets",
        "hymns": "musicae.datasets.music.collections.lead_sheets:Hymns",
        "lieder": "musicae.datasets.music.collections.lead_sheets:Lieder",
        "games": "musicae.datasets.music.collections.game_music:GameMusic",
        "groove": "musicae.datasets.music.collections.groove:Groove",
    }
)


def open_collections(names: tuple[str, ...] = (), *, training: bool = False, kind: str = "melody") -> list[Collection]:
    """Return collections by name.

    Arguments:
        names: Names of `COLLECTIONS`, each with `=PATH` if its data are in a file or folder, or folders of music files; none
            means the default collections of the kind of music.
        training: Whether the data are for training, which test-only collections are not.
        kind: The kind of music, a key of `musicae.music.kinds.KINDS`.

    Raises:
        DataError: there is no name for a kind without default collections, an unknown name, or two collections of one name; a
            collection has other tracks than the kind, takes no path, or is test-only and meant for training.
    """
    music = KINDS[kind]
    if not (names or music.collections):
        title = music.title
        raise DataError(
            f"A model of {title} needs {title}; give --data groove=FOLDER, groove=FILE.zip, or a folder of music files."
        )
    opened: list[Collection] = []
    for text in names or music.collections:
        collection = _open(text, kind)
        if collection.name in {c.name for c in opened}:
            raise DataError(f"Two collections are named {collection.name!r}; give each once, and folders names of their own.")
        other = KINDS[collection.kind]
        if other.tracks != music.tracks:  # kinds that work on the same tracks share their collections
            raise DataError(f"{text} holds {other.title}, and the model is one of {music.title}; choose other data.")
        if training and collection.test_only:
            raise DataError(f"The collection {text!r} ({collection.licence}) is a test set; do not train on it.")
        opened.append(collection)
    return opened


def _open(text: str, kind: str) -> Collection:
    """Open the collection that `NAME`, `NAME=PATH` or `FOLDER` names."""
    name, _, path = text.partition("=")
    if name in COLLECTIONS:
        if path and COLLECTIONS[name].packaged:
            raise DataError(f"{name} comes with music21 and takes no path; give --data {name}, or a folder of music files.")
        return COLLECTIONS[name](Path(path) if path else None)
    if Path(text).is_dir():
        return MidiFolder(Path(text), kind=kind)
    known = ", ".join(COLLECTIONS)
    raise DataError(f"{text!r} is neither a collection nor a folder{nearest(name, COLLECTIONS)} Collections: {known}.")
