"""Autoencoders from digits to melodies.

    import musicae

    model = musicae.load("melody-2bar")
    morph = model.interpolate("a.mid", "b.mid", steps=7)
    musicae.write_midi(morph.joined, "morph.mid")

Names are imported when they are used, so that `import musicae` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musicae.errors import MusicaeError as MusicaeError
    from musicae.midi import read_midi as read_midi
    from musicae.midi import write_midi as write_midi
    from musicae.models.musicvae import MusicVAE as MusicVAE
    from musicae.models.plan import PlanVAE as PlanVAE
    from musicae.music import Morph as Morph
    from musicae.music import MusicModel as MusicModel
    from musicae.music import load as load
    from musicae.representations import MelodyGrid as MelodyGrid
    from musicae.score import Note as Note
    from musicae.score import Score as Score
    from musicae.score import Track as Track

_HOMES = {
    "MelodyGrid": "musicae.representations",
    "Morph": "musicae.music",
    "MusicModel": "musicae.music",
    "MusicVAE": "musicae.models.musicvae",
    "MusicaeError": "musicae.errors",
    "Note": "musicae.score",
    "PlanVAE": "musicae.models.plan",
    "Score": "musicae.score",
    "Track": "musicae.score",
    "load": "musicae.music",
    "read_midi": "musicae.midi",
    "write_midi": "musicae.midi",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'musicae' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
