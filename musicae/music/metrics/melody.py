"""Figures that tell how well a melody is kept.

Conventions: token grids as in `musicae.music.representations.melody` (0 no event, 1 note off, 2 and above an onset), int64
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
    step_accuracies, note_f1s: the same rates window by window, for `worst_decile`, the mean over the tenth of the windows that
        fares worst: a mean over all hides the few that a user will notice.
    window_distance: share of time steps at which two windows differ to the ear; a metric, unlike 1 - `step_accuracy`, under
        which one long note of another pitch would count as little as a short one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from musicae.core.autoencoder import Autoencoder
from musicae.core.distributions import DiagonalGaussian, active_units
from musicae.core.objectives import BITS
from musicae.music.metrics.drums import drum_figures
from musicae.music.models.batch import GridBatch

__all__ = [
    "Distance",
    "Reconstructions",
    "exact",
    "grid_scores",
    "hold_accuracy",
    "note_f1",
    "note_f1s",
    "onset_f1",
    "pitch_accuracy",
    "sounding",
    "step_accuracies",
    "step_accuracy",
    "window_distance",
    "worst_decile",
]

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]  # of reference and estimate (..., T) under a mask (..., T), shape (...)


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


def step_accuracies(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the share of right time steps of each window, shape (B,); 1 for a window without any."""
    return _ratios(((reference == estimate) & mask).sum(1), mask.sum(1))


def note_f1s(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the F measure of notes of each window, shape (B,); 1 where neither has notes."""
    here, there = (reference > 1) & mask, (estimate > 1) & mask
    return _ratios(2 * (here & (reference == estimate)).sum(1), here.sum(1) + there.sum(1))


def worst_decile(values: Tensor, *, largest: bool = False) -> float:
    """Return the mean of the worst tenth of values.

    Arguments:
        values: Shape (N,), N at least 1; the tenth is rounded up, so that it holds at least one.
        largest: Whether large values are bad. [default: small ones are]
    """
    return float(values.double().topk(-(-len(values) // 10), largest=largest).values.mean())


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


@dataclass(frozen=True)
class Reconstructions:
    """Windows of a set, padded to one length, and what a model made of them.

    Arguments:
        reference: The tokens, shape (N, T).
        estimate: What was decoded, shape (N, T).
        mask: Time steps that count, shape (N, T).
        values: What tokens do not say, shape (N, T, V); None where nothing is known of it.
        made_values: The same of what was decoded.
        means: Posterior means, shape (N, Z).
        kl_bits: KL of each window in bits, shape (N,).
        nll_bits: Bound on the negative log likelihood of each window in bits, from one code each, shape (N,).
    """

    reference: Tensor
    estimate: Tensor
    mask: Tensor
    values: Tensor | None
    made_values: Tensor | None
    means: Tensor
    kl_bits: Tensor
    nll_bits: Tensor

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        model: Autoencoder[Any],
        batches: Sequence[GridBatch],
        code: Callable[[GridBatch], Tensor] | None = None,
        *,
        seed: int = 0,
    ) -> "Reconstructions":
        """Encode and decode windows.

        Arguments:
            model: A model over token grids, in evaluation mode.
            batches: The windows, at least one.
            code: Gives the codes that are decoded, shape (B, Z). [default: the posterior means]
            seed: Seed of the codes that the bound is computed from.
        """
        width = max(b.tokens.shape[1] for b in batches)
        generator = torch.Generator().manual_seed(seed)
        found: dict[str, list[Tensor]] = {}
        for batch in batches:
            posterior = model.encode(batch)
            made = model.generate(posterior.mode if code is None else code(batch), batch)
            bits = posterior.kl().sum(1) * BITS
            noise = torch.randn(posterior.mean.shape, generator=generator).to(posterior.mean.device)
            z = posterior.mean + noise * posterior.std if isinstance(posterior, DiagonalGaussian) else posterior.mean
            parts = {"reference": batch.tokens, "estimate": made.tokens, "mask": batch.mask, "values": batch.values}
            parts |= {"made_values": made.values, "means": posterior.mean}
            parts |= {"kl_bits": bits, "nll_bits": bits - model.log_likelihood(batch, z) * BITS}
            for name, part in parts.items():
                if part is not None:
                    more = width - batch.tokens.shape[1] if name not in ("means", "kl_bits", "nll_bits") else 0
                    found.setdefault(name, []).append(_pad(part.cpu(), more))
        whole = {name: torch.cat(parts) for name, parts in found.items()}
        return cls(values=whole.pop("values", None), made_values=whole.pop("made_values", None), **whole)

    def figures(self) -> dict[str, float]:
        """Return what `grid_scores` does."""
        ref, est, on = self.reference, self.estimate, self.mask
        if self.values is not None:
            kept = drum_figures(ref, est, on, self.values, self.made_values)
        else:
            kept = {"note_f1": note_f1(ref, est, on), "onset_f1": onset_f1(ref, est, on)}
            kept["pitch_accuracy"] = pitch_accuracy(ref, est, on)
        return {
            "hold_accuracy": hold_accuracy(ref, on),
            "step_accuracy": step_accuracy(ref, est, on),
            **kept,
            "exact": exact(ref, est, on),
            "kl_bits": float(self.kl_bits.double().mean()),
            "nll_bits": float(self.nll_bits.double().mean()),
            "active_units": float(active_units(self.means)),
        }


def grid_scores(
    model: Autoencoder[Any], batches: Sequence[GridBatch], code: Callable[[GridBatch], Tensor] | None = None
) -> dict[str, float]:
    """Return all figures of reconstructions from the posterior mean, decoded freely at temperature 0.

    Arguments:
        model: A model over token grids, in evaluation mode.
        batches: The windows, at least one.
        code: Gives the codes that are decoded, shape (B, Z). [default: the posterior means]

    Returns:
        `hold_accuracy`, `step_accuracy`, `exact`, `kl_bits` (mean a window), `nll_bits` (bound on the negative log
        likelihood, mean a window) and `active_units`; of melodies also `note_f1`, `onset_f1` and `pitch_accuracy`, of drum
        patterns those of `musicae.music.metrics.drums.drum_figures`. `musicae.music.evaluation.codes.thorough_scores` has more.
    """
    return Reconstructions.of(model, batches, code).figures()


def _pad(part: Tensor, more: int) -> Tensor:
    """Add `more` time steps of 0 to (B, T) or (B, T, V)."""
    return torch.nn.functional.pad(part, (0, more) if part.ndim == 2 else (0, 0, 0, more)) if more else part


def _ratio(part: Tensor, whole: Tensor) -> float:
    return float(part) / float(whole) if float(whole) else 1.0


def _f1(right: Tensor, reference: Tensor, estimate: Tensor) -> float:
    return _ratio(2 * right, reference + estimate)


def _ratios(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part.double() / whole.clamp(min=1), 1.0)
