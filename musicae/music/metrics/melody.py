"""Metrics of melodies.

Conventions: token grids as in `musicae.music.representations.melody` (0 no event, 1 note off, 2 and above an onset), int64
tensors of shape (B, T) with a mask (B, T) of the time steps that count; the reference comes first, then the estimate.
Rates lie in [0, 1], averaged over all notes of the set (micro average), not over windows.

Metrics:
    note_f1: F measure of notes. A note is right if its onset step and pitch are (the convention of mir_eval's
        transcription metrics without offsets, Raffel et al., 2014, on a grid instead of a tolerance).
    onset_f1: the same without pitch.
    pitch_accuracy: share of right pitches among notes whose onset step is right.
    note_f1s: the F measure of each window. The mean over its worst tenth (`musicae.music.metrics.base.worst_decile`) shows what
        a mean over all windows hides.
    window_distance: share of time steps at which two windows differ to the ear. It is a metric, unlike 1 - `step_accuracy`, under
        which one long note of another pitch would count as little as a short one.
    in_scale_rates: share of a window's notes in the best of the twelve diatonic scales, major or natural minor (Mogren's scale
        consistency); along a path it falls where keys are mixed.

References:
    Mogren, 2016, C-RNN-GAN, arXiv 1611.09904; Raffel et al., 2014, mir_eval.
"""

from typing import final

import torch
from torch import Tensor

from musicae.music.metrics.base import WindowMetrics, ratio, ratios
from musicae.music.metrics.reconstruction import Reconstructions

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
    return ratio((both & (reference == estimate)).sum(), both.sum())


def note_f1s(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return the F measure of notes of each window, shape (B,); 1 where neither has notes."""
    here, there = (reference > 1) & mask, (estimate > 1) & mask
    return ratios(2 * (here & (reference == estimate)).sum(1), here.sum(1) + there.sum(1))


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


def in_scale_rates(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the share of the notes of each window that lie in the diatonic scale that holds most of them.

    Arguments:
        tokens: Tokens of a melody grid, shape (..., T).
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...), from 7 / 12 (all pitch classes alike) to 1; NaN for windows without notes.
    """
    onset = (tokens > 1) & mask
    classes = torch.nn.functional.one_hot(tokens % 12, 12) * onset[..., None]  # rotated by a constant: no matter here
    counts = classes.sum(-2).float()  # (..., 12)
    scales = torch.zeros(12, 12, device=tokens.device)
    for tonic in range(12):
        scales[[(tonic + step) % 12 for step in _MAJOR], tonic] = 1.0
    return (counts @ scales).amax(-1) / counts.sum(-1)


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
        return int(((tokens > 1) & mask).sum())

    def event_metrics(self, results: Reconstructions) -> dict[str, float]:
        """Return `note_f1`, `onset_f1` and `pitch_accuracy`."""
        windows = results.reference, results.estimate, results.mask
        return {"note_f1": note_f1(*windows), "onset_f1": onset_f1(*windows), "pitch_accuracy": pitch_accuracy(*windows)}

    def along_path(self, paths: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return `in_scale`, the mean along the path without its ends, and `in_scale_ends`, that of its ends.

        Windows without notes are skipped; a path without any note has NaN.
        """
        rates = in_scale_rates(paths, mask[:, None])
        return {"in_scale": rates[:, 1:-1].nanmean(1), "in_scale_ends": rates[:, [0, -1]].nanmean(1)}
