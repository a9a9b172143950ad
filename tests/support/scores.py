"""Scores drawn by Hypothesis."""

from hypothesis import strategies as st

from musicae import Note, Score, Track
from musicae.music.score import Control, KeySignature, Tempo, TimeSignature

PITCH = st.integers(40, 90)
MICROSECONDS = st.integers(150_000, 2_000_000)
SIGNATURES = st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 4), (5, 8), (7, 16), (3, 2), (17, 8), (7, 32), (1, 4)])


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Draw a melody on sixteenths, other tracks, metres that change anywhere, and tempos."""
    time, notes = draw(st.integers(0, 20)), []
    for gap, length, pitch in draw(
        st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 9, 40]), st.integers(1, 20), PITCH), min_size=1)
    ):
        time += gap
        notes.append(Note(time / 4, length / 4, pitch))
        time += length
    changes, place = [], 0
    for metre, distance in draw(st.lists(st.tuples(SIGNATURES, st.integers(1, 90)), max_size=4)):
        changes.append(TimeSignature(place / 4, *metre))
        place += distance
    tempos = [Tempo(0.0, 6e7 / draw(MICROSECONDS))]
    for i in range(draw(st.integers(0, 4))):
        tempos.append(Tempo(tempos[-1].time + draw(st.integers(1, 999)) / 480, 6e7 / (draw(MICROSECONDS) + i)))
    others = [Note(t / 8, 1.0, 50 + t % 7, 90) for t in draw(st.lists(st.integers(0, 300), max_size=9, unique=True))]
    bass = Track(tuple(sorted(others)), 33, name="bass", controls=(Control(0.0, 7, 99),))
    tracks = (Track(tuple(notes), 5, name="melody"), *((bass,) if others else ()))
    return Score(tracks, tuple(tempos), _unequal(changes), (KeySignature(0.0, 3),))


def _unequal(changes: list[TimeSignature]) -> tuple[TimeSignature, ...]:
    """Leave out changes that change nothing, as readers do."""
    return tuple(
        c
        for i, c in enumerate(changes)
        if not i or (c.numerator, c.denominator) != (changes[i - 1].numerator, changes[i - 1].denominator)
    )
