"""How a training is configured: learning rates over the steps, and ranges."""

import math

import pytest

from musicae.core.config import with_changes
from musicae.errors import ParameterError
from musicae.training.optimizer import TrainingConfig

CONFIG = TrainingConfig()


def test_cosine_falls_from_peak_to_final_after_the_warm_up() -> None:
    config = TrainingConfig(steps=100, learning_rate=1.0, final_learning_rate=0.2, warmup_steps=10)
    assert config.learning_rate_at(0) == pytest.approx(0.1)
    assert config.learning_rate_at(4) == pytest.approx(0.5 * (0.2 + 0.8 * 0.5 * (1 + math.cos(math.pi * 0.04))))
    assert config.learning_rate_at(50) == pytest.approx(0.6)
    assert config.learning_rate_at(100) == pytest.approx(0.2) == config.learning_rate_at(1000)
    rates = [config.learning_rate_at(step) for step in range(10, 101)]
    assert rates == sorted(rates, reverse=True)


def test_exponential_falls_by_a_ten_thousandth_a_step() -> None:
    config = TrainingConfig(learning_rate=1e-3, final_learning_rate=1e-5, schedule="exponential")
    assert config.learning_rate_at(0) == pytest.approx(1e-3)
    for step in (1, 777, 50_000):
        assert config.learning_rate_at(step) == pytest.approx(1e-5 + 0.99e-3 * 0.9999**step)


@pytest.mark.parametrize("name", ["steps", "batch_size", "log_every", "validate_every", "checkpoint_every"])
def test_counts_below_one_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"^TrainingConfig\.{name} must be at least 1, got 0\.$"):
        with_changes(CONFIG, **{name: 0})


@pytest.mark.parametrize("name", ["warmup_steps", "weight_decay", "final_learning_rate", "seed"])
def test_numbers_below_zero_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match=rf"^TrainingConfig\.{name} must be at least 0, got -1\.?0?\.$"):
        with_changes(CONFIG, **{name: -1})


@pytest.mark.parametrize(
    "changes", [{"learning_rate": 0.0}, {"average": 1.0}, {"average": -0.1}, {"clip_norm": -1.0}, {"skip_norm": 0.0}]
)
def test_rates_out_of_range_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=r"^TrainingConfig needs learning_rate, clip_norm and skip_norm above 0"):
        with_changes(CONFIG, **changes)
