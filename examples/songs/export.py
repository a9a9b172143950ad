"""Write the example song and the example beats as MIDI files.

    python examples/songs/export.py

All three were written for musicae: eight bars of melody, bass and drums, and two beats of four bars on the grid.
"""

from pathlib import Path

from musicae import Note, Score, Track
from musicae.music.formats.midi import write_midi
from musicae.music.score import KeySignature, Tempo, TimeSignature

HERE = Path(__file__).resolve().parent
BASS, FLUTE = 33, 73

# Pitch and length in eighths, bar by bar; the last bar is one long note.
MELODY = (
    *((62, 1), (66, 1), (69, 1), (66, 1), (71, 1), (69, 1), (66, 1), (64, 1)),
    *((62, 2), (64, 1), (66, 1), (67, 2), (66, 1), (64, 1)),
    *((64, 1), (67, 1), (71, 1), (67, 1), (74, 1), (71, 1), (69, 1), (67, 1)),
    *((66, 2), (64, 1), (62, 1), (64, 4)),
    *((62, 1), (66, 1), (69, 1), (66, 1), (71, 1), (69, 1), (66, 1), (64, 1)),
    *((67, 1), (71, 1), (74, 1), (71, 1), (76, 1), (74, 1), (71, 1), (69, 1)),
    *((66, 1), (69, 1), (74, 1), (69, 1), (67, 1), (66, 1), (64, 1), (66, 1)),
    *((62, 8),),
)
ROOTS = (38, 38, 43, 45, 38, 43, 45, 38)  # one bass note per bar, struck on every beat

# Sixteenths of a bar: kick, snare, closed hat, open hat.
ROCK = {36: (0, 8, 10), 38: (4, 12), 42: (0, 2, 4, 6, 8, 10, 12, 14)}
FILL = {36: (0, 8), 38: (4, 12, 13, 14, 15), 42: (0, 2, 4, 6, 8, 10), 46: (14,)}
SHUFFLE = {36: (0, 6, 11), 38: (4, 12), 42: (0, 3, 4, 7, 8, 11, 12, 15), 46: (14,)}


def drums(*bars: dict[int, tuple[int, ...]]) -> Track:
    """Return a track of drums, one pattern per bar, all hits equally loud."""
    hits = [
        Note(4 * number + step / 4, 0.25, pitch, 90)
        for number, pattern in enumerate(bars)
        for pitch, steps in pattern.items()
        for step in steps
    ]
    return Track(tuple(sorted(hits)), is_drum=True, name="drums")


def melody() -> Track:
    """Return the melody."""
    notes, onset = [], 0.0
    for pitch, eighths in MELODY:
        notes.append(Note(onset, eighths / 2, pitch, 90))
        onset += eighths / 2
    return Track(tuple(notes), FLUTE, name="flute")


def bass() -> Track:
    """Return the bass."""
    notes = [Note(4.0 * bar + beat, 0.9, root, 80) for bar, root in enumerate(ROOTS) for beat in range(4)]
    return Track(tuple(notes), BASS, name="bass")


def score(*tracks: Track, qpm: float) -> Score:
    """Return a score of the tracks in 4/4 and D major."""
    return Score(tracks, (Tempo(0.0, qpm),), (TimeSignature(0.0, 4, 4),), (KeySignature(0.0, 2),))


SONGS = {
    "song.mid": score(melody(), bass(), drums(*(ROCK, ROCK, ROCK, FILL) * 2), qpm=112.0),
    "beat.mid": score(drums(ROCK, ROCK, ROCK, FILL), qpm=100.0),
    "shuffle.mid": score(drums(SHUFFLE, SHUFFLE, SHUFFLE, FILL), qpm=88.0),
}

if __name__ == "__main__":
    for name, song in SONGS.items():
        write_midi(song, HERE / name)
        print(HERE / name)
