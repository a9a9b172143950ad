"""Metrics of a model's codes beyond one greedy reconstruction.

Conventions: as in `musicae.music.metrics.steps`; codes are posterior means; averages are over the set, not over batches.

Metrics:
    teacher_forced_accuracy: share of time steps whose most likely token is right if the decoder is given the true tokens before
        it. Most papers print this one. It is above the free-running accuracy, because no error can lead to another.
    sampled_step_accuracy: share of right time steps if tokens are drawn at temperature 1, each given those before it.
    worst_step_accuracy and worst_HEADLINE (such as worst_note_f1): means over the tenth of the windows with the lowest values,
        decoded greedily. HEADLINE is `WindowMetrics.headline`.
    nll_bits_per_note: the bound on the negative log likelihood, over all windows, divided by their number of notes or hits.
    shuffled_gap_bits: increase of a window's negative log likelihood in bits, under teacher forcing, if each window is given
        the code of another one with bars of the same lengths. 0 means that the decoder ignores its code (posterior collapse).
    shuffled_gap_accuracy: the corresponding decrease of the teacher-forced accuracy.

The metrics under teacher forcing are omitted for models without logits.

References:
    Bowman et al., 2016, arXiv 1511.06349 (posterior collapse); Roberts et al., 2018, arXiv 1803.05428 (teacher-forced next to
    sampled accuracy).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from musicae.core.objectives import BITS
from musicae.music.metrics.base import WindowMetrics, worst_decile
from musicae.music.metrics.reconstruction import Reconstructions
from musicae.music.metrics.steps import step_accuracies
from musicae.music.models.base import GridAutoencoder, MusicAutoencoder, sequence_log_likelihood
from musicae.music.models.batch import GridBatch

__all__ = ["shuffled", "thorough_metrics"]


@torch.no_grad()
def thorough_metrics(
    model: MusicAutoencoder, batches: Sequence[GridBatch], metrics: WindowMetrics, *, seed: int = 0
) -> dict[str, float]:
    """Return the metrics of `musicae.music.metrics.reconstruction.reconstruction_metrics` and all of this module.

    Arguments:
        model: The model, in evaluation mode.
        batches: The windows, at least one.
        metrics: The metrics of their kind of music.
        seed: Seed of sampled codes, sampled tokens and the exchange of codes.
    """
    results = Reconstructions.of(model, batches, seed=seed)
    events = metrics.count_events(results.reference.tokens, results.reference.mask)
    return {
        **results.summary(metrics),
        "worst_step_accuracy": worst_decile(step_accuracies(*results.tokens)),
        f"worst_{metrics.headline}": worst_decile(metrics.f1s(*results.tokens)),
        "nll_bits_per_note": float(results.nll_bits.double().sum()) / max(1, events),
        **_sampled(model, batches, results.means, seed),
        **(_forced(model, batches, results, seed) if isinstance(model, GridAutoencoder) else {}),
    }


def shuffled(bar_steps: Tensor, generator: torch.Generator) -> Tensor:
    """Give each window another one with bars of the same lengths.

    Arguments:
        bar_steps: Time steps of each bar, shape (N, bars).
        generator: Source of randomness.

    Returns:
        A permutation, int64, shape (N,). A window has its own index only if no other window has such bars.
    """
    partner = torch.arange(len(bar_steps))
    _, kind = bar_steps.unique(dim=0, return_inverse=True)
    for k in range(int(kind.max()) + 1):
        rows = (kind == k).nonzero()[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        partner[rows] = rows.roll(1)
    return partner


def _sampled(model: MusicAutoencoder, batches: Sequence[GridBatch], codes: Tensor, seed: int) -> dict[str, float]:
    """Decode codes (N, Z) at temperature 1."""
    generator = torch.Generator().manual_seed(seed)
    right = total = 0
    for batch, z in zip(batches, codes.split([len(b) for b in batches]), strict=True):
        drawn = model.generate(z.to(batch.tokens.device), batch, temperature=1.0, generator=generator).tokens
        right += int(((drawn == batch.tokens) & batch.mask).sum())
        total += int(batch.mask.sum())
    return {"sampled_step_accuracy": right / total if total else 1.0}


def _forced(model: GridAutoencoder, batches: Sequence[GridBatch], results: Reconstructions, seed: int) -> dict[str, float]:
    """Compare the decoder's predictions from a window's own code with those from another window's code."""
    codes, partner = results.means, shuffled(results.reference.bar_steps, torch.Generator().manual_seed(seed))
    moved = partner != torch.arange(len(partner))  # a window in a metre of its own has no partner
    (right, bits), (other_right, other_bits) = (_predicted(model, batches, z) for z in (codes, codes[partner]))
    steps = results.reference.lengths
    compared = max(1, int(steps[moved].sum()))
    return {
        "teacher_forced_accuracy": float(right.sum()) / max(1, int(steps.sum())),
        "shuffled_gap_bits": float((other_bits - bits)[moved].sum()) / max(1, int(moved.sum())),
        "shuffled_gap_accuracy": float((right - other_right)[moved].sum()) / compared,
    }


def _predicted(model: GridAutoencoder, batches: Sequence[GridBatch], codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return right time steps and bits of the tokens of each window under teacher forcing, both float64, shape (N,)."""
    right, bits = [], []
    for batch, z in zip(batches, codes.split([len(b) for b in batches]), strict=True):
        logits = model.logits(batch, z.to(batch.tokens.device))
        right.append(((logits.argmax(-1) == batch.tokens) & batch.mask).sum(1).cpu())
        bits.append(-BITS * sequence_log_likelihood(logits, batch).cpu())
    return torch.cat(right).double(), torch.cat(bits).double()
