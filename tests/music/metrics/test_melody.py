"""Figures of reconstructions: laws that hold for any grids, and small examples worked out by hand."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.core.distributions import active_units
from musicae.core.objectives import BITS
from musicae.music.metrics.melody import (
    exact,
    grid_scores,
    hold_accuracy,
    note_f1,
    onset_f1,
    pitch_accuracy,
    sounding,
    step_accuracy,
    window_distance,
)
from musicae.music.models.batch import GridBatch
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig

RATES = (step_accuracy, note_f1, onset_f1, pitch_accuracy, exact)
ON = torch.ones(1, 8, dtype=torch.bool)


def row(*tokens: int) -> Tensor:
    return torch.tensor([tokens])


@st.composite
def grids(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """Draw a reference, an estimate and a mask of the same shape; few kinds of tokens, so that some agree."""
    rows, steps = draw(st.integers(1, 4)), draw(st.integers(1, 10))
    size = rows * steps
    tokens = st.lists(st.integers(0, 4), min_size=size, max_size=size)
    reference, estimate = (torch.tensor(draw(tokens)).view(rows, steps) for _ in range(2))
    lengths = torch.tensor(draw(st.lists(st.integers(0, steps), min_size=rows, max_size=rows)))
    return reference, estimate, torch.arange(steps) < lengths[:, None]


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
    assert hold_accuracy(reference, mask) == step_accuracy(reference, torch.zeros_like(reference), mask)
    right = step_accuracy(reference, estimate, mask)
    assert (exact(reference, estimate, mask) == 1.0) == (right == 1.0)
    if right == 1.0:
        assert note_f1(reference, estimate, mask) == pitch_accuracy(reference, estimate, mask) == 1.0
    shared = int(((reference > 1) & (estimate > 1) & mask).sum())
    if shared:
        product = onset_f1(reference, estimate, mask) * pitch_accuracy(reference, estimate, mask)
        assert note_f1(reference, estimate, mask) == pytest.approx(product)


def test_a_melody_by_hand() -> None:
    reference = row(41, 0, 0, 0, 45, 0, 1, 48)  # three notes, a rest before the last
    estimate = row(41, 0, 44, 0, 46, 0, 0, 0)  # the first one right, the second at another pitch, one that is not there
    assert step_accuracy(reference, estimate, ON) == 4 / 8
    assert hold_accuracy(reference, ON) == 4 / 8
    assert note_f1(reference, estimate, ON) == 2 * 1 / (3 + 3)
    assert onset_f1(reference, estimate, ON) == 2 * 2 / (3 + 3)
    assert pitch_accuracy(reference, estimate, ON) == 1 / 2
    assert exact(reference, estimate, ON) == 0.0


def test_rates_are_averaged_over_the_set_not_over_windows() -> None:
    reference, estimate = torch.tensor([[41, 42, 43, 44], [50, 0, 0, 0]]), torch.tensor([[41, 42, 43, 40], [51, 0, 0, 0]])
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    assert step_accuracy(reference, estimate, mask) == 4 / 6
    assert note_f1(reference, estimate, mask) == 2 * 3 / (5 + 5)
    assert exact(reference, torch.tensor([[41, 42, 43, 44], [50, 0, 9, 9]]), mask) == 1.0
    assert exact(reference, torch.tensor([[41, 42, 43, 44], [50, 7, 0, 0]]), mask) == 1 / 2


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


def test_active_units_are_those_whose_mean_moves() -> None:
    means = torch.zeros(1000, 4)
    means[:, 1] = torch.linspace(-1, 1, 1000)  # variance 1/3
    means[:, 2] = 5.0  # far from the prior, but the same for all data
    means[:, 3] = torch.linspace(-0.15, 0.15, 1000)  # variance 0.0075
    assert active_units(means) == 1
    assert active_units(means, threshold=0.001) == 2
    assert active_units(means[:1]) == 0, "one window tells nothing"


def scores(model: MusicVAE, *batches: GridBatch) -> dict[str, float]:
    return grid_scores(model, batches)


def test_scores_of_a_model_by_their_definition() -> None:
    torch.manual_seed(0)
    config = MusicVAEConfig(depth=6, latent_size=3, encoder_size=6, decoder_sizes=(8,), max_steps=12, sampling_rate=0.0)
    model = MusicVAE(config).eval()
    for parameter in model.parameters():
        parameter.data.mul_(4.0)
    generator = torch.Generator().manual_seed(3)
    long = GridBatch(torch.randint(6, (2, 12), generator=generator), torch.tensor([[6, 6], [5, 5]]))
    short = GridBatch(torch.randint(6, (1, 4), generator=generator), torch.tensor([[4]]))
    figures = scores(model, long, short)
    with torch.no_grad():
        reference, estimate, mask = torch.zeros(3, 12, dtype=torch.int64), torch.zeros(3, 12, dtype=torch.int64), []
        for rows, batch in ((slice(0, 2), long), (slice(2, 3), short)):
            steps = batch.tokens.shape[1]
            reference[rows, :steps], estimate[rows, :steps] = batch.tokens, model.reconstruct(batch).tokens
            mask += [torch.arange(12) < length for length in batch.lengths.tolist()]
        posteriors = [model.encode(b) for b in (long, short)]
        kl = sum(float(p.kl().sum()) for p in posteriors) / 3 * BITS
    on = torch.stack(mask)
    wanted: dict[str, Any] = {rate.__name__: rate(reference, estimate, on) for rate in RATES}
    wanted |= {"hold_accuracy": hold_accuracy(reference, on), "kl_bits": kl}
    wanted["active_units"] = active_units(torch.cat([p.mean for p in posteriors]))
    assert {k: v for k, v in figures.items() if k != "nll_bits"} == pytest.approx(wanted)
    assert scores(model, long, short) == figures, "measuring is repeatable"
    each = [scores(model, b) for b in (long, short)]
    assert figures["kl_bits"] == pytest.approx((2 * each[0]["kl_bits"] + each[1]["kl_bits"]) / 3), "a mean over windows"


def test_the_bound_of_an_untrained_model_is_that_of_guessing() -> None:
    config = MusicVAEConfig(depth=8, latent_size=2, encoder_size=4, decoder_sizes=(4,), max_steps=10)
    model = MusicVAE(config).eval()
    torch.nn.init.zeros_(model.out.weight)
    torch.nn.init.zeros_(model.out.bias)
    batch = GridBatch(torch.randint(8, (3, 10), generator=torch.Generator().manual_seed(0)), torch.full((3, 1), 10))
    figures = scores(model, batch)
    assert figures["nll_bits"] == pytest.approx(10 * 3 + figures["kl_bits"], rel=1e-5), "three bits a token of eight kinds"
    assert figures["step_accuracy"] == figures["hold_accuracy"], "all logits equal: token 0 throughout"


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
