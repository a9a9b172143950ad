"""Metrics of drum patterns on patterns whose metrics are known."""

import pytest
import torch

from musicae.music.metrics.drums import drum_metrics, hit_f1, timing_error, velocity_error
from musicae.music.models.batch import GridBatch

ON = torch.ones(1, 4, dtype=torch.bool)


def test_f_measure_of_hits() -> None:
    kick_and_hat, kick, nothing = (torch.tensor([[t, 0, 0, t]]) for t in (5, 1, 0))
    assert hit_f1(kick_and_hat, kick_and_hat, ON) == 1.0 == hit_f1(nothing, nothing, ON)
    assert hit_f1(kick_and_hat, kick, ON) == hit_f1(kick, kick_and_hat, ON) == pytest.approx(2 / 3)
    assert hit_f1(kick, nothing, ON) == 0.0 == hit_f1(kick, 2 * kick, ON)
    mask = torch.tensor([[True, True, True, False]])
    assert hit_f1(torch.tensor([[1, 0, 0, 7]]), torch.tensor([[1, 0, 0, 0]]), mask) == 1.0, "padding does not count"


def test_errors_are_in_midi_units_and_milliseconds() -> None:
    common = torch.tensor([[True, True, False]])
    reference, estimate = torch.tensor([[1.0, 0.5, 0.0]]), torch.tensor([[0.5, 0.5, 1.0]])
    assert velocity_error(reference, estimate, common) == pytest.approx(127 * 0.25)
    assert timing_error(reference, estimate, common) == pytest.approx(62.5 * 0.25), "half a sixteenth at 120 is 62.5 ms"
    assert timing_error(reference, estimate, torch.zeros_like(common)) == 0.0


def test_metrics_of_a_pattern_compared_with_the_quantised_one() -> None:
    tokens = torch.tensor([[3, 0, 1, 0]])
    values = torch.zeros(1, 4, 4)
    values[0, 0] = torch.tensor([100 / 127, 60 / 127, 0.4, -0.2])
    values[0, 2] = torch.tensor([80 / 127, 0.0, 0.0, 0.0])
    pattern = GridBatch(tokens, torch.tensor([[4]]), values)
    same = drum_metrics(pattern, pattern)
    assert (same["hit_f1"], same["velocity_error"], same["timing_error"]) == (1.0, 0.0, 0.0)
    assert same["plain_velocity_error"] == pytest.approx((20 + 20 + 0) / 3)
    assert same["plain_timing_error"] == pytest.approx(62.5 * (0.4 + 0.2 + 0) / 3)
    fewer = drum_metrics(pattern, pattern.with_tokens(torch.tensor([[1, 0, 1, 0]]), values))
    assert fewer["hit_f1"] == pytest.approx(0.8) and fewer["plain_timing_error"] == pytest.approx(62.5 * 0.2)
    assert drum_metrics(pattern, pattern.without_values()) == {"hit_f1": 1.0}
