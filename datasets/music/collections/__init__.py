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
        "groove": "musicae.datasets.music.collections.groove:Groove",
    }
)


def open_collections(names: tuple[str, ...] = (), *, training: bool = False, kind: str = "melody") -> list[Collection]:
    """Return collections by name.

    Arguments:
        names: Names of `COLLECTIONS`, each with `=PATH` where its data lie elsewhere, or folders of MIDI files; none means
            the collections that the kind of music trains on by default.
        training: Refuse collections that may only be tested on.
        kind: The kind of music wanted, a key of `musicae.music.kinds.KINDS`.

    Raises:
        DataError: no name for a kind without default collections, an unknown name, two of one name, a collection of another
            kind, a path for one that needs none, or a test-only collection for training.
    """
    wanted = KINDS[kind]
    if not (names or wanted.collections):
        title = wanted.title
        raise DataError(
            f"A model of {title} needs {title}; give --data groove=FOLDER, groove=FILE.zip, or a folder of MIDI files."
        )
    opened: list[Collection] = []
    for text in names or wanted.collections:
        collection = _open(text, kind)
        if collection.name in {c.name for c in opened}:
            raise DataError(f"Two collections are named {collection.name!r}; give each once, and folders names of their own.")
        if collection.kind != kind:
            theirs = KINDS[collection.kind].title
            raise DataError(f"{text} holds {theirs}, and the model is one of {wanted.title}; choose other data.")
        if training and collection.test_only:
            raise DataError(f"The collection {text!r} ({collection.licence}) is a test set; do not train on it.")
        opened.append(collection)
    return opened


def _open(text: str, kind: str) -> Collection:
    """Open the collection that `NAME`, `NAME=PATH` or `FOLDER` names."""
    name, _, path = text.partition("=")
    if name in COLLECTIONS:
        if path and COLLECTIONS[name].packaged:
            raise DataError(f"{name} comes with music21 and takes no path; give --data {name}, or a folder of MIDI files.")
        return COLLECTIONS[name](Path(path) if path else None)
    if Path(text).is_dir():
        return MidiFolder(Path(text), kind=kind)
    known = ", ".join(COLLECTIONS)
    raise DataError(f"{text!r} is neither a collection nor a folder{nearest(name, COLLECTIONS)} Collections: {known}.")
