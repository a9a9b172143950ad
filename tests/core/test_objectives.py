"""Loss terms, free bits and the schedules of the KL's weight, against their formulas."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal

from musicae.core.objectives import BITS, BetaSchedule, ObjectiveConfig, elbo_losses, importance_losses
from musicae.errors import ParameterError

NLL = torch.tensor([10.0, 20.0])


def test_without_free_bits_the_loss_is_the_negative_elbo() -> None:
    kl = torch.tensor([[1.0, 2.0], [3.0, 6.0]])
    losses = elbo_losses(NLL, kl, ObjectiveConfig(), beta=1.0)
    assert (float(losses.loss), float(losses.reconstruction), float(losses.kl)) == (21.0, 15.0, 6.0)
    assert float(elbo_losses(NLL, kl, ObjectiveConfig(), beta=0.5).loss) == 18.0


def test_free_bits_are_taken_off_each_example() -> None:
    kl = torch.tensor([[1.0, 1.0], [3.0, 6.0]], requires_grad=True)
    objective = ObjectiveConfig(free_bits=4.0 * BITS)  # 4 nats: more than the first example's 2, less than the other's 9
    losses = elbo_losses(NLL, kl, objective, beta=2.0)
    assert float(losses.loss.detach()) == pytest.approx(15.0 + 2.0 * (0.0 + 5.0) / 2)
    assert float(losses.kl.detach()) == 5.5, "the KL is reported whole"
    losses.loss.backward()
    assert kl.grad is not None
    torch.testing.assert_close(kl.grad, torch.tensor([[0.0, 0.0], [1.0, 1.0]]))


def test_free_bits_per_dimension_are_taken_off_the_batch_mean() -> None:
    kl = torch.tensor([[0.1, 3.0], [0.7, 5.0]], requires_grad=True)
    objective = ObjectiveConfig(free_bits_per_dimension=0.5 * BITS)
    losses = elbo_losses(NLL, kl, objective, beta=1.0)
    # Means 0.4 and 4.0: the first lies below half a nat although one example of it lies above.
    assert float(losses.loss.detach()) == pytest.approx(15.0 + 3.5)
    losses.loss.backward()
    assert kl.grad is not None
    torch.testing.assert_close(kl.grad, torch.tensor([[0.0, 0.5], [0.0, 0.5]]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 20.0), min_size=1, max_size=6), st.floats(0.0, 30.0), st.floats(0.0, 3.0))
def test_free_bits_never_raise_the_loss(kl: list[float], total: float, each: float) -> None:
    rates = torch.tensor([kl, kl[::-1]], dtype=torch.float64)
    nll = NLL.double()
    plain = float(elbo_losses(nll, rates, ObjectiveConfig(), 1.0).loss)
    for objective in (ObjectiveConfig(free_bits=total), ObjectiveConfig(free_bits_per_dimension=each)):
        freed = float(elbo_losses(nll, rates, objective, 1.0).loss)
        assert 15.0 - 1e-9 <= freed <= plain + 1e-9


@pytest.mark.parametrize("samples", [1, 3, 4000])
def test_the_importance_weighted_bound_nears_the_likelihood(samples: int) -> None:
    """Of z ~ N(0, 1) and x ~ N(z, 1), so that x ~ N(0, 2) and z given x is N(x / 2, 1 / 2)."""
    x, prior = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64), Normal(0.0, 1.0)
    truth = -float(Normal(0.0, math.sqrt(2.0)).log_prob(x).mean())
    torch.manual_seed(0)
    bounds = []
    for q in (Normal(x / 2, math.sqrt(0.5)), Normal(x / 2, 1.0)):
        z = q.sample((samples,))
        losses = importance_losses(-Normal(z, 1.0).log_prob(x), q.log_prob(z) - prior.log_prob(z), beta=1.0)
        assert float(losses.reconstruction + losses.kl) >= float(losses.loss) - 1e-12
        bounds.append(float(losses.loss))
    assert bounds[0] == pytest.approx(truth), "with the true posterior any number of codes is exact"
    assert samples == 1 or abs(bounds[1] - truth) < (0.02 if samples > 1000 else 0.5)


def test_the_importance_weighted_bound_takes_no_free_bits() -> None:
    with pytest.raises(ParameterError, match=r"^The importance-weighted bound has no free bits; give "):
        ObjectiveConfig(importance_samples=2, free_bits=1.0)
    with pytest.raises(ParameterError, match=r"^importance_samples must be at least 1, got 0\.$"):
        ObjectiveConfig(importance_samples=0)


def test_both_kinds_of_free_bits_at_once_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"^Give free_bits or free_bits_per_dimension, not both\.$"):
        ObjectiveConfig(free_bits=1.0, free_bits_per_dimension=1.0)


@pytest.mark.parametrize("field", ["free_bits", "free_bits_per_dimension"])
def test_negative_free_bits_are_refused(field: str) -> None:
    values: dict[str, Any] = {field: -1.0}
    with pytest.raises(ParameterError, match="must be at least 0"):
        ObjectiveConfig(**values)


def test_constant() -> None:
    schedule = BetaSchedule(beta=0.3)
    assert [schedule.at(step) for step in (0, 10, 10**6)] == [0.3, 0.3, 0.3]


def test_linear() -> None:
    schedule = BetaSchedule(kind="linear", beta=0.5, steps=100)
    assert [schedule.at(step) for step in (0, 50, 100, 1000)] == pytest.approx([0.0, 0.25, 0.5, 0.5])


def test_exponential() -> None:
    schedule = BetaSchedule(kind="exponential", beta=0.2, rate=0.999)
    for step in (0, 1, 500, 10_000):
        assert schedule.at(step) == pytest.approx(0.2 * (1 - math.exp(step * math.log(0.999))))


def test_cyclical() -> None:
    schedule = BetaSchedule(kind="cyclical", beta=2.0, steps=400, cycles=4)  # each: 50 steps up, 50 held
    assert [schedule.at(step) for step in (0, 25, 50, 99)] == pytest.approx([0.0, 1.0, 2.0, 2.0])
    assert [schedule.at(step) for step in (100, 125, 350, 399)] == pytest.approx([0.0, 1.0, 2.0, 2.0])
    assert [schedule.at(step) for step in (400, 10_000)] == [2.0, 2.0], "held after the last cycle"


def test_the_weight_that_a_training_is_judged_by() -> None:
    assert BetaSchedule(kind="linear", beta=2.0, steps=50).final(1000, 0.3) == 2.0
    assert BetaSchedule(kind="linear", beta=2.0, steps=50).final(10, 0.3) == 2.0, "as if the ramp went on"
    assert BetaSchedule(kind="cyclical", beta=2.0, steps=400).final(150, 0.0) == 2.0
    assert BetaSchedule(kind="exponential", beta=0.2, rate=0.99).final(1000, None) == pytest.approx(0.2, rel=1e-3)
    assert BetaSchedule(beta=0.7).final(10, None) == 0.7
    assert BetaSchedule(kind="target", beta=0.2).final(10, 0.4) == 0.4 and BetaSchedule(kind="target").final(10, None) == 0.0


def test_target_starts_after_its_steps_from_beta() -> None:
    schedule = BetaSchedule(kind="target", beta=0.2, steps=10)
    assert [schedule.at(step, previous=0.0, kl_bits=500.0) for step in (0, 9, 10)] == [0.0, 0.0, 0.2]
    assert schedule.at(10) == schedule.at(500) == 0.2


def test_target_moves_towards_the_rate_wanted() -> None:
    schedule = BetaSchedule(kind="target", beta=0.2, steps=1, target_bits=40.0)
    assert schedule.at(5, previous=0.5, kl_bits=60.0) > 0.5, "too much KL makes it dearer"
    assert schedule.at(5, previous=0.5, kl_bits=20.0) < 0.5
    assert schedule.at(5, previous=0.5, kl_bits=40.0) == 0.5
    assert schedule.at(5, previous=0.5, kl_bits=1e9) == pytest.approx(0.5, rel=0.05), "in small steps"
    assert schedule.at(5, previous=0.2, kl_bits=0.0) == pytest.approx(0.2, rel=0.05), "below where it began, too"
    assert schedule.at(5, previous=0.01, kl_bits=0.0) == 0.01, "but never to nothing"
    assert schedule.at(5, previous=9.99, kl_bits=1e9) == 10.0


def test_target_settles_where_the_rate_is_met() -> None:
    schedule = BetaSchedule(kind="target", beta=0.1, steps=1, target_bits=30.0)
    weight = schedule.at(1)
    for step in range(2, 1500):
        weight = schedule.at(step, previous=weight, kl_bits=60.0 / weight)  # a model whose rate falls with its price
    assert 60.0 / weight == pytest.approx(30.0, rel=0.01)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["constant", "linear", "exponential", "cyclical"]),
    st.integers(0, 10**7),
    st.integers(1, 10**5),
    st.integers(1, 10),
)
def test_weights_stay_between_zero_and_beta(kind: Any, step: int, steps: int, cycles: int) -> None:
    weight = BetaSchedule(kind=kind, beta=0.7, steps=steps, cycles=cycles).at(step)
    assert 0.0 <= weight <= 0.7


@pytest.mark.parametrize(
    "values", [{"beta": -1.0}, {"steps": 0}, {"cycles": 0}, {"rate": 1.0}, {"rate": 0.0}, {"target_bits": 0.0}]
)
def test_schedules_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="BetaSchedule needs"):
        BetaSchedule(**values)
