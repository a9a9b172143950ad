"""The grid of drum patterns: hits, velocities and offsets, there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import RepresentationError
from musicae.music.representations import DrumGrid, GridWindow
from musicae.music.representations.drums import VOICES
from musicae.music.score import Bar, Note

TIMES = st.floats(-1, 5) | st.integers(-4, 20).map(lambda n: n / 4)


def drums_of(*hits: tuple[float, int, int], metre: tuple[int, int] = (2, 4), start: float = 0.0) -> GridWindow:
    """Encode hits, given as onset, pitch and velocity."""
    bar = Bar(1, start, 4 * metre[0] / metre[1], *metre)
    return DrumGrid().encode([Note(onset, 0.1, pitch, velocity) for onset, pitch, velocity in hits], [bar])


def test_worked_example_of_the_drum_grid() -> None:
    hats = [(0.5 * i, 42, 64) for i in range(4)]
    window = drums_of(*hats, (0.0, 36, 100), (1.0625, 38, 127))
    assert window.tokens.tolist() == [5, 0, 4, 0, 6, 0, 4, 0]
    assert window.values is not None and window.values.shape == (8, 18) and window.values.dtype == np.float32
    assert window.values[0, [0, 2, 9, 11]].tolist() == pytest.approx([100 / 127, 64 / 127, 0, 0])
    assert window.values[4, 1] == 1.0 and window.values[4, 10] == pytest.approx(0.5, abs=1 / 127)
    assert window.values[1].any() == np.False_ and window.values[4, 0] == 0
    snare = next(n for n in DrumGrid().decode(window) if n.pitch == 38)
    assert (snare.velocity, snare.duration) == (127, 0.25) and snare.onset == pytest.approx(1.0625, abs=0.001)


@settings(max_examples=60)
@given(st.lists(st.tuples(TIMES, st.integers(20, 90), st.integers(1, 127)), max_size=30))
def test_velocities_and_offsets_survive_decoding(hits: list[tuple[float, int, int]]) -> None:
    once = drums_of(*hits, metre=(4, 4))
    again = DrumGrid().encode(DrumGrid().decode(once), [Bar(1, 0.0, 4.0, 4, 4)])
    assert once.values is not None and again.values is not None
    assert again.tokens.tolist() == once.tokens.tolist()
    inside = slice(1, None)  # a hit before the first step of a window has nowhere to go
    np.testing.assert_allclose(again.values[inside], once.values[inside], atol=1e-6)
    np.testing.assert_allclose(again.values[0, :9], once.values[0, :9], atol=1e-6)


def test_of_hits_of_one_voice_on_one_step_the_loudest_is_used() -> None:
    window = drums_of((0.0, 38, 50), (0.05, 40, 90), (0.0, 37, 20), (0.0, 99, 120))
    assert window.values is not None and window.tokens.tolist()[0] == 2
    assert window.values[0, 1] == pytest.approx(90 / 127) and window.values[0, 10] == pytest.approx(0.4, abs=1 / 127)


def test_hits_around_a_window() -> None:
    early = drums_of((3.9, 36, 80), (5.9, 36, 80), start=4.0)
    assert early.values is not None and early.tokens.tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert early.values[0, 9] == pytest.approx(-0.8, abs=1 / 127), "a hit just before the bar line belongs to the bar"


def test_drums_without_values_are_on_the_grid() -> None:
    window = GridWindow(np.array([5, 0, 0, 256]), (4,))
    assert DrumGrid().decode(window, velocity=70) == (
        Note(0.0, 0.25, 36, 70), Note(0.0, 0.25, 42, 70), Note(0.75, 0.25, 51, 70)
    )  # fmt: skip


def test_every_pitch_belongs_to_one_voice() -> None:
    pitches = [p for voice in VOICES.values() for p in voice]
    assert len(VOICES) == 9 and len(set(pitches)) == len(pitches)
    assert {22, 26, 35, 36, 37, 38, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 57, 58, 59} <= set(pitches), (
        "Roland's"
    )


def test_values_must_fit_the_tokens() -> None:
    with pytest.raises(RepresentationError, match=r"^3 rows of values do not fit 4 tokens\.$"):
        GridWindow(np.zeros(4, dtype=np.int64), (4,), np.zeros((3, 18), dtype=np.float32))
