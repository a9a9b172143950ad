"""The posteriors against torch.distributions."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from musicae.core.distributions import DiagonalGaussian, Point, active_units

MEANS = st.floats(-5.0, 5.0)
LOGVARS = st.floats(-8.0, 4.0)


def matrix(rows: list[tuple[float, float]], column: int) -> torch.Tensor:
    """Return one column of (mean, logvar) pairs as a batch of one code, shape (1, Z)."""
    return torch.tensor([[row[column] for row in rows]], dtype=torch.float64)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(MEANS, LOGVARS), min_size=1, max_size=8))
def test_kl_equals_torch(rows: list[tuple[float, float]]) -> None:
    mean, logvar = matrix(rows, 0), matrix(rows, 1)
    posterior = DiagonalGaussian(mean, logvar)
    expected = kl_divergence(Normal(mean, torch.exp(0.5 * logvar)), Normal(0.0, 1.0))
    assert posterior.kl().shape == mean.shape
    torch.testing.assert_close(posterior.kl(), expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(MEANS, LOGVARS, MEANS), min_size=1, max_size=8))
def test_log_prob_equals_torch(rows: list[tuple[float, float, float]]) -> None:
    columns = torch.tensor(rows, dtype=torch.float64).T[:, None]  # (3, 1, Z)
    mean, logvar, z = columns
    expected = Normal(mean, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
    torch.testing.assert_close(DiagonalGaussian(mean, logvar).log_prob(z), expected)


def test_log_prob_takes_many_codes_for_each_posterior() -> None:
    posterior = DiagonalGaussian(torch.randn(4, 3), torch.randn(4, 3))
    assert posterior.log_prob(torch.randn(7, 4, 3)).shape == (7, 4)


def test_logvar_is_the_log_of_the_variance() -> None:
    posterior = DiagonalGaussian(torch.zeros(1, 2), torch.log(torch.tensor([[4.0, 0.25]])))
    torch.testing.assert_close(posterior.std, torch.tensor([[2.0, 0.5]]))


def test_samples_have_the_mean_and_the_variance() -> None:
    mean, logvar = torch.tensor([[1.0, -2.0, 0.0]]), torch.tensor([[0.0, -2.0, 2.0]])
    count = 40_000
    z = DiagonalGaussian(mean.expand(count, -1), logvar.expand(count, -1)).rsample(torch.Generator().manual_seed(0))
    # Five standard errors of the sample mean and of the sample variance.
    error = 5 * torch.exp(0.5 * logvar[0]) / count**0.5
    assert bool(((z.mean(0) - mean[0]).abs() < error).all())
    torch.testing.assert_close(z.var(0), logvar[0].exp(), rtol=5 * (2 / count) ** 0.5, atol=0.0)
    correlation = torch.corrcoef(z.T) - torch.eye(3)
    assert float(correlation.abs().max()) < 5 / count**0.5


def test_samples_repeat_with_the_generator_and_carry_gradients() -> None:
    mean = torch.randn(5, 2, requires_grad=True)
    logvar = torch.randn(5, 2, requires_grad=True)
    posterior = DiagonalGaussian(mean, logvar)
    z = posterior.rsample(torch.Generator().manual_seed(3))
    assert torch.equal(z, posterior.rsample(torch.Generator().manual_seed(3)))
    z.sum().backward()
    assert mean.grad is not None and logvar.grad is not None
    torch.testing.assert_close(mean.grad, torch.ones(5, 2))
    torch.testing.assert_close(logvar.grad, 0.5 * (z - mean).detach())


def test_kl_equals_its_monte_carlo_estimate() -> None:
    mean, logvar = torch.tensor([[0.7, -0.3]]), torch.tensor([[-1.0, 0.4]])
    posterior = DiagonalGaussian(mean.expand(50_000, -1), logvar.expand(50_000, -1))
    z = posterior.rsample(torch.Generator().manual_seed(1))
    ratios = posterior.log_prob(z) - Normal(0.0, 1.0).log_prob(z).sum(-1)
    assert abs(float(ratios.mean() - posterior.kl()[0].sum())) < 5 * float(ratios.std()) / 50_000**0.5


def test_a_point_is_its_own_sample_and_costs_nothing() -> None:
    code = torch.randn(3, 4, requires_grad=True)
    point = Point(code)
    assert point.rsample() is code and point.mode is code
    assert torch.equal(point.kl(), torch.zeros(3, 4))


def test_active_units_are_those_whose_mean_moves() -> None:
    means = torch.zeros(1000, 4)
    means[:, 1] = torch.linspace(-1, 1, 1000)  # variance 1/3
    means[:, 2] = 5.0  # far from the prior, but the same for all data
    means[:, 3] = torch.linspace(-0.15, 0.15, 1000)  # variance 0.0075
    assert active_units(means) == 1
    assert active_units(means, threshold=0.001) == 2
    assert active_units(means[:1]) == 0, "one window shows nothing"
