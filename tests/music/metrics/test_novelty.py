"""How new melodies are: laws, worked examples, and the search compared with a slow one."""

from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musicae.music.metrics.melody import window_distance
from musicae.music.metrics.novelty import distinct, nearest_distances


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


def test_the_nearest_window_compared_with_a_slow_search() -> None:
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
    assert distinct(tokens, bars).tolist() == [0], "wider intervals than 63 semitones count as equal"
    assert nearest_distances(tokens[1:], bars[1:], tokens[:1], bars[:1]).tolist() == [0.0, 0.0]
