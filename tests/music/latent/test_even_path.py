"""Even paths: what bridges are made of, and that they make paths more even where the music jumps."""

import itertools

import pytest
import torch
from torch import Tensor

from musicae.music.latent import even_path as even
from musicae.music.metrics.base import Distance
from musicae.music.metrics.drums import hit_distance
from musicae.music.metrics.melody import window_distance
from musicae.music.metrics.paths import step_ratio, step_sizes
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE
from support.models import plan

STEPS = 7


@pytest.fixture(scope="module")
def model() -> PlanVAE:
    made = plan(depth=8, latent_size=6, max_bar_steps=8).build(loud=True)
    assert isinstance(made, PlanVAE)
    return made


def ratios(model: PlanVAE, distance: Distance) -> Tensor:
    """Return the largest over the mean step of even paths between twelve pairs of random codes, whose laws are checked."""
    like = GridBatch(torch.zeros(1, 14, dtype=torch.int64), torch.tensor([[8, 6]]))
    wide = like.repeat(STEPS)
    found = []
    for a, b in torch.randn(12, 2, 6, generator=torch.Generator().manual_seed(1)):
        alphas, codes = even.even_path(model, a, b, STEPS, like, distance)
        assert torch.equal(codes[0], a) and torch.equal(codes[-1], b)
        assert alphas[0] == 0 and alphas[-1] == 1 and all(here < there for here, there in itertools.pairwise(alphas))
        found.append(step_ratio(step_sizes(model.generate(codes, wide).tokens, like.mask[0], distance)))
    return torch.stack(found)


@pytest.mark.parametrize("distance", [window_distance, hit_distance])
def test_bridges_make_paths_more_even(model: PlanVAE, distance: Distance, monkeypatch: pytest.MonkeyPatch) -> None:
    bridged = ratios(model, distance)
    monkeypatch.setattr(even, "JUMP", float("inf"))
    plain = ratios(model, distance)
    assert float(plain.max()) > 2, "somewhere the music jumps"
    assert float(bridged.mean()) < float(plain.mean()) - 0.05
    assert float(bridged.max()) < 1.6, "bridges are finer than the steps over them"


def test_a_crossing_begins_as_the_first_and_ends_as_the_last() -> None:
    first, last, on = torch.tensor([5, 5, 5, 5, 5, 5]), torch.tensor([5, 6, 6, 5, 6, 6]), torch.ones(6, dtype=torch.bool)
    assert even._crossing(first, last, on, 4, window_distance).tolist() == [
        [5, 5, 5, 5, 5, 6],
        [5, 5, 5, 5, 6, 6],
        [5, 5, 6, 5, 6, 6],
    ]
    assert even._crossing(first, last, on, 2, window_distance).tolist() == [[5, 5, 5, 5, 6, 6]]


def test_a_note_held_from_the_beginning_is_left_where_it_cannot_be_entered() -> None:
    moving, held, on = torch.tensor([5, 6, 5, 6]), torch.tensor([3, 0, 0, 0]), torch.ones(4, dtype=torch.bool)
    assert even._crossing(moving, held, on, 4, window_distance).tolist() == [[3, 6, 5, 6], [3, 0, 5, 6], [3, 0, 0, 6]]
    assert even._crossing(held, moving, on, 4, window_distance).tolist() == [[3, 0, 0, 6], [3, 0, 5, 6], [3, 6, 5, 6]]


def test_a_path_between_equal_codes_stands_still(model: PlanVAE) -> None:
    like = GridBatch(torch.zeros(1, 8, dtype=torch.int64), torch.tensor([[4, 4]]))
    alphas, codes = even.even_path(model, torch.ones(6), torch.ones(6), 3, like, window_distance)
    assert alphas == [0, 0.5, 1] and torch.allclose(codes, torch.ones(3, 6))
