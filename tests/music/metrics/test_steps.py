"""Metrics of time steps: laws that hold for any tokens, and small examples worked out by hand."""

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from musicae.music.metrics.steps import exact, hold_accuracy, step_accuracies, step_accuracy
from support.grids import grids, row

ON = torch.ones(1, 8, dtype=torch.bool)


@settings(max_examples=80)
@given(grids())
def test_laws_of_the_rates(drawn: tuple[Tensor, Tensor, Tensor]) -> None:
    reference, estimate, mask = drawn
    for rate in (step_accuracy, exact):
        value = rate(reference, estimate, mask)
        assert 0.0 <= value <= 1.0
        assert rate(reference, reference, mask) == 1.0
        assert value == rate(estimate, reference, mask), "both are symmetric"
        order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(0))
        assert value == rate(reference[order], estimate[order], mask[order])
        elsewhere = torch.where(mask, estimate, (estimate + 1) % 5)
        assert value == rate(reference, elsewhere, mask), "padding counts nothing"


@settings(max_examples=80)
@given(grids())
def test_how_the_rates_relate(drawn: tuple[Tensor, Tensor, Tensor]) -> None:
    reference, estimate, mask = drawn
    assert hold_accuracy(reference, mask) == step_accuracy(reference, torch.zeros_like(reference), mask)
    assert (exact(reference, estimate, mask) == 1.0) == (step_accuracy(reference, estimate, mask) == 1.0)
    rows = [step_accuracy(reference[i : i + 1], estimate[i : i + 1], mask[i : i + 1]) for i in range(len(reference))]
    assert step_accuracies(reference, estimate, mask).tolist() == pytest.approx(rows)


def test_a_window_by_hand() -> None:
    reference, estimate = row(41, 0, 0, 0, 45, 0, 1, 48), row(41, 0, 44, 0, 46, 0, 0, 0)
    assert step_accuracy(reference, estimate, ON) == 4 / 8
    assert hold_accuracy(reference, ON) == 4 / 8
    assert exact(reference, estimate, ON) == 0.0


def test_rates_are_averaged_over_the_set_not_over_windows() -> None:
    reference, estimate = torch.tensor([[41, 42, 43, 44], [50, 0, 0, 0]]), torch.tensor([[41, 42, 43, 40], [51, 0, 0, 0]])
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    assert step_accuracy(reference, estimate, mask) == 4 / 6
    assert exact(reference, torch.tensor([[41, 42, 43, 44], [50, 0, 9, 9]]), mask) == 1.0
    assert exact(reference, torch.tensor([[41, 42, 43, 44], [50, 7, 0, 0]]), mask) == 1 / 2
