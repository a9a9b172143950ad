"""Write the example tunes from the collections inside the music21 package.

python examples/tunes/export.py
"""

from dataclasses import replace
from pathlib import Path

from musicae.datasets.music.collections import COLLECTIONS
from musicae.datasets.music.prepare import split_of
from musicae.music.formats.midi import write_midi
from musicae.music.score import Score, Tempo

HERE = Path(__file__).parent
# file: (collection, name of the tune there, tempo in quarter notes per minute, General MIDI program); both are ours
TUNES = {
    "a-reel.mid": ("ryans", "ryans/ShipsAreSailingReel:1", 180.0, 40),  # violin
    "b-reel.mid": ("ryans", "ryans/LavensFavorite:1", 140.0, 73),  # flute
    "c-jig.mid": ("oneills", "oneills/1001-1031:276", 165.0, 21),  # accordion
}


def read(collection: str, name: str, qpm: float, program: int) -> Score:
    """Return a tune of the test split, played at a tempo on an instrument."""
    if split_of(name) != "test":
        raise ValueError(f"{name} belongs to the training tunes; an example must be new to the model")
    source = COLLECTIONS[collection]()
    item = next(i for i in source.items() if i.tune == name)
    score = source.read(item)
    return replace(score, tracks=(replace(score.tracks[0], program=program),), tempos=(Tempo(0.0, qpm),))


if __name__ == "__main__":
    for file, tune in TUNES.items():
        write_midi(read(*tune), HERE / file)
