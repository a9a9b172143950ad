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
    from musicae.music.formats.midi import read_midi as read_midi
    from musicae.music.formats.midi import write_midi as write_midi
    from musicae.music.model import Morph as Morph
    from musicae.music.model import MusicModel as MusicModel
    from musicae.music.model import load as load
    from musicae.music.models.musicvae import MusicVAE as MusicVAE
    from musicae.music.models.plan import PlanVAE as PlanVAE
    from musicae.music.representations import MelodyGrid as MelodyGrid
    from musicae.music.score import Note as Note
    from musicae.music.score import Score as Score
    from musicae.music.score import Track as Track

_HOMES = {
    "MelodyGrid": "musicae.music.representations",
    "Morph": "musicae.music.model",
    "MusicModel": "musicae.music.model",
    "MusicVAE": "musicae.music.models.musicvae",
    "MusicaeError": "musicae.errors",
    "Note": "musicae.music.score",
    "PlanVAE": "musicae.music.models.plan",
    "Score": "musicae.music.score",
    "Track": "musicae.music.score",
    "load": "musicae.music.model",
    "read_midi": "musicae.music.formats.midi",
    "write_midi": "musicae.music.formats.midi",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'musicae' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
