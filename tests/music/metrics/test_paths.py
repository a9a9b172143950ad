"""Figures of paths: laws that hold for any path, worked examples, and a model's paths by their definition."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.errors import DataError
from musicae.music.evaluation.morphs import STEPS, draw_pairs, path_scores
from musicae.music.latent.even_path import even_path
from musicae.music.metrics.drums import hit_distance
from musicae.music.metrics.melody import window_distance
from musicae.music.metrics.paths import (
    averages,
    distances_to_start,
    fidelity,
    in_scale_rates,
    mixed,
    monotone,
    path_figures,
    rank_correlation,
    step_ratio,
    step_sizes,
)
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE
from musicae.music.representations import GridWindow
from support.models import plan

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
@given(paths(), st.booleans())
def test_laws_of_all_figures(drawn: tuple[Tensor, Tensor], drums: bool) -> None:
    tokens, mask = drawn
    steps = tokens.shape[1]
    figures = path_figures(tokens, tokens[:, 0], tokens[:, -1], mask, drums=drums)
    assert bool(((figures["step_ratio"] > 1 - 1e-6) & (figures["step_ratio"] < steps - 1 + 1e-5)).all())
    assert bool((figures["rank_correlation"].abs() < 1 + 1e-9).all())
    assert bool(((figures["monotone"] >= 0) & (figures["monotone"] <= 1)).all())
    assert figures["end_fidelity"].tolist() == figures["ends_exact"].tolist() == [1.0] * len(tokens)
    assert not bool(figures["curve"][:, 0].any())
    elsewhere = torch.where(mask[:, None], tokens, 3)
    again = path_figures(elsewhere, tokens[:, 0], tokens[:, -1], mask, drums=drums)
    assert all(torch.equal(figures[k].nan_to_num(-1), again[k].nan_to_num(-1)) for k in figures), "padding counts nothing"
    back = tokens.flip(1)
    assert torch.allclose(step_ratio(step_sizes(back, mask)), step_ratio(step_sizes(tokens, mask))), "there or back"


@settings(max_examples=60)
@given(paths())
def test_a_path_that_stays_where_it_is_is_even_and_monotone(drawn: tuple[Tensor, Tensor]) -> None:
    tokens, mask = drawn
    still = tokens[:, :1].expand_as(tokens)
    figures = path_figures(still, tokens[:, 0], tokens[:, 0], mask)
    for name in ("step_ratio", "monotone", "rank_correlation", "end_fidelity", "ends_exact"):
        assert figures[name].tolist() == [1.0] * len(tokens), name


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
    assert step_sizes(path, ON).tolist() == [[0.0, 1.0, 0.5]]
    assert step_ratio(step_sizes(path, ON)).tolist() == [2.0]
    assert distances_to_start(path, ON).tolist() == [[0.0, 0.0, 1.0, 1.0]]
    assert monotone(torch.tensor([0.0, 0.5, 0.25, 1.0])).item() == pytest.approx(2 / 3)
    assert rank_correlation(torch.tensor([0.0, 0.1, 0.2, 0.3])).item() == pytest.approx(1.0)
    assert rank_correlation(torch.tensor([0.3, 0.2, 0.1, 0.0])).item() == pytest.approx(-1.0)
    assert rank_correlation(torch.tensor([0.0, 0.5, 0.5])).item() == pytest.approx(math.sqrt(3) / 2), "ties share a rank"
    other = torch.tensor([[8, 0, 0, 0]])
    assert fidelity(path, other, path[:, -1], ON).tolist() == [0.5], "one end is another tune altogether"
    chromatic = torch.arange(41, 53)[None]
    assert in_scale_rates(chromatic, torch.ones(1, 12, dtype=torch.bool)).item() == pytest.approx(7 / 12)
    assert in_scale_rates(torch.tensor([[41, 43, 45, 47]]), ON).item() == pytest.approx(1.0)  # C D E F sharp: G major
    assert in_scale_rates(torch.tensor([[41, 42, 43, 44]]), ON).item() == pytest.approx(3 / 4)  # C, C sharp, D, D sharp


def test_mixing_begins_with_the_one_window_and_ends_with_the_other() -> None:
    first, last = torch.zeros(3, 200, dtype=torch.int64), torch.ones(3, 200, dtype=torch.int64)
    made = mixed(first, last, 5, torch.Generator().manual_seed(0))
    assert torch.equal(made[:, 0], first) and torch.equal(made[:, -1], last)
    assert made.double().mean((0, 2)).tolist() == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0], abs=0.06)


def test_averages_tell_the_worst_and_leave_out_silence() -> None:
    tokens = torch.tensor([[[5, 0, 0, 0], [6, 0, 0, 0], [7, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]])
    told = averages(path_figures(tokens, tokens[:, 0], tokens[:, -1], ON.expand(2, 4)))
    assert (told["step_ratio"], told["step_ratio_largest"], told["in_scale"]) == (1.0, 1.0, 1.0)
    assert told["curve"] == [0.0, 0.5, 0.5]
    one = path_figures(tokens[1:], tokens[1:, 0], tokens[1:, -1], ON)
    assert averages(one)["in_scale"] == 1.0, "where nothing sounds, nothing is out of scale"


def test_pairs_are_of_one_metre_and_follow_from_the_seed() -> None:
    bars = torch.tensor([[4, 4], [3, 3], [4, 4], [5, 5], [3, 3], [4, 4]])
    pairs = draw_pairs(bars, 500, seed=1)
    assert torch.equal(bars[pairs[:, 0]], bars[pairs[:, 1]]) and not bool((pairs[:, 0] == pairs[:, 1]).any())
    assert {tuple(p) for p in pairs.tolist()} == {(a, b) for m in ((0, 2, 5), (1, 4)) for a in m for b in m if a != b}
    assert torch.equal(pairs, draw_pairs(bars, 500, seed=1)) and not torch.equal(pairs, draw_pairs(bars, 500, seed=2))
    with pytest.raises(DataError, match="No two windows have bars of the same lengths"):
        draw_pairs(bars[1:4], 1)


@pytest.mark.parametrize("drums", [False, True])
def test_scores_are_those_of_the_paths_that_commands_make(drums: bool) -> None:
    model = plan(depth=8, latent_size=6, max_bar_steps=8).build(loud=True)
    assert isinstance(model, PlanVAE)
    windows = [GridWindow(torch.randint(8, (n,)).numpy(), (n // 2, n // 2)) for n in (16, 16, 12, 12)]
    batch = GridBatch.from_windows(windows)
    told = path_scores(model, [batch], pairs=6, seed=3, drums=drums)
    assert (told["pairs"], told["steps"]) == (6, STEPS)
    assert ("in_scale" in told["path"]) == (not drums)
    distance = hit_distance if drums else window_distance
    ratios, ends = [], []
    for a, b in draw_pairs(batch.bar_steps, 6, seed=3).tolist():
        first, last = (GridBatch.from_windows([windows[i]]) for i in (a, b))
        ends.append(fidelity(torch.cat([model.reconstruct(x).tokens for x in (first, last)])[None], first.tokens, last.tokens,
                             first.mask, drums=drums))  # fmt: skip
        _, codes = even_path(model, model.encode(first).mode[0], model.encode(last).mode[0], STEPS, first, distance)
        like = first.repeat(STEPS)
        ratios.append(step_ratio(step_sizes(model.generate(codes, like).tokens[None], first.mask, distance)))
    assert told["even"]["step_ratio"] == pytest.approx(float(torch.cat(ratios).mean()))
    assert told["even"]["end_fidelity"] == pytest.approx(float(torch.cat(ends).mean()))
    assert told["even"]["step_ratio"] <= told["path"]["step_ratio"]
    assert told["mixed"]["end_fidelity"] == told["mixed"]["ends_exact"] == 1.0
    assert path_scores(model, [batch], pairs=6, seed=3, drums=drums) == told
