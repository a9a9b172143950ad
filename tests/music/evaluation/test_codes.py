"""Metrics beyond one greedy reconstruction: worst windows, teacher forcing, draws, and codes that are exchanged."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from musicae.core.objectives import BITS
from musicae.music.evaluation.codes import shuffled, thorough_metrics
from musicae.music.kinds.drums import DRUMS
from musicae.music.kinds.melody import MELODY
from musicae.music.metrics.base import worst_decile
from musicae.music.metrics.drums import hit_f1, hit_f1s
from musicae.music.metrics.melody import note_f1, note_f1s
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.metrics.steps import step_accuracies, step_accuracy
from musicae.music.models.base import sequence_log_likelihood
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE, PlanVAEConfig


def model(*, parts: int = 0) -> PlanVAE:
    torch.manual_seed(0)
    sizes = {"token_size": 6, "block_size": 14, "pooled_size": 8, "hidden_size": 24, "decoder_size": 16, "cell_size": 12}
    config = PlanVAEConfig(depth=8, latent_size=6, max_steps=16, max_bar_steps=8, expression_parts=parts, **sizes)
    autoencoder = PlanVAE(config).eval()
    for parameter in autoencoder.parameters():
        parameter.data.mul_(3.0)
    return autoencoder


def batches() -> list[GridBatch]:
    generator = torch.Generator().manual_seed(2)
    long = GridBatch(torch.randint(8, (3, 16), generator=generator), torch.tensor([[8, 8], [8, 8], [6, 6]]))
    return [long, GridBatch(torch.randint(8, (2, 12), generator=generator), torch.full((2, 2), 6))]


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_rates_of_single_windows_are_those_of_sets_of_one(seed: int, rows: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    reference, estimate = (torch.randint(5, (rows, 6), generator=generator) for _ in range(2))
    mask = torch.arange(6) < torch.randint(0, 7, (rows, 1), generator=generator)
    for each, whole in ((step_accuracies, step_accuracy), (note_f1s, note_f1), (hit_f1s, hit_f1)):
        expected = [whole(reference[i : i + 1], estimate[i : i + 1], mask[i : i + 1]) for i in range(rows)]
        assert each(reference, estimate, mask).tolist() == pytest.approx(expected)
        assert each(reference, reference, mask).tolist() == [1.0] * rows


def test_the_worst_decile_is_rounded_up() -> None:
    values = torch.linspace(0, 1, 21)
    assert worst_decile(values) == pytest.approx((0 + 0.05 + 0.1) / 3)
    assert worst_decile(values, largest=True) == pytest.approx((1 + 0.95 + 0.9) / 3)
    assert worst_decile(torch.tensor([0.25])) == 0.25


@settings(max_examples=60)
@given(st.lists(st.sampled_from([4, 6, 8]), min_size=1, max_size=12), st.integers(0, 99))
def test_exchanged_codes_stay_in_their_metre_and_nobody_keeps_its_own(bars: list[int], seed: int) -> None:
    bar_steps = torch.tensor([[b, b] for b in bars])
    partner = shuffled(bar_steps, torch.Generator().manual_seed(seed))
    assert sorted(partner.tolist()) == list(range(len(bars)))
    assert torch.equal(bar_steps[partner], bar_steps)
    assert [int(p) == i for i, p in enumerate(partner)] == [bars.count(b) == 1 for b in bars]


def test_thorough_metrics_by_their_definition() -> None:
    autoencoder, windows = model(), batches()
    measured = thorough_metrics(autoencoder, windows, MELODY.metrics, seed=4)
    quick = reconstruction_metrics(autoencoder, windows, MELODY.metrics)
    assert {k: measured[k] for k in quick if k != "nll_bits"} == {k: v for k, v in quick.items() if k != "nll_bits"}
    with torch.no_grad():
        codes = torch.cat([autoencoder.encode(b).mode for b in windows])
        forced = [autoencoder.logits(b, autoencoder.encode(b).mode) for b in windows]
        partner = shuffled(torch.cat([b.bar_steps for b in windows]), torch.Generator().manual_seed(4))
        others = [autoencoder.logits(b, z) for b, z in zip(windows, codes[partner].split([3, 2]), strict=True)]

    def total(logits: list[Tensor]) -> tuple[int, float]:
        pairs = list(zip(logits, windows, strict=True))
        bits = sum(float(sequence_log_likelihood(x, b).sum()) * BITS for x, b in pairs)
        return sum(int(((x.argmax(-1) == b.tokens) & b.mask).sum()) for x, b in pairs), bits

    (right, bits), (wrong, other_bits) = total(forced), total(others)
    steps = sum(int(b.mask.sum()) for b in windows)
    notes = sum(int(((b.tokens > 1) & b.mask).sum()) for b in windows)
    assert measured["teacher_forced_accuracy"] == pytest.approx(right / steps)
    assert measured["shuffled_gap_accuracy"] == pytest.approx((right - wrong) / steps)
    assert measured["shuffled_gap_bits"] == pytest.approx((bits - other_bits) / 5, rel=1e-5)
    assert measured["nll_bits_per_note"] == pytest.approx(measured["nll_bits"] * 5 / notes)
    assert 0 <= measured["worst_step_accuracy"] <= measured["step_accuracy"]
    assert thorough_metrics(autoencoder, windows, MELODY.metrics, seed=4) == measured
    drawn = {thorough_metrics(autoencoder, windows, MELODY.metrics, seed=seed)["sampled_step_accuracy"] for seed in range(4)}
    assert len(drawn) > 1, "the seed decides what is drawn"


def test_a_window_of_a_metre_of_its_own_has_nobody_to_exchange_with() -> None:
    alone = GridBatch(torch.tensor([[5, 0, 0, 0]]), torch.tensor([[4]]))
    measured = thorough_metrics(model(), [alone], MELODY.metrics)
    assert (measured["shuffled_gap_bits"], measured["shuffled_gap_accuracy"]) == (0.0, 0.0)


def test_drums_have_their_own_worst_tenth_and_hits_for_notes() -> None:
    windows = [GridBatch(b.tokens, b.bar_steps, torch.zeros(*b.tokens.shape, 6)) for b in batches()]
    measured = thorough_metrics(model(parts=3), windows, DRUMS.metrics)
    assert "worst_hit_f1" in measured and "worst_note_f1" not in measured and 0 <= measured["worst_hit_f1"] <= 1
    hits = sum(int(((b.tokens[..., None] >> torch.arange(3)) & 1)[b.mask].sum()) for b in windows)
    assert measured["nll_bits_per_note"] == pytest.approx(measured["nll_bits"] * 5 / hits)
    assert {"velocity_error", "plain_velocity_error", "timing_error", "plain_timing_error"} <= set(measured)
