"""Refinement: codes that decode to exactly the notes wanted."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

import musicae
from musicae.errors import ParameterError
from musicae.music.latent.refine import SURE, keep_tokens, margins, refine
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.music.models.plan import PlanVAE, PlanVAEConfig

DEPTH = 9


def models() -> dict[str, GridAutoencoder]:
    """Return untrained models, so loud that their codes matter."""
    torch.manual_seed(0)
    sizes = {"token_size": 8, "block_size": 24, "pooled_size": 16, "hidden_size": 48, "decoder_size": 24, "cell_size": 24}
    plan = PlanVAE(PlanVAEConfig(depth=DEPTH, latent_size=32, max_steps=16, max_bar_steps=8, **sizes))
    rnn = MusicVAE(
        MusicVAEConfig(depth=DEPTH, latent_size=32, encoder_size=8, decoder_sizes=(48, 32), max_steps=16, sampling_rate=0.0)
    )
    for parameter in [*plan.parameters(), *rnn.parameters()]:
        parameter.data.mul_(3.0)
    return {"plan-vae": plan.eval(), "musicvae": rnn.eval()}


MODELS = models()


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> GridAutoencoder:
    return MODELS[request.param]


@pytest.fixture
def home(model: GridAutoencoder) -> Tensor:
    """Return codes of the windows that `batch` returns."""
    return torch.randn(6, model.latent_size, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def batch(model: GridAutoencoder, home: Tensor) -> GridBatch:
    """Return windows of unequal length which the model can make."""
    metres = torch.tensor([[8, 8], [6, 6], [8, 8], [4, 4], [8, 8], [3, 5]])
    return model.generate(home, GridBatch(torch.zeros(6, 16, dtype=torch.int64), metres))


@pytest.fixture
def away(home: Tensor) -> Tensor:
    """Return codes not far from home."""
    return home + 0.2 * torch.randn(home.shape, generator=torch.Generator().manual_seed(1))


def same(made: GridBatch, x: GridBatch, given: Tensor | None = None) -> Tensor:
    """Return which windows have the tokens of x (where given)."""
    counts = x.mask if given is None else x.mask & given
    return ((made.tokens == x.tokens) | ~counts).all(1)


def test_exact_is_what_greedy_decoding_gives(model: GridAutoencoder, batch: GridBatch, away: Tensor) -> None:
    before = same(model.generate(away, batch), batch)
    done = refine(model, batch, away, steps=60)
    assert done.z.shape == away.shape and not done.z.requires_grad
    assert bool(same(model.generate(done.z, batch), batch)[done.exact].all())
    assert int(before.sum()) <= 3 and int(done.exact.sum()) >= 5
    assert bool((done.steps[done.exact] <= 60).all()) and bool((done.steps[~done.exact] == 60).all())
    assert bool((done.steps[before] <= 5).all())


def test_codes_begin_at_the_posteriors_mode(model: GridAutoencoder, batch: GridBatch) -> None:
    assert torch.equal(refine(model, batch, steps=0).z, model.encode(batch).mode)
    assert torch.equal(refine(model, batch, steps=3).z, refine(model, batch, model.encode(batch).mode, steps=3).z)


def test_windows_that_are_exact_already_stay_where_they_are(model: GridAutoencoder, batch: GridBatch, home: Tensor) -> None:
    wide = margins(model.logits(batch, home), batch.tokens).masked_fill(~batch.mask, 1.0).amin(1) > 0.05
    assert int(wide.sum()) >= 3
    done = refine(model, batch, home, steps=2)
    assert bool(done.exact[wide].all()) and torch.equal(done.z[wide], home[wide]) and not bool(done.steps[wide].any())


def test_each_window_is_refined_on_its_own(model: GridAutoencoder, batch: GridBatch, away: Tensor) -> None:
    together = refine(model, batch, away, steps=5)
    for i in range(len(batch)):
        alone = refine(model, batch.take([i]), away[i : i + 1], steps=5)
        torch.testing.assert_close(alone.z[0], together.z[i], rtol=1e-3, atol=1e-3)
        assert alone.steps[0] == together.steps[i]


def test_given_tokens_are_kept_and_the_rest_is_free(model: GridAutoencoder, batch: GridBatch, away: Tensor) -> None:
    given = batch.bar_index == 0
    done = refine(model, batch, away, given=given, steps=40)
    made = model.generate(done.z, batch)
    assert bool(same(made, batch, given)[done.exact].all()), "no bias is needed once the code says it"
    assert int(done.exact.sum()) >= 5
    others = batch.with_tokens(torch.where(given, batch.tokens, 0))
    assert torch.equal(refine(model, others, away, given=given, steps=40).z, done.z), "what is not given is not looked at"


def test_nothing_changes_the_model(model: GridAutoencoder, batch: GridBatch) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    refine(model, batch, steps=3)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_margins_worked_example() -> None:
    logits = torch.tensor([[[1.0, 3.0, 2.5], [0.0, -1.0, 4.0]]])
    assert margins(logits, torch.tensor([[1, 0]])).tolist() == [[0.5, -4.0]]


def test_keep_tokens_worked_example() -> None:
    x = GridBatch(torch.tensor([[2, 0]]), torch.tensor([[2]]))
    bias = keep_tokens(x, torch.tensor([[True, False]]), 3)
    assert bias.tolist() == [[[-torch.inf, -torch.inf, 0.0], [0.0, 0.0, 0.0]]]


# The API over it


def test_refine_needs_a_source(small_checkpoint: Path) -> None:
    small = musicae.load(small_checkpoint, device="cpu")
    with pytest.raises(ParameterError, match=r"^At least one source is needed: a path, a Score or a Phrase\.$"):
        small.refine()


def test_a_window_that_is_not_reached_keeps_the_code_with_the_fewest_wrong_tokens(model: GridAutoencoder) -> None:
    generator = torch.Generator().manual_seed(4)
    x = GridBatch(torch.randint(DEPTH, (12, 16), generator=generator), torch.full((12, 2), 8))
    wrong = []
    for steps in (0, 1, 2, 4, 8):
        codes = refine(model, x, steps=steps).z
        wrong.append((margins(model.logits(x, codes), x.tokens) <= SURE).sum(1))
    for before, after in pairwise(wrong):
        assert (after <= before).all()
