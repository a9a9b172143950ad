"""Kinds of music: everything in which melodies and drums differ. To add one: a file here and a line in `KINDS`."""

from musicae.core.lazy_registry import Registry
from musicae.music.kinds.base import Kind
from musicae.music.kinds.metric_words import MetricWords
from musicae.music.representations import Representation

__all__ = ["KINDS", "Kind", "further_words", "headline_words", "kind_of"]

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


def headline_words() -> dict[str, MetricWords]:
    """Return the headline metric of each kind by name, in words."""
    return {name: words for listing in _listings() for name, words in listing[:1]}


def further_words() -> dict[str, MetricWords]:
    """Return the metrics that only one kind has, by name, in words, without the headline metrics."""
    return {name: words for listing in _listings() for name, words in listing[1:]}


def _listings() -> list[list[tuple[str, MetricWords]]]:
    """Return the metrics of each kind; the general kinds, which the registry lists last, come first."""
    return [list(KINDS[name].metric_words.items()) for name in reversed(list(KINDS))]
