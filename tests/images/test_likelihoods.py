"""The pixel likelihoods against torch.distributions."""

import math
from typing import Any, Literal

import pytest
import torch
from torch.distributions import Bernoulli, Independent, Normal

from musicae.errors import ParameterError
from musicae.images.likelihoods import BernoulliLikelihood, GaussianLikelihood, Likelihood, make_likelihood

SHAPE = (4, 3, 5, 5)


def draw(seed: int) -> torch.Tensor:
    """Return logits of shape SHAPE."""
    return 2 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def test_bernoulli_log_prob_equals_torch_on_binary_images() -> None:
    logits, x = draw(0), (draw(1) > 0).float()
    expected = Independent(Bernoulli(logits=logits), 3).log_prob(x)
    torch.testing.assert_close(BernoulliLikelihood().log_prob(logits, x), expected)


def test_bernoulli_grey_is_the_expectation_over_binarised_images() -> None:
    logits, grey = draw(0), torch.sigmoid(draw(1))
    one, zero = Bernoulli(logits=logits).log_prob(torch.ones(())), Bernoulli(logits=logits).log_prob(torch.zeros(()))
    expected = (grey * one + (1 - grey) * zero).sum((1, 2, 3))
    torch.testing.assert_close(BernoulliLikelihood().log_prob(logits, grey), expected)


def test_bernoulli_is_finite_far_out() -> None:
    logits = torch.tensor([1e4, -1e4]).reshape(2, 1, 1, 1)
    assert BernoulliLikelihood().log_prob(logits, torch.zeros(2, 1, 1, 1)).tolist() == [-1e4, 0.0]


@pytest.mark.parametrize("scale", [0.05, 1.0])
@pytest.mark.parametrize("learn_scale", [False, True])
def test_gaussian_log_prob_equals_torch(scale: float, learn_scale: bool) -> None:
    logits, x = draw(0), torch.sigmoid(draw(1))
    expected = Independent(Normal(torch.sigmoid(logits), scale), 3).log_prob(x)
    model = GaussianLikelihood(scale=scale, learn_scale=learn_scale)
    torch.testing.assert_close(model.log_prob(logits, x), expected, rtol=1e-5, atol=1e-3)


def test_a_scale_of_root_one_half_is_the_squared_error() -> None:
    logits, x = draw(0), torch.sigmoid(draw(1))
    error = ((x - torch.sigmoid(logits)) ** 2).sum((1, 2, 3))
    constant = math.prod(SHAPE[1:]) * 0.5 * math.log(math.pi)
    log_prob = GaussianLikelihood(scale=math.sqrt(0.5)).log_prob(logits, x)
    torch.testing.assert_close(-log_prob, error + constant)


def test_a_learned_scale_finds_the_error_and_stays_above_its_bound() -> None:
    logits, x = draw(0), torch.sigmoid(draw(1))
    model = GaussianLikelihood(learn_scale=True)
    for target, expected in (
        (x, float((x - torch.sigmoid(logits)).pow(2).mean().sqrt())),
        (torch.sigmoid(logits), 0.0),
    ):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        for _ in range(300):
            optimizer.zero_grad()
            (-model.log_prob(logits, target).mean()).backward()
            optimizer.step()
        scale = float(model.log_scale.detach().exp())
        assert scale == pytest.approx(max(expected, math.exp(-6.0)), rel=0.02)


def test_only_a_learned_scale_is_a_parameter() -> None:
    assert [len(list(m.parameters())) for m in (BernoulliLikelihood(), GaussianLikelihood())] == [0, 0]
    assert len(list(GaussianLikelihood(learn_scale=True).parameters())) == 1


@pytest.mark.parametrize("model", [BernoulliLikelihood(), GaussianLikelihood(scale=0.1)])
def test_temperature_zero_is_the_mean(model: Likelihood) -> None:
    logits = draw(0)
    assert torch.equal(model.sample(logits, temperature=0.0), torch.sigmoid(logits))


def test_bernoulli_samples_have_the_tempered_probability() -> None:
    logits = torch.full((20_000, 1, 1, 2), 1.0)
    for temperature in (0.5, 1.0, 2.0):
        x = BernoulliLikelihood().sample(logits, temperature=temperature, generator=torch.Generator().manual_seed(0))
        assert set(x.unique().tolist()) == {0.0, 1.0}
        assert float(x.mean()) == pytest.approx(1 / (1 + math.exp(-1.0 / temperature)), abs=0.015)


def test_gaussian_samples_have_the_tempered_scale_and_are_cut_to_the_pixel_range() -> None:
    logits = torch.zeros(20_000, 1, 1, 2)
    model = GaussianLikelihood(scale=0.1)
    for temperature in (0.5, 1.0):
        x = model.sample(logits, temperature=temperature, generator=torch.Generator().manual_seed(0))
        assert float(x.mean()) == pytest.approx(0.5, abs=0.005)
        assert float(x.std()) == pytest.approx(0.1 * temperature, rel=0.02)
    wide = GaussianLikelihood(scale=5.0).sample(logits)
    assert (float(wide.min()), float(wide.max())) == (0.0, 1.0)


@pytest.mark.parametrize("model", [BernoulliLikelihood(), GaussianLikelihood()])
@pytest.mark.parametrize("temperature", [-0.5, math.nan])
def test_bad_temperatures_are_refused(model: Likelihood, temperature: float) -> None:
    with pytest.raises(ParameterError, match="temperature must be a number of at least 0"):
        model.sample(draw(0), temperature=temperature)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("gaussian", {"scale": 0.0}, "The scale of a Gaussian likelihood must be above 0, got 0.0."),
        ("gaussian", {"scale": math.nan}, "The scale of a Gaussian likelihood must be above 0, got nan."),
        (
            "gaussian",
            {"scale": 0.001, "learn_scale": True},
            "The scale of a Gaussian likelihood must be above 0.002479, got 0.001.",
        ),
        ("poisson", {}, "Unknown likelihood 'poisson'. Allowed: bernoulli, gaussian."),
        (
            "bernoulli",
            {"learn_scale": True},
            "A Bernoulli likelihood has no scale to learn; set likelihood to gaussian.",
        ),
    ],
)
def test_bad_likelihoods_are_refused(kind: Literal["bernoulli", "gaussian"], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        make_likelihood(kind, **values)
    assert str(error.value) == message
