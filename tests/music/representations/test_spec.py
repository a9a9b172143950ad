"""The windows that a model takes: limits of windows and bars, and why bars do not fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae.music.models.musicvae import MusicVAEConfig
from musicae.music.models.plan import PlanVAEConfig
from musicae.music.representations import DrumGrid, MelodyGrid, TripletGrid, WindowSpec
from musicae.music.score import Score, TimeSignature

GRID = MelodyGrid()
LIMITS = st.none() | st.integers(1, 200)


def test_the_limits_of_a_model_come_from_its_configuration() -> None:
    spec = WindowSpec.of_model(PlanVAEConfig(), GRID, 2)
    assert spec == WindowSpec(MelodyGrid(), 2, max_steps=64, max_bar_steps=32)
    assert WindowSpec.of_model(MusicVAEConfig(max_steps=256), GRID, 1) == WindowSpec(GRID, 1, max_steps=256)
    assert WindowSpec.of_model(object(), GRID, 3) == WindowSpec(GRID, 3)


def test_equal_specs_have_equal_representations() -> None:
    assert WindowSpec(GRID, 2) == WindowSpec(MelodyGrid(4), 2) and hash(WindowSpec(GRID, 2)) == hash(
        WindowSpec(MelodyGrid(), 2)
    )
    for other in (WindowSpec(MelodyGrid(8), 2), WindowSpec(TripletGrid(), 2), WindowSpec(DrumGrid(), 2), WindowSpec(GRID, 3)):
        assert other != WindowSpec(GRID, 2)


def test_the_longest_window_and_bar() -> None:
    assert WindowSpec.of_model(PlanVAEConfig(), GRID, 2).longest_window == 64
    assert WindowSpec.of_model(PlanVAEConfig(), GRID, 16).longest_window == 64
    assert WindowSpec.of_model(PlanVAEConfig(), GRID, 1).longest_window == 32, "a bar has at most 32 time steps"
    assert WindowSpec.of_model(MusicVAEConfig(max_steps=256), GRID, 1).longest_window == 256
    assert WindowSpec(GRID, 4).longest_window is None
    assert (WindowSpec(GRID, 3, max_steps=64).longest_bar, WindowSpec(GRID, 4).longest_bar) == (21, None)


@given(st.integers(1, 20), LIMITS, LIMITS, st.integers(1, 20))
def test_windows_of_another_length_have_the_same_longest_bar(
    bars: int, max_steps: int | None, max_bar_steps: int | None, count: int
) -> None:
    spec = WindowSpec(GRID, bars, max_steps, max_bar_steps)
    other = spec.of_length(count)
    assert (other.bars, other.longest_bar) == (count, spec.longest_bar)
    assert spec.of_length(bars) is spec is spec.of_length(None)


@pytest.mark.parametrize(("numerator", "denominator", "steps"), [(4, 4, 16), (3, 4, 12), (9, 8, 18), (17, 8, 34)])
@pytest.mark.parametrize("limits", [(None, None), (34, None), (None, 17), (24, 16), (64, 16)])
def test_bars_fit_if_and_only_if_no_limit_is_exceeded(
    numerator: int, denominator: int, steps: int, limits: tuple[int | None, int | None]
) -> None:
    bars = Score(time_signatures=(TimeSignature(0.0, numerator, denominator),)).bar_range(3, 2)
    problem = WindowSpec(GRID, 2, *limits).problem(bars)
    window, bar = limits
    assert (problem is None) == ((window is None or 2 * steps <= window) and (bar is None or steps <= bar))
    if problem is not None:
        limit = min(bar or steps, (window or 2 * steps) // 2)
        assert problem == (
            f"bar 3 ({numerator}/{denominator}) has {steps} time steps, more than the model's {limit}; "
            "choose other bars, or write the tune in shorter ones."
        )


def test_bars_off_the_grid_do_not_fit() -> None:
    bars = Score(time_signatures=(TimeSignature(0.0, 5, 64),)).bar_range(1, 2)
    assert WindowSpec(GRID, 2).problem(bars) == (
        "Bar 1 (5/64) lasts 0.3125 quarter notes, which is not a whole number of steps at 4 per quarter note; "
        "choose other bars."
    )
