"""Metrics of paths: laws that hold for any path, and worked examples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.music.kinds import KINDS
from musicae.music.kinds.melody import MELODY
from musicae.music.metrics.melody import in_scale_rates, window_distance
from musicae.music.metrics.paths import (
    averages,
    distances_to_start,
    end_fidelity,
    mixed,
    monotone,
    path_metrics,
    rank_correlation,
    step_ratio,
    step_sizes,
)

ON = torch.ones(1, 4, dtype=torch.bool)


@st.composite
def paths(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Draw paths of 2 to 5 windows and their mask."""
    count, steps, time = draw(st.integers(1, 3)), draw(st.integers(2, 5)), draw(st.integers(1, 6))
    size = count * steps * time
    tokens = torch.tensor(draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))).view(count, steps, time)
    lengths = torch.tensor(draw(st.lists(st.integers(1, time), min_size=count, max_size=count)))
    return tokens, torch.arange(time) < lengths[:, None]


@settings(max_examples=80)
@given(paths(), st.sampled_from(sorted(KINDS)))
def test_laws_of_all_metrics(drawn: tuple[Tensor, Tensor], kind: str) -> None:
    (tokens, mask), metrics = drawn, KINDS[kind].metrics
    steps = tokens.shape[1]
    result = path_metrics(tokens, tokens[:, 0], tokens[:, -1], mask, metrics)
    assert bool(((result["step_ratio"] > 1 - 1e-6) & (result["step_ratio"] < steps - 1 + 1e-5)).all())
    assert bool((result["rank_correlation"].abs() < 1 + 1e-9).all())
    assert bool(((result["monotone"] >= 0) & (result["monotone"] <= 1)).all())
    assert result["end_fidelity"].tolist() == result["ends_exact"].tolist() == [1.0] * len(tokens)
    assert not bool(result["curve"][:, 0].any())
    elsewhere = torch.where(mask[:, None], tokens, 3)
    again = path_metrics(elsewhere, tokens[:, 0], tokens[:, -1], mask, metrics)
    assert all(torch.equal(result[k].nan_to_num(-1), again[k].nan_to_num(-1)) for k in result), "padding counts nothing"
    back = tokens.flip(1)
    ratios = [step_ratio(step_sizes(path, mask, metrics.distance)) for path in (back, tokens)]
    assert torch.allclose(ratios[0], ratios[1]), "there or back"


@settings(max_examples=60)
@given(paths())
def test_a_path_that_stays_where_it_is_is_even_and_monotone(drawn: tuple[Tensor, Tensor]) -> None:
    tokens, mask = drawn
    still = tokens[:, :1].expand_as(tokens)
    result = path_metrics(still, tokens[:, 0], tokens[:, 0], mask, MELODY.metrics)
    for name in ("step_ratio", "monotone", "rank_correlation", "end_fidelity", "ends_exact"):
        assert result[name].tolist() == [1.0] * len(tokens), name


@settings(max_examples=60)
@given(paths(), st.integers(-2, 90))
def test_notes_in_scale_do_not_depend_on_the_key(drawn: tuple[Tensor, Tensor], shift: int) -> None:
    tokens, mask = drawn
    rates = in_scale_rates(tokens, mask[:, None])
    silent = ~((tokens > 1) & mask[:, None]).any(-1)
    assert torch.equal(rates.isnan(), silent)
    assert bool(((rates[~silent] >= 7 / 12 - 1e-6) & (rates[~silent] <= 1)).all())
    moved = torch.where(tokens > 1, (tokens + shift).clamp(min=2), tokens)
    if bool((tokens[tokens > 1] + shift >= 2).all()):
        assert torch.equal(in_scale_rates(moved, mask[:, None]).nan_to_num(-1), rates.nan_to_num(-1))


def test_worked_examples() -> None:
    path = torch.tensor([[[5, 0, 0, 0], [5, 0, 0, 0], [6, 0, 0, 0], [6, 0, 7, 0]]])
    assert step_sizes(path, ON, window_distance).tolist() == [[0.0, 1.0, 0.5]]
    assert step_ratio(step_sizes(path, ON, window_distance)).tolist() == [2.0]
    assert distances_to_start(path, ON, window_distance).tolist() == [[0.0, 0.0, 1.0, 1.0]]
    assert monotone(torch.tensor([0.0, 0.5, 0.25, 1.0])).item() == pytest.approx(2 / 3)
    assert rank_correlation(torch.tensor([0.0, 0.1, 0.2, 0.3])).item() == pytest.approx(1.0)
    assert rank_correlation(torch.tensor([0.3, 0.2, 0.1, 0.0])).item() == pytest.approx(-1.0)
    assert rank_correlation(torch.tensor([0.0, 0.5, 0.5])).item() == pytest.approx(math.sqrt(3) / 2), "ties share a rank"
    other = torch.tensor([[8, 0, 0, 0]])
    assert end_fidelity(path, other, path[:, -1], ON, MELODY.metrics).tolist() == [0.5], "one end is another tune altogether"
    chromatic = torch.arange(41, 53)[None]
    assert in_scale_rates(chromatic, torch.ones(1, 12, dtype=torch.bool)).item() == pytest.approx(7 / 12)
    assert in_scale_rates(torch.tensor([[41, 43, 45, 47]]), ON).item() == pytest.approx(1.0)  # C D E F sharp: G major
    assert in_scale_rates(torch.tensor([[41, 42, 43, 44]]), ON).item() == pytest.approx(3 / 4)  # C, C sharp, D, D sharp


def test_mixing_begins_with_the_one_window_and_ends_with_the_other() -> None:
    first, last = torch.zeros(3, 200, dtype=torch.int64), torch.ones(3, 200, dtype=torch.int64)
    result = mixed(first, last, 5, torch.Generator().manual_seed(0))
    assert torch.equal(result[:, 0], first) and torch.equal(result[:, -1], last)
    assert result.double().mean((0, 2)).tolist() == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0], abs=0.06)


def test_averages_give_the_worst_and_skip_silence() -> None:
    tokens = torch.tensor([[[5, 0, 0, 0], [6, 0, 0, 0], [7, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]])
    means = averages(path_metrics(tokens, tokens[:, 0], tokens[:, -1], ON.expand(2, 4), MELODY.metrics))
    assert (means["step_ratio"], means["step_ratio_largest"], means["in_scale"]) == (1.0, 1.0, 1.0)
    assert means["curve"] == [0.0, 0.5, 0.5]
    one = path_metrics(tokens[1:], tokens[1:, 0], tokens[1:, -1], ON, MELODY.metrics)
    assert averages(one)["in_scale"] == 1.0, "where nothing sounds, nothing is out of scale"
