"""Autoencoders from digits to melodies.

    import musicae

    model = musicae.load("melody-2bar")
    morph = musicae.interpolate(model, "a.mid", "b.mid", steps=7)
    musicae.write(morph.joined, "morph.mid")

Names are imported when they are used, so that `import musicae` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musicae.errors import MusicaeError as MusicaeError
    from musicae.loading import load as load
    from musicae.music.decoding import Decoding as Decoding
    from musicae.music.formats import read as read
    from musicae.music.formats import write as write
    from musicae.music.model import MusicModel as MusicModel
    from musicae.music.scales import Scale as Scale
    from musicae.music.score import Note as Note
    from musicae.music.score import Score as Score
    from musicae.music.score import Track as Track
    from musicae.music.tasks.complete import complete as complete
    from musicae.music.tasks.continuation import continuation as continuation
    from musicae.music.tasks.grid import grid as grid
    from musicae.music.tasks.humanize import humanize as humanize
    from musicae.music.tasks.interpolate import Morph as Morph
    from musicae.music.tasks.interpolate import interpolate as interpolate
    from musicae.music.tasks.mean import mean as mean
    from musicae.music.tasks.personalize import personalize as personalize
    from musicae.music.tasks.reconstruct import reconstruct as reconstruct
    from musicae.music.tasks.sample import sample as sample
    from musicae.music.tasks.search import search as search
    from musicae.music.tasks.steer import steer as steer
    from musicae.music.tasks.vary import vary as vary

_TASKS = (
    *("complete", "continuation", "grid", "humanize", "interpolate", "mean", "personalize", "reconstruct", "sample"),
    *("search", "steer", "vary"),
)
_HOMES = {
    "Decoding": "musicae.music.decoding",
    "Morph": "musicae.music.tasks.interpolate",
    "MusicModel": "musicae.music.model",
    "MusicaeError": "musicae.errors",
    "Note": "musicae.music.score",
    "Scale": "musicae.music.scales",
    "Score": "musicae.music.score",
    "Track": "musicae.music.score",
    "load": "musicae.loading",
    "read": "musicae.music.formats",
    "write": "musicae.music.formats",
    **{task: f"musicae.music.tasks.{task}" for task in _TASKS},
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'musicae' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
