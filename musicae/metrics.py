"""Figures that tell how well a melody is kept.

Conventions: token grids as in `musicae.representations.melody` (0 no event, 1 note off, 2 and above an onset), int64
tensors of shape (B, T) with a mask (B, T) of the time steps that count; the reference comes first, then the estimate.
Rates lie in [0, 1], averaged over all time steps or notes of the set (micro average), not over windows.

Figures:
    step_accuracy: share of time steps with the right token. Inflated by "no event"; always read it beside
        `hold_accuracy`, which is what predicting "no event" everywhere would score.
    note_f1: F measure of notes, a note being right when onset step and pitch are (the convention of mir_eval's
        transcription metrics without offsets, Raffel et al., 2014, on a grid instead of a tolerance).
    onset_f1: the same without pitch.
    pitch_accuracy: share of right pitches among notes whose onset step is right.
    exact: share of windows without any wrong time step.
    window_distance: share of time steps at which two windows differ to the ear; a metric, unlike 1 - `step_accuracy`, under
        which one long note of another pitch would count as little as a short one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from musicae.batch import GridBatch
from musicae.distributions import DiagonalGaussian
from musicae.drum_metrics import drum_figures
from musicae.models.base import Autoencoder
from musicae.objectives import BITS

__all__ = [
    "active_units",
    "exact",
    "grid_scores",
    "hold_accuracy",
    "note_f1",
    "onset_f1",
    "pitch_accuracy",
    "sounding",
    "step_accuracy",
    "window_distance",
]


def step_accuracy(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of time steps with the right token."""
    return _ratio(((reference == estimate) & mask).sum(), mask.sum())


def hold_accuracy(reference: Tensor, mask: Tensor) -> float:
    """Return the step accuracy of predicting "no event" everywhere."""
    return step_accuracy(reference, torch.zeros_like(reference), mask)


def note_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of notes by onset step and pitch; 1 where neither has notes."""
    here, there = (reference > 1) & mask, (estimate > 1) & mask
    return _f1((here & (reference == estimate)).sum(), here.sum(), there.sum())


def onset_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of onset steps, whatever their pitch; 1 where neither has notes."""
    here, there = (reference > 1) & mask, (estimate > 1) & mask
    return _f1((here & there).sum(), here.sum(), there.sum())


def pitch_accuracy(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of right pitches among the onsets that both have; 1 where there is none."""
    both = (reference > 1) & (estimate > 1) & mask
    return _ratio((both & (reference == estimate)).sum(), both.sum())


def exact(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of windows in which every time step is right."""
    return _ratio((((reference == estimate) | ~mask).all(1)).sum(), torch.tensor(len(reference)))


def sounding(tokens: Tensor) -> Tensor:
    """Return what is heard at each time step: which pitch sounds, and whether it begins there.

    Arguments:
        tokens: Shape (..., T).

    Returns:
        int64, shape (..., T): 0 where nothing sounds, else twice the onset's token, plus 1 where the note begins.
    """
    time = torch.arange(tokens.shape[-1], device=tokens.device).expand(tokens.shape)
    event = torch.where(tokens > 0, time, -1).cummax(-1).values  # time step of the last event so far, -1 before the first
    last = torch.where(event >= 0, tokens.gather(-1, event.clamp(min=0)), 0)
    return torch.where(last > 1, 2 * last, 0) + (tokens > 1)


def window_distance(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return how far windows are apart to the ear.

    That is the share of time steps at which another pitch (or silence) sounds, or at which only one of the two begins a note:
    the Hamming distance between what `sounding` returns.

    Arguments:
        reference: Tokens, shape (..., T).
        estimate: Tokens, broadcast against them.
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...), in [0, 1]: 0 for windows that sound alike, symmetric, and never longer than a way round.
    """
    differ = (sounding(reference) != sounding(estimate)) & mask
    return differ.sum(-1) / mask.sum(-1).clamp(min=1)


def active_units(means: Tensor, threshold: float = 0.01) -> int:
    """Return how many latent dimensions carry information.

    Arguments:
        means: Posterior means over a data set, shape (N, Z).
        threshold: Variance of the mean above which a dimension counts.

    References:
        Burda et al., 2015, Importance Weighted Autoencoders, arXiv 1509.00519.
    """
    return int((means.var(0, correction=0) > threshold).sum())


@torch.no_grad()
def grid_scores(
    model: Autoencoder[Any], batches: Sequence[GridBatch], code: Callable[[GridBatch], Tensor] | None = None
) -> dict[str, float]:
    """Return all figures of reconstructions from the posterior mean, decoded freely at temperature 0.

    Arguments:
        model: A model over token grids, in evaluation mode.
        batches: The windows.
        code: Gives the codes that are decoded, shape (B, Z). [default: the posterior means]

    Returns:
        `hold_accuracy`, `step_accuracy`, `exact`, `kl_bits` (mean a window), `nll_bits` (bound on the negative log
        likelihood, mean a window) and `active_units`; of melodies also `note_f1`, `onset_f1` and `pitch_accuracy`, of drum
        patterns those of `musicae.drum_metrics.drum_figures`.
    """
    reference: list[Tensor] = []
    estimate: list[Tensor] = []
    mask: list[Tensor] = []
    values: list[Tensor] = []
    made_values: list[Tensor] = []
    means: list[Tensor] = []
    kl, nll, count = 0.0, 0.0, 0
    width = max((b.tokens.shape[1] for b in batches), default=0)
    generator = torch.Generator().manual_seed(0)
    for batch in batches:
        posterior = model.encode(batch)
        made = model.generate(posterior.mode if code is None else code(batch), batch)
        pad = (0, width - batch.tokens.shape[1])
        for parts, tensor in ((reference, batch.tokens), (estimate, made.tokens), (mask, batch.mask)):
            parts.append(torch.nn.functional.pad(tensor.cpu(), pad))
        for parts, known in ((values, batch.values), (made_values, made.values)):
            if known is not None:
                parts.append(torch.nn.functional.pad(known.cpu(), (0, 0, *pad)))
        means.append(posterior.mean.cpu())
        bits = posterior.kl().sum(1).cpu() * BITS
        noise = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
        z = posterior.mean + noise * posterior.std if isinstance(posterior, DiagonalGaussian) else posterior.mean
        kl += float(bits.sum())
        nll += float((bits - model.log_likelihood(batch, z).cpu() * BITS).sum())
        count += len(batch)
    ref, est, on = torch.cat(reference), torch.cat(estimate), torch.cat(mask)
    if values:
        kept = drum_figures(ref, est, on, torch.cat(values), torch.cat(made_values) if made_values else None)
    else:
        kept = {"note_f1": note_f1(ref, est, on), "onset_f1": onset_f1(ref, est, on)}
        kept["pitch_accuracy"] = pitch_accuracy(ref, est, on)
    return {
        "hold_accuracy": hold_accuracy(ref, on),
        "step_accuracy": step_accuracy(ref, est, on),
        **kept,
        "exact": exact(ref, est, on),
        "kl_bits": kl / max(1, count),
        "nll_bits": nll / max(1, count),
        "active_units": float(active_units(torch.cat(means))),
    }


def _ratio(part: Tensor, whole: Tensor) -> float:
    return float(part) / float(whole) if float(whole) else 1.0


def _f1(right: Tensor, reference: Tensor, estimate: Tensor) -> float:
    return _ratio(2 * right, reference + estimate)
