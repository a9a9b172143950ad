"""Metrics of a set of melodies: how similar it is to another set, and how much it repeats itself.

Conventions: the representation decodes windows to notes with pitches. Windows without notes have no features and are counted
separately.

Features, each a histogram over a whole set:
    pitch_class: pitch class of each note, relative to the tonic of the key that fits its window best
        (`musicae.music.metrics.attributes.best_key`), 0 to 11, so that transposed music counts as the same music.
        `pitch_class_absolute`, relative to C, is reported too and not part of the mean, because a model that is trained on
        transposed windows prefers no key.
    interval: from each note to the next, in semitones, -12 to 12; larger intervals are counted in the outer bins.
    duration: of each note, in 24ths of a quarter note, up to 4 quarter notes; longer notes are counted in the last bin.
    onsets: notes that begin in each bar, 0 to 32.
    range: highest minus lowest pitch of each window, in bins of 3 semitones up to 36.
    syncopation: of each window (`musicae.music.metrics.attributes`), in bins of 0.1 up to 3.

Metrics:
    overlap: area under the lower of two histograms of area 1, from 0 (nothing in common) to 1 (equal). Yang and Lerch use this
        overlapping area for densities of pairwise distances; here it is the area for the features themselves. Two finite sets
        of the same kind of music stay below 1, so compare it with the overlap of two halves of the real data.
    repetition: share of the pairs of successive melodic steps (interval, time from onset to onset) that occurred before in the
        same window; transposed repetition counts (seq-rep-n of Welleck et al., with n = 2).

References:
    Yang and Lerch, 2020, On the evaluation of generative models in music, Neural Computing and Applications 32; Welleck et
    al., 2019, arXiv 1908.04319.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicae.music.metrics.attributes import ATTRIBUTES, best_key, measure_attributes
from musicae.music.representations import GridWindow, Representation
from musicae.music.score import Note

__all__ = ["FEATURES", "features", "histograms", "middles", "overlap", "overlaps", "repetition"]

Floats = NDArray[np.float64]

# Per feature: width of a bin, and the middles of the first and the last bin, in which values beyond them are counted.
_BINS: dict[str, tuple[float, float, float]] = {
    "pitch_class": (1, 0, 11),
    "interval": (1, -12, 12),
    "duration": (1, 1, 96),
    "onsets": (1, 0, 32),
    "range": (3, 1, 34),
    "syncopation": (0.1, 0.05, 2.95),
    "pitch_class_absolute": (1, 0, 11),
}
FEATURES = tuple(name for name in _BINS if name != "pitch_class_absolute")
_TICKS = 24  # of a quarter note


def features(windows: Sequence[GridWindow], representation: Representation) -> dict[str, Floats]:
    """Return the values of each feature over a set of windows, pooled, in arrays of any length."""
    pooled: dict[str, list[float]] = {name: [] for name in _BINS}
    for window in windows:
        notes = representation.decode(window)
        if not notes:
            continue
        tonic = best_key(notes) % 12
        pooled["pitch_class"] += [(n.pitch - tonic) % 12 for n in notes]
        pooled["pitch_class_absolute"] += [n.pitch % 12 for n in notes]
        pooled["interval"] += [b.pitch - a.pitch for a, b in pairwise(notes)]
        pooled["duration"] += [round(_TICKS * n.duration) for n in notes]
        pooled["onsets"] += _onsets(notes, window, representation)
    arrays = {name: np.array(values, dtype=np.float64) for name, values in pooled.items()}
    measured = measure_attributes(windows, representation)
    for name in ("range", "syncopation"):
        column = measured[:, ATTRIBUTES.index(name)]
        arrays[name] = column[~np.isnan(column)]
    return arrays


def _onsets(notes: Sequence[Note], window: GridWindow, representation: Representation) -> list[float]:
    """Return the number of notes that begin in each bar."""
    times = representation.times(window.bar_steps)
    edges = [times[step] for step in (0, *np.cumsum(window.bar_steps))]
    counts, _ = np.histogram([n.onset for n in notes], edges)
    return [float(count) for count in counts]


def histograms(values: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the histogram of each feature; its sum is 1, or 0 if there are no values.

    Arguments:
        values: The result of `features`.

    Returns:
        By feature, float64, shape (number of its bins,).
    """
    shapes = {}
    for name, column in values.items():
        width, first, last = _BINS[name]
        count = round((last - first) / width) + 1
        place = np.floor((column - first) / width + 0.5).clip(0, count - 1).astype(np.int64)
        shapes[name] = np.bincount(place, minlength=count) / max(1, len(column))
    return shapes


def middles(name: str) -> list[float]:
    """Return the middles of a feature's bins."""
    width, first, last = _BINS[name]
    return [first + i * width for i in range(round((last - first) / width) + 1)]


def overlap(reference: Floats, estimate: Floats) -> float:
    """Return the area under the lower of two histograms of sum 1; symmetric, in [0, 1], and 1 for equal histograms."""
    return min(1.0, float(np.minimum(reference, estimate).sum()))


def overlaps(reference: Mapping[str, Floats], estimate: Mapping[str, Floats]) -> dict[str, float]:
    """Return the overlap of each feature's histograms and, as `overlap`, the mean over `FEATURES`."""
    areas = {name: overlap(reference[name], estimate[name]) for name in _BINS}
    mean = math.fsum(areas[name] for name in FEATURES) / len(FEATURES)
    return {"overlap": mean, **{f"overlap_{name}": area for name, area in areas.items()}}


def repetition(windows: Sequence[GridWindow], representation: Representation) -> float:
    """Return the share of pairs of melodic steps that occurred before in the same window; 0 if there are none."""
    repeated = total = 0
    for window in windows:
        notes = representation.decode(window)
        steps = [(b.pitch - a.pitch, round(_TICKS * (b.onset - a.onset))) for a, b in pairwise(notes)]
        pairs = list(pairwise(steps))
        repeated += len(pairs) - len(set(pairs))
        total += len(pairs)
    return repeated / total if total else 0.0
