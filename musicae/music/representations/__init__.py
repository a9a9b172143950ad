"""Representations: notes to tokens and back. To add one: a file here and a line in `REPRESENTATIONS`."""

from typing import Any

from musicae.core.config import look_up
from musicae.errors import ParameterError
from musicae.music.representations.base import GridWindow, Representation
from musicae.music.representations.drums import DrumGrid
from musicae.music.representations.melody import MelodyGrid, TripletGrid

__all__ = ["REPRESENTATIONS", "DrumGrid", "GridWindow", "MelodyGrid", "Representation", "TripletGrid", "build"]

REPRESENTATIONS: dict[str, type[Representation]] = {kind.name: kind for kind in (MelodyGrid, TripletGrid, DrumGrid)}


def build(values: dict[str, Any]) -> Representation:
    """Build the representation that `Representation.to_dict` described.

    Raises:
        ParameterError: an unknown name or unknown arguments.
    """
    arguments = dict(values)
    name = str(arguments.pop("name", ""))
    kind = look_up("representation", name, REPRESENTATIONS)
    try:
        return kind(**arguments)
    except TypeError as error:
        raise ParameterError(f"Representation {name!r} does not take these arguments: {error}.") from error
