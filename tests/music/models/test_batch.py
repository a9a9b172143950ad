"""Padded batches of windows, and what is done with their tokens: likelihood, drawing, hiding."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import ParameterError
from musicae.music.models.base import check_length, hide_tokens, pick, sequence_log_likelihood
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow


@st.composite
def grid_windows(draw: st.DrawFn) -> GridWindow:
    """Draw a window of one to four bars."""
    bars = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    tokens = draw(st.lists(st.integers(0, 89), min_size=sum(bars), max_size=sum(bars)))
    return GridWindow(np.array(tokens, dtype=np.int64), bars)


@settings(max_examples=60, deadline=None)
@given(st.lists(grid_windows(), min_size=1, max_size=5))
def test_windows_survive_batching_and_know_their_place(windows: list[GridWindow]) -> None:
    batch = GridBatch.from_windows(windows)
    assert len(batch) == len(windows)
    assert batch.tokens.shape[1] == max(len(w.tokens) for w in windows)
    for row, (window, again) in enumerate(zip(windows, batch.windows(), strict=True)):
        assert again.bar_steps == window.bar_steps and np.array_equal(again.tokens, window.tokens)
        length = len(window.tokens)
        assert int(batch.lengths[row]) == length
        assert batch.mask[row].tolist() == [t < length for t in range(batch.tokens.shape[1])]
        places = [(i, p, steps) for i, steps in enumerate(window.bar_steps) for p in range(steps)]
        ours = zip(*(x[row, :length].tolist() for x in (batch.bar_index, batch.position, batch.bar_length)), strict=True)
        assert list(ours) == places


def test_a_batch_of_two_metres_by_hand() -> None:
    batch = GridBatch.from_windows(
        [GridWindow(np.array([5, 0, 6, 1]), (2, 2)), GridWindow(np.array([9, 0, 0]), (3,))]
    ).with_tokens(torch.tensor([[5, 0, 6, 1], [9, 0, 0, 7]]))
    assert batch.bar_steps.tolist() == [[2, 2], [3, 0]]
    assert batch.mask.tolist() == [[True] * 4, [True, True, True, False]]
    assert batch.bar_index.tolist()[0] == [0, 0, 1, 1] and batch.position.tolist()[0] == [0, 1, 0, 1]
    assert batch.bar_length.tolist()[1][:3] == [3, 3, 3]
    assert batch.windows()[1].tokens.tolist() == [9, 0, 0], "padding is not music"
    moved = batch.to("cpu")
    assert torch.equal(moved.tokens, batch.tokens) and torch.equal(moved.bar_steps, batch.bar_steps)


def valued() -> GridBatch:
    """Return three windows in two metres with expression values."""
    tokens, bar_steps = torch.arange(12).view(3, 4), torch.tensor([[2, 2], [3, 0], [4, 0]])
    return GridBatch(tokens, bar_steps, torch.rand(3, 4, 6, generator=torch.Generator().manual_seed(0)))


ROWS: list[tuple[Any, list[int]]] = [
    ([2, 0], [2, 0]),
    ((1,), [1]),
    ([], []),
    (slice(1, 3), [1, 2]),
    (torch.tensor([1, 1, 0]), [1, 1, 0]),
    (torch.tensor([True, False, True]), [0, 2]),
]


@pytest.mark.parametrize(("rows", "index"), ROWS)
def test_taking_windows_keeps_tokens_bars_and_values(rows: Any, index: list[int]) -> None:
    batch = valued()
    taken = batch.take(rows)
    assert batch.values is not None and taken.values is not None
    assert torch.equal(taken.tokens, batch.tokens[index])
    assert torch.equal(taken.bar_steps, batch.bar_steps[index])
    assert torch.equal(taken.values, batch.values[index])
    assert batch.without_values().take(rows).values is None


def test_repeating_windows_keeps_each_ones_copies_together() -> None:
    batch = valued()
    repeated = batch.repeat(2)
    assert repeated.tokens[:, 0].tolist() == [0, 0, 4, 4, 8, 8]
    for name in ("tokens", "bar_steps", "values"):
        assert torch.equal(getattr(repeated, name), getattr(batch.take([0, 0, 1, 1, 2, 2]), name))
    assert batch.without_values().repeat(3).values is None


def test_windows_without_values_are_the_same_windows() -> None:
    batch = valued()
    plain = batch.without_values()
    assert plain.values is None
    assert torch.equal(plain.tokens, batch.tokens) and torch.equal(plain.bar_steps, batch.bar_steps)


def test_likelihood_sums_the_log_probabilities_of_each_windows_tokens() -> None:
    batch = GridBatch(torch.tensor([[0, 2, 1], [1, 2, 2]]), torch.tensor([[2, 1], [1, 0]]))
    odds = torch.tensor([[[1.0, 1, 2], [1, 1, 2], [3, 1, 4]], [[5, 2, 3], [1, 1, 1], [1, 1, 1]]])
    result = sequence_log_likelihood(odds.log(), batch)
    torch.testing.assert_close(result, torch.tensor([1 / 4 * 2 / 4 * 1 / 8, 2 / 10]).log())


def test_windows_up_to_the_models_length_pass() -> None:
    batch = GridBatch(torch.zeros(1, 8, dtype=torch.int64), torch.tensor([[8]]))
    check_length(batch, 8)
    with pytest.raises(
        ParameterError, match=r"^A window of 8 time steps is longer than the model's 7; take fewer or shorter bars\.$"
    ):
        check_length(batch, 7)


def test_temperature_0_picks_the_likeliest_token() -> None:
    assert pick(torch.tensor([[0.1, 3.0, 2.0], [5.0, -1.0, 4.9]]), 0.0).tolist() == [1, 0]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_are_drawn_from_the_softmax(temperature: float) -> None:
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0])
    drawn = pick(logits.expand(20_000, -1), temperature, torch.Generator().manual_seed(0))
    shares = torch.bincount(drawn, minlength=4) / 20_000
    torch.testing.assert_close(shares, torch.softmax(logits / temperature, 0), atol=0.015, rtol=0.0)


def test_impossible_tokens_are_never_drawn() -> None:
    logits = torch.tensor([0.0, -torch.inf, 0.0]).expand(5000, -1)
    assert set(pick(logits, 1.0, torch.Generator().manual_seed(0)).tolist()) == {0, 2}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_hidden_tokens_are_a_share_of_all(share: float) -> None:
    tokens = torch.arange(20_000).view(100, 200) % 50
    hidden = hide_tokens(tokens, share, 99, torch.Generator().manual_seed(0))
    gone = hidden == 99
    assert abs(float(gone.float().mean()) - share) < 0.02
    assert torch.equal(hidden[~gone], tokens[~gone])


def test_joined_batches_are_padded_to_one_length() -> None:
    long, short = valued(), GridBatch(torch.tensor([[5, 6]]), torch.tensor([[2]]), torch.ones(1, 2, 6))
    whole = GridBatch.join([long, short])
    assert whole.tokens[-1].tolist() == [5, 6, 0, 0] and whole.bar_steps[-1].tolist() == [2, 0]
    assert whole.mask[-1].tolist() == [True, True, False, False]
    assert whole.values is not None and whole.values[-1].sum() == 12
    for window, again in zip([*long.windows(), *short.windows()], whole.windows(), strict=True):
        assert window.bar_steps == again.bar_steps and np.array_equal(window.tokens, again.tokens)
    assert GridBatch.join([long, short.without_values()]).values is None
