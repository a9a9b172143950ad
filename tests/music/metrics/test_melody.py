"""Metrics of melodies: laws that hold for any grids, and small examples worked out by hand."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.music.metrics.melody import note_f1, onset_f1, pitch_accuracy, sounding, window_distance
from musicae.music.metrics.steps import step_accuracy
from support.grids import grids, row

RATES = (note_f1, onset_f1, pitch_accuracy)
ON = torch.ones(1, 8, dtype=torch.bool)


@settings(max_examples=80)
@given(grids())
def test_laws_of_all_rates(drawn: tuple[Tensor, Tensor, Tensor]) -> None:
    reference, estimate, mask = drawn
    for rate in RATES:
        value = rate(reference, estimate, mask)
        assert 0.0 <= value <= 1.0
        assert rate(reference, reference, mask) == 1.0
        assert value == rate(estimate, reference, mask), "all of them are symmetric"
        order = torch.randperm(len(reference), generator=torch.Generator().manual_seed(0))
        assert value == rate(reference[order], estimate[order], mask[order])
        elsewhere = torch.where(mask, estimate, (estimate + 1) % 5)
        assert value == rate(reference, elsewhere, mask), "padding counts nothing"


@settings(max_examples=80)
@given(grids())
def test_how_the_rates_relate(drawn: tuple[Tensor, Tensor, Tensor]) -> None:
    reference, estimate, mask = drawn
    assert note_f1(reference, estimate, mask) <= onset_f1(reference, estimate, mask)
    if step_accuracy(reference, estimate, mask) == 1.0:
        assert note_f1(reference, estimate, mask) == pitch_accuracy(reference, estimate, mask) == 1.0
    shared = int(((reference > 1) & (estimate > 1) & mask).sum())
    if shared:
        product = onset_f1(reference, estimate, mask) * pitch_accuracy(reference, estimate, mask)
        assert note_f1(reference, estimate, mask) == pytest.approx(product)


def test_a_melody_by_hand() -> None:
    reference = row(41, 0, 0, 0, 45, 0, 1, 48)  # three notes, a rest before the last
    estimate = row(41, 0, 44, 0, 46, 0, 0, 0)  # the first one right, the second at another pitch, one that is not there
    assert note_f1(reference, estimate, ON) == 2 * 1 / (3 + 3)
    assert onset_f1(reference, estimate, ON) == 2 * 2 / (3 + 3)
    assert pitch_accuracy(reference, estimate, ON) == 1 / 2


def test_rates_are_averaged_over_the_set_not_over_windows() -> None:
    reference, estimate = torch.tensor([[41, 42, 43, 44], [50, 0, 0, 0]]), torch.tensor([[41, 42, 43, 40], [51, 0, 0, 0]])
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    assert note_f1(reference, estimate, mask) == 2 * 3 / (5 + 5)


@pytest.mark.parametrize(
    ("reference", "estimate", "note", "onset", "pitch"),
    [
        (row(0, 0, 1, 0), row(0, 1, 0, 0), 1.0, 1.0, 1.0),  # neither has notes
        (row(0, 0, 0, 0), row(0, 50, 0, 0), 0.0, 0.0, 1.0),  # a note out of nothing
        (row(50, 0, 0, 0), row(0, 0, 0, 0), 0.0, 0.0, 1.0),  # a note lost
        (row(50, 0, 0, 0), row(0, 50, 0, 0), 0.0, 0.0, 1.0),  # a step late is wrong
        (row(50, 0, 0, 0), row(62, 0, 0, 0), 0.0, 1.0, 0.0),  # an octave off is wrong
        (row(50, 0, 0, 0), row(50, 1, 0, 0), 1.0, 1.0, 1.0),  # lengths do not count
    ],
)
def test_edges_of_the_note_measures(reference: Tensor, estimate: Tensor, note: float, onset: float, pitch: float) -> None:
    mask = torch.ones(1, 4, dtype=torch.bool)
    measured = tuple(rate(reference, estimate, mask) for rate in (note_f1, onset_f1, pitch_accuracy))
    assert measured == (note, onset, pitch)


def test_what_sounds_worked_example() -> None:
    assert sounding(row(0, 5, 0, 1, 0, 5, 5, 2)).tolist() == [[0, 11, 10, 0, 0, 11, 11, 5]]


@settings(max_examples=80)
@given(grids(), st.data())
def test_the_distance_of_windows_is_a_metric(drawn: tuple[Tensor, Tensor, Tensor], data: st.DataObject) -> None:
    a, b, mask = drawn
    c = a.roll(data.draw(st.integers(0, 3)), 1)
    there, back = window_distance(a, b, mask), window_distance(b, a, mask)
    assert torch.equal(there, back) and bool(((there >= 0) & (there <= 1)).all())
    assert not bool(window_distance(a, a, mask).any())
    assert bool((there <= window_distance(a, c, mask) + window_distance(c, b, mask) + 1e-6).all())
    assert torch.equal(window_distance(torch.where(mask, a, 3), b, mask), there), "padding counts nothing"


def test_the_distance_of_windows_worked_examples() -> None:
    held = row(5, 0, 0, 0, 6, 0, 0, 0)
    assert float(window_distance(held, row(4, 0, 0, 0, 6, 0, 0, 0), ON)) == 4 / 8  # another pitch for four steps
    assert float(window_distance(held, row(5, 0, 5, 0, 6, 0, 0, 0), ON)) == 1 / 8  # the same pitch, struck again
    assert float(window_distance(held, row(5, 0, 0, 0, 6, 0, 1, 0), ON)) == 2 / 8  # a note cut short
    assert float(window_distance(row(1, 0, 0, 0, 0, 0, 0, 0), row(0, 0, 0, 0, 1, 0, 0, 0), ON)) == 0  # two silences
    assert window_distance(held, torch.cat([held, row(0, 0, 0, 0, 0, 0, 0, 0)]), ON).tolist() == [0.0, 1.0]
