"""Musical attributes of a window that a code can be steered by.

All are pure functions of a token window, defined for any metre, and continuous enough to be changed by degrees:

    density      notes per quarter note
    interval     mean absolute interval between successive notes, in semitones
    range        highest minus lowest pitch, in semitones
    syncopation  mean over notes of the difference between the strongest metrical place that the note sounds through and the
                 place at which it begins, if that is weaker, after
                 Longuet-Higgins and Lee, 1984, The rhythmic interpretation of monophonic music; the strength of a place in
                 a bar of L time steps is minus the number of prime factors of L / gcd(place, L). So halves and thirds of
                 the bar are equally strong, and one rule applies to 3/4 and 6/8
    register     mean pitch, in semitones (MIDI numbers)
    scale        scale adherence: how well the sounding time of the pitch classes fits the best of the 24 keys, as the
                 correlation with its profile (Krumhansl and Kessler, 1982; Krumhansl, 1990, Cognitive Foundations of Musical
                 Pitch), from -1 to 1. Unlike the share of notes in the key, it is not at its maximum for most tunes.

Windows without notes have no attributes: NaN.

References:
    Roberts et al., 2018, arXiv 1803.05428, steer MusicVAE by note density, average interval, syncopation and scale adherence.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicae.music.representations import GridWindow, Representation
from musicae.music.score import Note

__all__ = ["ATTRIBUTES", "best_key", "measure_attributes", "metrical_strength"]

ATTRIBUTES = ("density", "interval", "range", "syncopation", "register", "scale")

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def measure_attributes(windows: Sequence[GridWindow], representation: Representation) -> NDArray[np.float64]:
    """Return the attributes of windows, in the order of `ATTRIBUTES`, shape (number of windows, 6); NaN without notes."""
    rows = [_attributes(window, representation) for window in windows]
    return np.array(rows, dtype=np.float64).reshape(len(windows), len(ATTRIBUTES))


def metrical_strength(place: int, steps: int) -> int:
    """Return the strength of a place in a bar: 0 for the bar line, -1 for its halves and thirds, and so on."""
    rest, factors, divisor = steps // math.gcd(place, steps), 0, 2
    while rest > 1:
        while rest % divisor == 0:
            rest, factors = rest // divisor, factors + 1
        divisor += 1
    return -factors


def _attributes(window: GridWindow, representation: Representation) -> tuple[float, ...]:
    notes = representation.decode(window)
    if not notes:
        return (math.nan,) * len(ATTRIBUTES)
    pitches = [n.pitch for n in notes]
    leaps = [abs(b - a) for a, b in pairwise(pitches)]
    return (
        len(notes) / representation.quarters(window.bar_steps),
        sum(leaps) / max(1, len(leaps)),
        float(max(pitches) - min(pitches)),
        _syncopation(notes, window.bar_steps, representation),
        sum(pitches) / len(pitches),
        _key_fit(notes),
    )


def _syncopation(notes: Sequence[Note], bar_steps: tuple[int, ...], representation: Representation) -> float:
    strengths = _strengths(tuple(representation.times((steps,)) for steps in bar_steps))
    total = 0
    for note in notes:
        onset, end = (representation.nearest_step(time, bar_steps) for time in (note.onset, note.end))
        total += max(0, max(strengths[onset + 1 : end], default=-99) - strengths[onset])
    return total / len(notes)


@lru_cache(maxsize=256)
def _strengths(bars: tuple[tuple[float, ...], ...]) -> tuple[int, ...]:
    """Return the strength of each time step of bars, given the times at which their steps begin and the last one ends.

    The steps of a triplet are weaker than all others, because the third of a beat is not a place of the metre.
    """
    strengths: list[int] = []
    for *places, end in bars:
        units = [round(24 * place) for place in places]  # of a quarter note; thirty-seconds lie at multiples of 3
        even = {u: metrical_strength(u, round(24 * end)) for u in units if u % 3 == 0}
        strengths += [even.get(u, min(even.values()) - 1) for u in units]
    return tuple(strengths)


def best_key(notes: Sequence[Note]) -> int:
    """Return the key whose profile fits the sounding time of the pitch classes best: 0 to 11 C to B major, 12 to 23 minor."""
    return int((_profiles() @ _sounding_times(notes)).argmax())


def _key_fit(notes: Sequence[Note]) -> float:
    times = _sounding_times(notes)
    return float((_profiles() @ times).max() / np.sqrt(times @ times)) if times.any() else 0.0


def _sounding_times(notes: Sequence[Note]) -> NDArray[np.float64]:
    """Return the time that each pitch class sounds, minus the mean of all, shape (12,)."""
    times = np.zeros(12)
    for note in notes:
        times[note.pitch % 12] += note.duration
    times -= times.mean()
    return times


@lru_cache(maxsize=1)
def _profiles() -> NDArray[np.float64]:
    """Return the profiles of the 24 keys, of mean 0 and length 1, shape (24, 12)."""
    rows = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    rows -= rows.mean(1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
