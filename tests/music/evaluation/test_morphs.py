"""A model's paths between pairs of windows, measured by their definition."""

import pytest
import torch

from musicae.errors import DataError
from musicae.music.evaluation.morphs import STEPS, draw_pairs, measure_morphs
from musicae.music.kinds import KINDS
from musicae.music.latent.even_path import even_path
from musicae.music.metrics.paths import end_fidelity, step_ratio, step_sizes
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE
from musicae.music.representations import GridWindow
from support.models import plan


def test_pairs_are_of_one_metre_and_follow_from_the_seed() -> None:
    bars = torch.tensor([[4, 4], [3, 3], [4, 4], [5, 5], [3, 3], [4, 4]])
    pairs = draw_pairs(bars, 500, seed=1)
    assert torch.equal(bars[pairs[:, 0]], bars[pairs[:, 1]]) and not bool((pairs[:, 0] == pairs[:, 1]).any())
    assert {tuple(p) for p in pairs.tolist()} == {(a, b) for m in ((0, 2, 5), (1, 4)) for a in m for b in m if a != b}
    assert torch.equal(pairs, draw_pairs(bars, 500, seed=1)) and not torch.equal(pairs, draw_pairs(bars, 500, seed=2))
    with pytest.raises(DataError, match="No two windows have bars of the same lengths"):
        draw_pairs(bars[1:4], 1)


@pytest.mark.parametrize("name", KINDS)
def test_measured_paths_are_those_that_commands_return(name: str) -> None:
    metrics = KINDS[name].metrics
    model = plan(depth=8, latent_size=6, max_bar_steps=8).build(loud=True)
    assert isinstance(model, PlanVAE)
    windows = [GridWindow(torch.randint(8, (n,)).numpy(), (n // 2, n // 2)) for n in (16, 16, 12, 12)]
    batch = GridBatch.from_windows(windows)
    measured = measure_morphs(model, [batch], metrics, pairs=6, seed=3)
    assert (measured["pairs"], measured["steps"]) == (6, STEPS)
    assert ("in_scale" in measured["path"]) == (name == "melody")
    ratios, ends = [], []
    for a, b in draw_pairs(batch.bar_steps, 6, seed=3).tolist():
        first, last = (GridBatch.from_windows([windows[i]]) for i in (a, b))
        path = torch.cat([model.reconstruct(x).tokens for x in (first, last)])[None]
        ends.append(end_fidelity(path, first.tokens, last.tokens, first.mask, metrics))
        _, codes = even_path(model, model.encode(first).mode[0], model.encode(last).mode[0], STEPS, first, metrics.distance)
        like = first.repeat(STEPS)
        ratios.append(step_ratio(step_sizes(model.generate(codes, like).tokens[None], first.mask, metrics.distance)))
    assert measured["even"]["step_ratio"] == pytest.approx(float(torch.cat(ratios).mean()))
    assert measured["even"]["end_fidelity"] == pytest.approx(float(torch.cat(ends).mean()))
    assert measured["even"]["step_ratio"] <= measured["path"]["step_ratio"]
    assert measured["mixed"]["end_fidelity"] == measured["mixed"]["ends_exact"] == 1.0
    assert measure_morphs(model, [batch], metrics, pairs=6, seed=3) == measured
