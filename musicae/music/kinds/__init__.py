"""Kinds of music: what tells melodies, drums and later kinds apart. To add one: a file here and a line in `KINDS`."""

from musicae.core.lazy_registry import Registry
from musicae.music.kinds.base import Kind
from musicae.music.representations import Representation

__all__ = ["KINDS", "Kind", "kind_of"]

# A file is of the first kind whose track rule matches it; every file matches the last.
KINDS: Registry[Kind] = Registry(
    {
        "drums": "musicae.music.kinds.drums:DRUMS",
        "melody": "musicae.music.kinds.melody:MELODY",
    }
)


def kind_of(representation: Representation) -> Kind:
    """Return the kind of music that a representation is for."""
    return KINDS[representation.kind]
