"""Metrics of melodies.

Conventions: token grids as in `musicae.music.representations.melody` (0 no event, 1 note off, 2 and above an onset), int64
tensors of shape (B, T) with a mask (B, T) of the time steps that count. The reference comes first, then the estimate.
Rates lie in [0, 1] and are averaged over all notes of the set (micro average), not over windows.

Metrics:
    note_f1: F measure of notes. A note is right if its onset step and pitch are (the convention of mir_eval's
        transcription metrics without offsets, Raffel et al., 2014, on a grid instead of a tolerance).
    onset_f1: the same without pitch.
    pitch_accuracy: share of right pitches among notes whose onset step is right.
    note_f1s: the F measure of each window. Its mean over the worst tenth (`musicae.music.metrics.base.worst_decile`) shows what
        a mean over all windows hides.
    window_distance: share of time steps at which two windows sound different. It is a metric, unlike 1 - `step_accuracy`,
        which weights a long note of another pitch as little as a short one.
    in_scale_rates: share of a window's notes in the best of the twelve diatonic scales, major or natural minor (Mogren's scale
        consistency); along a path it falls where keys are mixed.

References:
    Mogren, 2016, C-RNN-GAN, arXiv 1611.09904; Raffel et al., 2014, mir_eval.
"""

from typing import final

import torch
from torch import Tensor

from musicae.music.metrics.base import WindowMetrics, ratio, ratios
from musicae.music.models.batch import GridBatch
from musicae.music.representations.melody import FIRST_ONSET, HOLD

__all__ = [
    "MelodyMetrics",
    "in_scale_rates",
    "note_f1",
    "note_f1s",
    "onset_f1",
    "pitch_accuracy",
    "sounding",
    "window_distance",
]

_MAJOR = (0, 2, 4, 5, 7, 9, 11)


def note_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of notes by onset step and pitch; 1 if neither has notes."""
    true, decoded = _onsets(reference, mask), _onsets(estimate, mask)
    return _f1((true & (reference == estimate)).sum(), true.sum(), decoded.sum())


def onset_f1(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the F measure of onset steps, whatever their pitch; 1 if neither has notes."""
    true, decoded = _onsets(reference, mask), _onsets(estimate, mask)
    return _f1((true & decoded).sum(), true.sum(), decoded.sum())


def pitch_accuracy(reference: Tensor, estimate: Tensor, mask: Tensor) -> float:
    """Return the share of right pitches among the onsets that both have; 1 if there are none."""
    both = _onsets(reference, mask) & _onsets(estimate, mask)
    return ratio((both & (reference == estimate)).sum(), both.sum())


def note_f1s(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the F measure of notes of each window, shape (B,); 1 if neither has notes."""
    true, decoded = _onsets(reference, mask), _onsets(estimate, mask)
    return ratios(2 * (true & (reference == estimate)).sum(1), true.sum(1) + decoded.sum(1))


def sounding(tokens: Tensor) -> Tensor:
    """Return what sounds at each time step: the pitch, and whether it begins there.

    Arguments:
        tokens: Shape (..., T).

    Returns:
        int64, shape (..., T): 0 if nothing sounds, otherwise twice the token of the onset, plus 1 if the note begins there.
    """
    time = torch.arange(tokens.shape[-1], device=tokens.device).expand(tokens.shape)
    event = torch.where(tokens > HOLD, time, -1).cummax(-1).values  # time step of the last event so far, -1 before the first
    last = torch.where(event >= 0, tokens.gather(-1, event.clamp(min=0)), 0)
    return torch.where(last >= FIRST_ONSET, 2 * last, 0) + (tokens >= FIRST_ONSET)


def window_distance(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return how different windows sound: the Hamming distance between the results of `sounding`, per time step.

    Time steps differ if another pitch (or silence) sounds, or if only one of the two begins a note.

    Arguments:
        reference: Tokens, shape (..., T).
        estimate: Tokens, broadcast against them.
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...), in [0, 1]: 0 for windows that sound alike, symmetric, and at most the sum of the distances to a third one.
    """
    differ = (sounding(reference) != sounding(estimate)) & mask
    return differ.sum(-1) / mask.sum(-1).clamp(min=1)


def in_scale_rates(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the share of the notes of each window that lie in the diatonic scale that holds most of them.

    Arguments:
        tokens: Tokens of a melody grid, shape (..., T).
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...), from 7 / 12 (all pitch classes alike) to 1; NaN for windows without notes.
    """
    onset = _onsets(tokens, mask)
    classes = torch.nn.functional.one_hot(tokens % 12, 12) * onset[..., None]  # rotated by a constant, which changes nothing
    counts = classes.sum(-2).float()  # (..., 12)
    scales = torch.zeros(12, 12, device=tokens.device)
    for tonic in range(12):
        scales[[(tonic + step) % 12 for step in _MAJOR], tonic] = 1.0
    return (counts @ scales).amax(-1) / counts.sum(-1)


def _onsets(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return where notes begin, among the time steps that count."""
    return (tokens >= FIRST_ONSET) & mask


def _f1(right: Tensor, reference: Tensor, estimate: Tensor) -> float:
    return ratio(2 * right, reference + estimate)


@final
class MelodyMetrics(WindowMetrics):
    """The metrics of melodies (see the module's text)."""

    headline = "note_f1"
    names = ("step_accuracy", "note_f1", "exact", "hold_accuracy", "kl_bits")

    def distance(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `window_distance`."""
        return window_distance(reference, estimate, mask)

    def f1s(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return `note_f1s`."""
        return note_f1s(reference, estimate, mask)

    def fidelity(self, reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
        """Return 1 minus `window_distance`."""
        return 1 - window_distance(reference, estimate, mask)

    def count_events(self, tokens: Tensor, mask: Tensor) -> int:
        """Return the number of notes."""
        return int(_onsets(tokens, mask).sum())

    def event_metrics(self, reference: GridBatch, estimate: GridBatch) -> dict[str, float]:
        """Return `note_f1`, `onset_f1` and `pitch_accuracy`."""
        windows = reference.tokens, estimate.tokens, reference.mask
        return {"note_f1": note_f1(*windows), "onset_f1": onset_f1(*windows), "pitch_accuracy": pitch_accuracy(*windows)}

    def rates(self, tokens: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return `in_scale`, the result of `in_scale_rates`."""
        return {"in_scale": in_scale_rates(tokens, mask)}
