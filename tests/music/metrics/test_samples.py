"""Metrics of samples: laws and worked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.music.metrics.samples import FEATURES, features, histograms, middles, overlap, overlaps, repetition
from musicae.music.representations import GridWindow, MelodyGrid, TripletGrid

GRID = MelodyGrid()


def window(*tokens: int) -> GridWindow:
    return GridWindow(np.array(tokens), (len(tokens) // 2, len(tokens) // 2))


@st.composite
def sets(draw: st.DrawFn) -> list[GridWindow]:
    """Draw a few windows of two bars of two steps to eight."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        half = draw(st.integers(2, 8))
        made.append(window(*draw(st.lists(st.sampled_from([0, 0, 1, 41, 43, 45, 48]), min_size=2 * half, max_size=2 * half))))
    return made


@settings(max_examples=60)
@given(sets(), sets())
def test_laws_of_overlaps(some: list[GridWindow], others: list[GridWindow]) -> None:
    a, b = (histograms(features(windows, GRID)) for windows in (some, others))
    there, back = overlaps(a, b), overlaps(b, a)
    assert there == back and all(0.0 <= area <= 1.0 for area in there.values())
    assert set(there) == {"overlap", "overlap_pitch_class_absolute", *(f"overlap_{name}" for name in FEATURES)}
    for name, shape in a.items():
        assert len(shape) == len(middles(name)) and shape.sum() == pytest.approx(1.0 if shape.any() else 0.0)
        assert overlap(shape, shape) == pytest.approx(1.0 if shape.any() else 0.0)


@settings(max_examples=40)
@given(sets(), st.integers(-12, 24))
def test_features_do_not_depend_on_the_key(windows: list[GridWindow], shift: int) -> None:
    moved = [GridWindow(GRID.transpose(w.tokens, shift), w.bar_steps) for w in windows]
    here, there = features(windows, GRID), features(moved, GRID)
    for name in ("interval", "duration", "onsets", "range", "syncopation"):
        assert here[name].tolist() == there[name].tolist()
    assert repetition(windows, GRID) == repetition(moved, GRID)


def test_features_of_a_scale_by_hand() -> None:
    scale = window(41, 0, 43, 0, 45, 0, 46, 0, 48, 0, 0, 0, 1, 0, 41, 0)  # C D E F G, a rest, C
    found = features([scale, window(0, 0, 0, 0)], GRID)
    assert found["pitch_class"].tolist() == [0, 2, 4, 5, 7, 0] == found["pitch_class_absolute"].tolist()
    assert found["interval"].tolist() == [2, 2, 1, 2, -7]
    assert found["duration"].tolist() == [12, 12, 12, 12, 24, 12]
    assert found["onsets"].tolist() == [4, 2], "silent windows have no features"
    assert found["range"].tolist() == [7.0]
    assert features([scale], TripletGrid())["onsets"].tolist() == [4, 2], "bars, whatever the grid"
    shape = histograms(found)
    assert shape["pitch_class"].tolist() == pytest.approx([2 / 6, 0, 1 / 6, 0, 1 / 6, 1 / 6, 0, 1 / 6, 0, 0, 0, 0])
    assert middles("range")[int(shape["range"].argmax())] == 7.0
    far = histograms({**found, "interval": np.array([-30.0, 30.0])})["interval"]
    assert (far[0], far[-1]) == (0.5, 0.5), "what lies beyond is counted in the outer bins"


def test_repetition_by_hand() -> None:
    assert repetition([window(41, 43, 45, 46)], GRID) == 0.0
    assert repetition([window(41, 43, 45, 47)], GRID) == 0.5  # up two and again up two, twice
    assert repetition([window(41, 0), window(0, 0)], GRID) == 0.0
