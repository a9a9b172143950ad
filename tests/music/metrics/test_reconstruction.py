"""Metrics of reconstructions, by their definition."""

from typing import Any

import pytest
import torch

from musicae.core.distributions import active_units
from musicae.core.objectives import BITS
from musicae.music.kinds.melody import MELODY
from musicae.music.metrics.melody import note_f1, onset_f1, pitch_accuracy
from musicae.music.metrics.reconstruction import reconstruction_metrics
from musicae.music.metrics.steps import exact, hold_accuracy, step_accuracy
from musicae.music.models.batch import GridBatch
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig

RATES = (step_accuracy, note_f1, onset_f1, pitch_accuracy, exact)


def measure(model: MusicVAE, *batches: GridBatch) -> dict[str, float]:
    return reconstruction_metrics(model, batches, MELODY.metrics)


def test_metrics_of_a_model_by_their_definition() -> None:
    torch.manual_seed(0)
    config = MusicVAEConfig(depth=6, latent_size=3, encoder_size=6, decoder_sizes=(8,), max_steps=12, sampling_rate=0.0)
    model = MusicVAE(config).eval()
    for parameter in model.parameters():
        parameter.data.mul_(4.0)
    generator = torch.Generator().manual_seed(3)
    long = GridBatch(torch.randint(6, (2, 12), generator=generator), torch.tensor([[6, 6], [5, 5]]))
    short = GridBatch(torch.randint(6, (1, 4), generator=generator), torch.tensor([[4]]))
    measured = measure(model, long, short)
    with torch.no_grad():
        reference, estimate, mask = torch.zeros(3, 12, dtype=torch.int64), torch.zeros(3, 12, dtype=torch.int64), []
        for rows, batch in ((slice(0, 2), long), (slice(2, 3), short)):
            steps = batch.tokens.shape[1]
            reference[rows, :steps], estimate[rows, :steps] = batch.tokens, model.reconstruct(batch).tokens
            mask += [torch.arange(12) < length for length in batch.lengths.tolist()]
        posteriors = [model.encode(b) for b in (long, short)]
        kl = sum(float(p.kl().sum()) for p in posteriors) / 3 * BITS
    on = torch.stack(mask)
    expected: dict[str, Any] = {rate.__name__: rate(reference, estimate, on) for rate in RATES}
    expected |= {"hold_accuracy": hold_accuracy(reference, on), "kl_bits": kl}
    expected["active_units"] = active_units(torch.cat([p.mean for p in posteriors]))
    assert {k: v for k, v in measured.items() if k != "nll_bits"} == pytest.approx(expected)
    assert measure(model, long, short) == measured, "measuring is repeatable"
    each = [measure(model, b) for b in (long, short)]
    assert measured["kl_bits"] == pytest.approx((2 * each[0]["kl_bits"] + each[1]["kl_bits"]) / 3), "a mean over windows"


def test_the_bound_of_an_untrained_model_is_that_of_guessing() -> None:
    config = MusicVAEConfig(depth=8, latent_size=2, encoder_size=4, decoder_sizes=(4,), max_steps=10)
    model = MusicVAE(config).eval()
    torch.nn.init.zeros_(model.out.weight)
    torch.nn.init.zeros_(model.out.bias)
    batch = GridBatch(torch.randint(8, (3, 10), generator=torch.Generator().manual_seed(0)), torch.full((3, 1), 10))
    measured = measure(model, batch)
    assert measured["nll_bits"] == pytest.approx(10 * 3 + measured["kl_bits"], rel=1e-5), "three bits per token of eight kinds"
    assert measured["step_accuracy"] == measured["hold_accuracy"], "all logits equal: token 0 throughout"
