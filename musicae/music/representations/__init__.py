"""Representations: notes to tokens and back. To add one: a file here and a line in `REPRESENTATIONS`."""

from typing import Any

from musicae.core.config import look_up
from musicae.core.lazy_registry import Registry
from musicae.errors import ParameterError
from musicae.music.representations.base import GridWindow, Representation
from musicae.music.representations.drums import DrumGrid
from musicae.music.representations.melody import MelodyGrid, TripletGrid
from musicae.music.representations.spec import WindowSpec

__all__ = [
    "REPRESENTATIONS",
    "DrumGrid",
    "GridWindow",
    "MelodyGrid",
    "Representation",
    "TripletGrid",
    "WindowSpec",
    "representation_from_dict",
]

REPRESENTATIONS: Registry[type[Representation]] = Registry(
    {
        "melody": "musicae.music.representations.melody:MelodyGrid",
        "melody-triplets": "musicae.music.representations.melody:TripletGrid",
        "drums": "musicae.music.representations.drums:DrumGrid",
    }
)


def representation_from_dict(values: dict[str, Any]) -> Representation:
    """Build the representation that `Representation.to_dict` described.

    Raises:
        ParameterError: an unknown name or unknown arguments.
    """
    arguments = dict(values)
    name = str(arguments.pop("name", ""))
    representation = look_up("representation", name, REPRESENTATIONS)
    try:
        return representation(**arguments)
    except TypeError as error:
        raise ParameterError(f"Representation {name!r} does not take these arguments: {error}.") from error
