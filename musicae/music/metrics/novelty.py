"""How new melodies are: the distance of each from the nearest of many known ones, in any key.

Conventions: windows of a melody representation (`musicae.music.representations.melody`) are compared by what sounds at each
time step (`musicae.music.metrics.melody.sounding`), and only with windows in bars of the same lengths.

Metrics:
    nearest_distances: the least `musicae.music.metrics.melody.window_distance` to a known window. Both are transposed so that
        the first note, the last note, or the pitch that sounds longest (the lowest of several) is the same in both; the nearest
        of the three counts. 0 for a copy; 1 if no known window has such bars. Octaves are not folded.
    A copy is a window that sounds like a known one in some key; each of the three alignments finds it.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.music.metrics.melody import sounding

__all__ = ["distinct", "nearest_distances"]

Ints = NDArray[Any]
_PITCHES = 130  # tokens of pitches 0 to 127 are 2 to 129
_WIDEST = 63  # semitones from the aligned pitch; wider intervals count as this one


def distinct(tokens: Ints, bar_steps: Ints) -> NDArray[np.int64]:
    """Return the rows of windows that differ from all before them in any key.

    Arguments:
        tokens: Integers, shape (N, T).
        bar_steps: Integers, shape (N, bars).

    Returns:
        Increasing, shape (number of different windows,).
    """
    aligned = _aligned(_sounding(tokens))[0]
    keys: dict[bytes, int] = {}
    for row, (line, bars) in enumerate(zip(aligned, bar_steps.astype(np.int64), strict=True)):
        keys.setdefault(line[: bars.sum()].tobytes() + bars.tobytes(), row)
    return np.array(list(keys.values()), dtype=np.int64)


def nearest_distances(tokens: Ints, bar_steps: Ints, known: Ints, known_bar_steps: Ints) -> NDArray[np.float64]:
    """Return the distance of each window from the nearest known one in any key.

    Arguments:
        tokens: Integers, shape (N, T).
        bar_steps: Integers, shape (N, bars).
        known: Integers, shape (M, T'); T' may differ from T.
        known_bar_steps: Integers, shape (M, bars).

    Returns:
        Shape (N,), in [0, 1].
    """
    distances = np.ones(len(tokens))
    for bars in np.unique(bar_steps, axis=0):
        length = int(bars.sum())
        mine = np.flatnonzero((bar_steps == bars).all(1))
        theirs = np.flatnonzero((known_bar_steps == bars).all(1))
        if len(theirs):
            pairs = zip(_aligned(_sounding(tokens[mine, :length])), _aligned(_sounding(known[theirs, :length])), strict=True)
            distances[mine] = np.min([_nearest(ours, others) for ours, others in pairs], axis=0) / length
    return distances


def _nearest(windows: NDArray[np.uint8], known: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of time steps at which each window (N, T) differs from the nearest known one (M, T)."""
    table = np.ascontiguousarray(known.T)  # one time step per row, so that comparing one step with all reads memory in order
    total: NDArray[Any] = np.empty(len(known), dtype=np.uint8 if known.shape[1] < 256 else np.uint16)
    least = np.empty(len(windows), dtype=np.int64)
    for i, window in enumerate(windows):
        total[:] = 0
        for line, value in zip(table, window, strict=True):
            total += (line != value).view(np.uint8)
        least[i] = total.min()
    return least


def _sounding(tokens: Ints) -> NDArray[np.int16]:
    """Return the result of `sounding` for arrays."""
    return sounding(torch.from_numpy(tokens.astype(np.int64))).numpy().astype(np.int16)


def _aligned(states: NDArray[np.int16]) -> list[NDArray[np.uint8]]:
    """Return what sounds (N, T) as intervals from the first note, from the last one, and from the pitch that sounds longest."""
    sounds, pitch = states > 0, states >> 1
    rows = np.arange(len(states))
    lasting = np.zeros((len(states), _PITCHES), dtype=np.int64)
    np.add.at(lasting, (np.broadcast_to(rows[:, None], states.shape)[sounds], pitch[sounds]), 1)
    last = states.shape[1] - 1 - sounds[:, ::-1].argmax(1)
    aligned = []
    for anchor in (pitch[rows, sounds.argmax(1)], pitch[rows, last], lasting.argmax(1)):
        interval = (pitch - anchor[:, None]).clip(-_WIDEST, _WIDEST) + _WIDEST + 1
        aligned.append(np.where(sounds, 2 * interval + (states & 1), 0).astype(np.uint8))
    return aligned
