"""Musical attributes worked out by hand."""

import math

import numpy as np
import pytest

from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes, metrical_strength
from musicae.music.representations import GridWindow, MelodyGrid

GRID = MelodyGrid()
BAR = (8,)  # 2/4


def of(tokens: list[int], bars: tuple[int, ...] = BAR) -> dict[str, float]:
    """Return the attributes of one window."""
    return dict(zip(ATTRIBUTES, measure_attributes([GridWindow(np.array(tokens), bars)], GRID)[0].tolist(), strict=True))


def test_strength_of_places_in_a_bar() -> None:
    assert [metrical_strength(place, 8) for place in range(8)] == [0, -3, -2, -3, -1, -3, -2, -3]
    assert [metrical_strength(place, 12) for place in range(12)] == [0, -3, -2, -2, -1, -3, -1, -3, -1, -2, -2, -3]


def test_attributes_worked_example() -> None:
    plain = of([41, 0, 0, 0, 45, 0, 48, 0])  # C4 E4 G4
    assert plain["density"] == 3 / 8 * 4
    assert plain["interval"] == (4 + 3) / 2
    assert plain["range"] == 7
    assert plain["syncopation"] == 0
    assert plain["register"] == pytest.approx((60 + 64 + 67) / 3)
    assert 0.8 < plain["scale"] <= 1


def test_syncopation_counts_what_a_note_sounds_through() -> None:
    assert of([41, 0, 41, 0, 0, 0, 41, 0])["syncopation"] == 1 / 3  # from -2 through -1
    assert of([41, 41, 0, 0, 0, 0, 41, 0])["syncopation"] == 2 / 3  # from -3 through -1
    assert of([41, 0, 41, 1, 0, 0, 41, 0])["syncopation"] == 0  # it stops before the beat
    assert of([41, 0, 0, 0, 41, 0, 41, 0, 0, 0, 0, 0, 41, 0, 0, 0], (8, 8))["syncopation"] == 2 / 4  # over the bar line
    jig = [41, 0, 0, 0, 41, 0, 41, 0, 0, 0, 41, 0]
    assert of(jig, (12,))["syncopation"] == 0


def test_scale_adherence_measures_fit_and_does_not_depend_on_the_key() -> None:
    scale = [41, 43, 45, 46, 48, 50, 52, 53]
    fits = [of([t + k for t in scale])["scale"] for k in range(12)]
    assert fits == pytest.approx([fits[0]] * 12)
    assert of([41, 42, 43, 44, 45, 46, 47, 48])["scale"] < fits[0]


def test_silence_has_no_attributes() -> None:
    assert all(math.isnan(value) for value in of([0] * 8).values())
    assert measure_attributes([], GRID).shape == (0, 6)
