"""Kinds of music: everything in which melodies and drums differ. To add one: a file here and a line in `KINDS`."""

from musicae.core.lazy_registry import Registry
from musicae.music.kinds.base import Kind
from musicae.music.representations import Representation

__all__ = ["KINDS", "Kind", "kind_of"]

# A file counts as the first kind whose track rule matches it. Every file matches `melody`.
KINDS: Registry[Kind] = Registry(
    {
        "drums": "musicae.music.kinds.drums:DRUMS",
        "melody": "musicae.music.kinds.melody:MELODY",
    }
)


def kind_of(representation: Representation) -> Kind:
    """Return the kind of music that a representation is for."""
    return KINDS[representation.kind]
