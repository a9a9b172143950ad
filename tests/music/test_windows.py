"""Training batches: a pure function of the step, each window once per epoch, in keys drawn afresh."""

import numpy as np
import pytest
import torch

from musicae.errors import DataError
from musicae.music.representations import MelodyGrid
from musicae.music.windows import PreparedWindows, WindowSampler

GRID = MelodyGrid()


def prepared(train: int) -> PreparedWindows:
    """Return windows of different lengths, whose first token is its number."""
    steps = np.array([[4, 4], [6, 6], [8, 8]])[np.arange(train + 3) % 3]
    tokens = np.zeros((train + 3, 16), dtype=np.uint8)
    tokens[:, 0] = 30 + np.arange(train + 3) % 40
    tokens[:, 2] = 40
    split = np.array([0] * train + [1, 1, 2], dtype=np.uint8)
    return PreparedWindows(tokens, steps, split, np.zeros(train + 3, dtype=np.uint8), ("mine",))


def test_batches_are_a_pure_function_of_the_step() -> None:
    one, two = (WindowSampler(prepared(20), GRID, batch_size=6, seed=7) for _ in range(2))
    later = {step: two.batch(step) for step in (17, 3, 0, 4, 3)}
    for step in range(18):
        batch = one.batch(step)
        assert batch.tokens.dtype == batch.bar_steps.dtype == torch.int64 and len(batch) == 6
        if step in later:
            assert torch.equal(batch.tokens, later[step].tokens) and torch.equal(batch.bar_steps, later[step].bar_steps)
    other = WindowSampler(prepared(20), GRID, batch_size=6, seed=8).batch(0)
    assert other.tokens.shape != one.batch(0).tokens.shape or not torch.equal(other.tokens, one.batch(0).tokens)


def test_an_epoch_holds_each_window_at_most_once() -> None:
    source = WindowSampler(prepared(20), GRID, batch_size=6, transpose=0)
    for epoch in range(3):
        drawn = torch.cat([source.batch(3 * epoch + i).tokens[:, 0] for i in range(3)]).tolist()
        assert len(drawn) == 18 == len(set(drawn)) and set(drawn) <= set(range(30, 50))
    orders = {tuple(source.batch(step).tokens[:, 0].tolist()) for step in range(9)}
    assert len(orders) == 9, "each epoch is shuffled again"


def test_windows_are_transposed_afresh_and_within_range() -> None:
    plain, moved = (WindowSampler(prepared(20), GRID, batch_size=10, transpose=n) for n in (0, 5))
    shifts: list[int] = []
    for step in range(40):
        before, after = plain.batch(step).tokens, moved.batch(step).tokens
        difference = after - before
        assert torch.equal(difference[:, 0], difference[:, 2]), "a window moves as a whole"
        assert bool((after[before == 0] == 0).all())
        shifts += difference[:, 0].tolist()
    assert set(shifts) == set(range(-5, 6))


def test_a_batch_holds_windows_of_like_length_and_no_more_padding_than_needed() -> None:
    source = WindowSampler(prepared(30), GRID, batch_size=10)
    widths = sorted(source.batch(step).tokens.shape[1] for step in range(3))
    assert widths == [8, 12, 16]


def test_all_windows_in_order_once() -> None:
    source = WindowSampler(prepared(20), GRID, batch_size=6)
    batches = source.in_order()
    assert [len(b) for b in batches] == [6, 6, 6, 2] and len(source) == 20
    assert sorted(torch.cat([b.tokens[:, 0] for b in batches]).tolist()) == list(range(30, 50))
    some = source.in_order(limit=5)
    assert [len(b) for b in some] == [5] and some[0].lengths.tolist() == [8, 8, 12, 16, 16]
    assert [len(b) for b in source.in_order(limit=100)] == [6, 6, 6, 2]


def test_few_windows_give_small_batches_and_none_an_error() -> None:
    assert len(WindowSampler(prepared(3), GRID, batch_size=512).batch(5)) == 3
    assert len(WindowSampler(prepared(3), GRID, split="valid", batch_size=512).batch(0)) == 2
    with pytest.raises(DataError) as error:
        WindowSampler(prepared(0), GRID)
    assert str(error.value) == "The train split of mine has no windows; add data."
