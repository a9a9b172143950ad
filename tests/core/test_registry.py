"""Laws that every registered model obeys, on configurations small enough to check them all."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import to_dict
from musicae.core.distributions import AdversarialPoint, DiagonalGaussian, Point
from musicae.core.registry import MODELS
from musicae.images.batch import ImageBatch
from musicae.music.models.batch import GridBatch
from musicae.music.models.conductor import ConductorVAE
from musicae.music.models.plan import PlanVAE
from support.models import (
    ADVERSARIAL,
    ALL,
    CASES,
    DEPTH,
    GRIDS,
    OBJECTIVE,
    Case,
    data,
    outputs,
    take,
    train,
    values,
)


def test_every_registered_model_has_a_case() -> None:
    assert {case.model for case in CASES.values()} == set(MODELS)
    for name, kind in MODELS.items():
        assert kind(CASES[next(k for k, c in CASES.items() if c.model == name)].config).name == name


@ALL
def test_shapes(case: Case) -> None:
    model, x = case.build(), data(case)
    posterior, size = model.encode(x), case.config.latent_size
    point = AdversarialPoint if case.model == ADVERSARIAL else Point
    assert isinstance(posterior, DiagonalGaussian if getattr(case.config, "variational", True) else point)
    assert posterior.mode.shape == posterior.rsample().shape == posterior.kl().shape == (4, size)
    likelihood = model.log_likelihood(x, posterior.mode)
    assert likelihood.shape == (4,) and likelihood.dtype == torch.float32 and bool(likelihood.isfinite().all())
    for made in (model.reconstruct(x), model.sample(x), model.sample(x, temperature=0.0)):
        assert isinstance(made, GridBatch if isinstance(x, GridBatch) else Tensor) and len(made) == 4
        assert values(made).shape == values(x).shape and values(made).dtype == values(x).dtype
        assert not values(made).requires_grad


@ALL
def test_every_trained_parameter_has_a_finite_gradient(case: Case) -> None:
    model = case.build().train()
    model(data(case), OBJECTIVE, 1.0).loss.backward()
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for name, parameter in trained.items():
        assert parameter.grad is not None and bool(parameter.grad.isfinite().all()), name
        # The published conductor reads an input of zero, so that the weights of that input never move.
        assert bool(parameter.grad.any()) or name == "conductor.layers.0.weight_ih_l0", name
    assert model.parameter_count() == sum(p.numel() for p in trained.values())


@ALL
def test_loss_terms_equal_torchs(case: Case) -> None:
    model, x = case.build(), data(case)
    with torch.no_grad():
        posterior = model.encode(x)
        rate = torch.zeros(4, case.config.latent_size)
        if isinstance(posterior, DiagonalGaussian):
            rate = kl_divergence(Normal(posterior.mean, posterior.std), Normal(0.0, 1.0))
        elif isinstance(posterior, AdversarialPoint):
            rate = torch.nn.functional.softplus(posterior.log_ratio)[:, None].expand(4, 4) / 4
        torch.testing.assert_close(posterior.kl(), rate)
        losses = model(x, OBJECTIVE, 0.5, torch.Generator().manual_seed(5))
        z = posterior.rsample(torch.Generator().manual_seed(5))
        torch.testing.assert_close(losses.kl, rate.sum(1).mean())
        torch.testing.assert_close(losses.reconstruction, -model.log_likelihood(x, z).mean())
        torch.testing.assert_close(losses.loss, losses.reconstruction + 0.5 * losses.kl)


@ALL
@pytest.mark.parametrize("rows", [[0], [1], [3], [2, 0, 3, 1], [1, 3]])
def test_an_example_depends_on_neither_its_batch_nor_its_place(case: Case, rows: list[int]) -> None:
    model, x = case.build(loud=case in GRIDS.values()), data(case)
    for alone, together in zip(outputs(model, take(x, rows)), outputs(model, x), strict=True):
        torch.testing.assert_close(alone, together[rows], rtol=1e-4, atol=1e-4)


@ALL
def test_saved_and_loaded_models_are_equal(case: Case, tmp_path: Path) -> None:
    model, x, path = case.build(), data(case), tmp_path / "model.safetensors"
    train(model, x, 2)
    save_checkpoint(path, model, CheckpointInfo(domain="music", model=case.model, config=to_dict(case.config)))
    again, info = load_checkpoint(path)
    assert info.model == case.model and isinstance(again, Autoencoder) and not again.training
    other = again.state_dict()
    assert list(other) == list(model.state_dict()) and again.config == case.config
    assert all(torch.equal(tensor, other[name]) for name, tensor in model.state_dict().items())
    assert all(torch.equal(a, b) for a, b in zip(outputs(model, x), outputs(again, x), strict=True))


# Optimizer steps and learning rate with which a model learns a batch of four by heart, and the share of the loss left.
LEARNING = {
    "plan-vae": (60, 0.02, 0.1),
    "conductor-vae": (100, 0.02, 0.1),
    "musicvae": (60, 0.06, 0.4),
    "personal-vae": (50, 0.03, 0.99),  # its base, untrained here, does not learn
}


@ALL
def test_overfits_one_batch(case: Case) -> None:
    model, x = case.build(), data(case)
    steps, lr, share = LEARNING.get(case.model, (50, 0.03, 0.4))
    if getattr(case.config, "sampling_rate", 0.0):  # ten times as slow a step: less far
        steps, share = 30, 0.7
    if getattr(case.config, "expression_parts", 0):  # what loudness and offset cost within a learnt scale stays
        share = 0.7
    losses = train(model, x, steps, lr=lr, beta=0.0)
    if case in GRIDS.values():
        assert losses[0] > 0.8 * 12 * math.log(DEPTH), "an untrained model is no better than chance on 12 tokens of 9 kinds"
    assert sum(losses[-5:]) / 5 < share * losses[0]
    if case.model in (PlanVAE.name, ConductorVAE.name):
        assert torch.equal(model.reconstruct(x).tokens, x.tokens)


@ALL
def test_seeded_runs_are_bit_equal(case: Case) -> None:
    x = data(case)
    first, second, other = case.build(3), case.build(3), case.build(4)
    losses = [train(model, x, 3) for model in (first, second, other)]
    assert losses[0] == losses[1] != losses[2]
    theirs = second.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in first.state_dict().items())
    drawn = [values(m.sample(x, generator=torch.Generator().manual_seed(2))) for m in (first, second)]
    assert torch.equal(*drawn)
    assert not torch.equal(drawn[0], values(first.sample(x, generator=torch.Generator().manual_seed(3))))


@ALL
def test_generation_looks_at_the_layout_only(case: Case) -> None:
    model, x = case.build(loud=case in GRIDS.values()), data(case)
    z = torch.randn(4, case.config.latent_size, generator=torch.Generator().manual_seed(0))
    blank: Any = x.with_tokens(torch.zeros_like(x.tokens)) if isinstance(x, GridBatch) else torch.zeros_like(values(x))
    if isinstance(x, ImageBatch):
        blank = ImageBatch(blank, blank, x.labels)
    for temperature in (0.0, 1.0):
        made = [
            values(model.generate(z, like, temperature=temperature, generator=torch.Generator().manual_seed(1)))
            for like in (x, blank)
        ]
        assert torch.equal(*made)
