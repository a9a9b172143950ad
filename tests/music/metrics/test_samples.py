"""Figures of samples and of their novelty: laws, worked examples, and the search beside a slow one."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musicae.errors import DataError
from musicae.music.evaluation.samples import halves
from musicae.music.metrics.melody import window_distance
from musicae.music.metrics.novelty import distinct, nearest_distances
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


def test_halves_are_blocks_of_neighbours() -> None:
    rows = np.arange(1000)
    first, second = halves(rows, None)
    assert sorted([*first, *second]) == rows.tolist() and (len(first), len(second)) == (520, 480)
    assert first[:41].tolist() == [*range(40), 80] and second[0] == 40
    few = halves(rows, 100)
    assert [len(half) for half in few] == [50, 50] and set(few[0]) <= set(first) and set(few[1]) <= set(second)
    assert [half.tolist() for half in halves(np.arange(2), None)] == [[0], [1]]
    for count, limit in ((1, None), (9, 1)):
        with pytest.raises(DataError, match="two halves of the windows"):
            halves(np.arange(count), limit)


def grids(seed: int, count: int, steps: int, kinds: int = 5) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    return np.where(random.random((count, steps)) < 0.5, 0, random.integers(0, kinds, (count, steps)) * random.integers(1, 9))


def slow(tokens: NDArray[Any], known: NDArray[Any]) -> float:
    """Return the least distance over all known windows (M, T) and all transpositions."""
    on = torch.ones(tokens.shape, dtype=torch.bool)
    there = torch.from_numpy(known)
    moved = [torch.where(there > 1, there + k + 60, there) for k in range(-50, 51)]
    here = torch.from_numpy(np.where(tokens > 1, tokens + 60, tokens))
    return min(float(window_distance(here, other, on).min()) for other in moved)


def test_the_nearest_window_beside_a_slow_search() -> None:
    tokens, known = grids(0, 20, 8), grids(1, 60, 8)
    bars, known_bars = np.full((20, 2), 4), np.full((60, 2), 4)
    found = nearest_distances(tokens, bars, known, known_bars)
    least = np.array([slow(row, known) for row in tokens])
    assert ((found >= least - 1e-9) & (found <= 1)).all()
    assert (found == least).mean() >= 0.8, "three alignments nearly always find the best transposition"
    assert ((found == 0) == (least == 0)).all()


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(-20, 20), st.integers(1, 12))
def test_copies_are_found_in_any_key_and_only_in_their_metre(seed: int, shift: int, steps: int) -> None:
    tokens = grids(seed, 3, 2 * steps) + 0
    tokens[tokens > 1] += 40
    bars = np.full((3, 2), steps)
    moved = np.where(tokens > 1, tokens + shift, tokens)
    wider = np.pad(moved, ((0, 0), (0, 3)))
    assert nearest_distances(moved, bars, tokens, bars).tolist() == [0.0] * 3
    assert nearest_distances(tokens, bars, wider, bars).tolist() == [0.0] * 3, "padding counts nothing"
    assert nearest_distances(tokens, bars, tokens, bars + 1).tolist() == [1.0] * 3, "no known window has such bars"
    one = distinct(tokens, bars)
    assert distinct(np.concatenate([tokens, moved]), np.concatenate([bars, bars])).tolist() == one.tolist()
    assert one[0] == 0 and (np.diff(one) > 0).all()


def test_long_windows_are_counted_to_their_end() -> None:
    sounding, silent, bars = np.full((1, 320), 41), np.zeros((1, 320), dtype=np.int64), np.array([[160, 160]])
    assert nearest_distances(sounding, bars, silent, bars).tolist() == [1.0]


def test_distances_of_novelty_worked_examples() -> None:
    known, bars = np.array([[41, 0, 43, 0, 45, 0, 46, 0]]), np.array([[4, 4]])
    for row, distance in (
        ((50, 0, 52, 0, 54, 0, 55, 0), 0.0),
        ((50, 0, 52, 0, 54, 0, 54, 0), 2 / 8),  # another last note
        ((40, 0, 52, 0, 54, 0, 55, 0), 2 / 8),  # another first note
        ((50, 0, 52, 0, 54, 54, 55, 0), 1 / 8),  # struck twice
        ((0, 0, 0, 0, 0, 0, 0, 0), 1.0),
    ):
        assert nearest_distances(np.array([row]), bars, known, bars).tolist() == [distance]


def test_the_highest_pitches_have_tokens_too() -> None:
    tokens = np.array([[128, 1, 2, 1], [129, 1, 3, 1], [129, 1, 2, 1]])  # pitches 126, 127; 0, 1 on a grid from 0 to 127
    bars = np.array([[4], [4], [4]])
    assert distinct(tokens, bars).tolist() == [0], "wider intervals than 63 semitones are not told apart"
    assert nearest_distances(tokens[1:], bars[1:], tokens[:1], bars[:1]).tolist() == [0.0, 0.0]
