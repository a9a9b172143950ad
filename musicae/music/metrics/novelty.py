"""How new melodies are: how far each is from the nearest of many known ones, in whatever key.

Conventions: windows are compared as they sound (`musicae.music.metrics.melody.sounding`), and only with windows in bars of the same
lengths.

Figures:
    nearest_distance: the least `musicae.music.metrics.melody.window_distance` to a known window, each transposed so that in both the
        first note, the last note, or the pitch that sounds longest (of several the lowest) is the same, whichever of the three
        is nearest; 0 for a copy, 1 where no known window has such bars. Octaves are not folded.
    A copy is a window that sounds like a known one in some key; any of the three alignments finds it.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from musicae.music.metrics.melody import sounding

__all__ = ["distinct", "nearest_distances"]

Ints = NDArray[Any]
_PITCHES = 130  # tokens of pitches 0 to 127 are 2 to 129
_WIDEST = 63  # semitones from the pitch that is aligned; wider intervals count as this one


def distinct(tokens: Ints, bar_steps: Ints) -> NDArray[np.int64]:
    """Return the rows of windows that differ from all before them, in whatever key.

    Arguments:
        tokens: Integers, shape (N, T).
        bar_steps: Integers, shape (N, bars).

    Returns:
        Increasing, shape (number of kinds,).
    """
    aligned = _aligned(_heard(tokens))[0]
    keys: dict[bytes, int] = {}
    for row, (line, bars) in enumerate(zip(aligned, bar_steps.astype(np.int64), strict=True)):
        keys.setdefault(line[: bars.sum()].tobytes() + bars.tobytes(), row)
    return np.array(list(keys.values()), dtype=np.int64)


def nearest_distances(tokens: Ints, bar_steps: Ints, known: Ints, known_bar_steps: Ints) -> NDArray[np.float64]:
    """Return how far each window is from the nearest known one in any key.

    Arguments:
        tokens: Integers, shape (N, T).
        bar_steps: Integers, shape (N, bars).
        known: Integers, shape (M, T'); T' may be another than T.
        known_bar_steps: Integers, shape (M, bars).

    Returns:
        Shape (N,), in [0, 1].
    """
    found = np.ones(len(tokens))
    for bars in np.unique(bar_steps, axis=0):
        length = int(bars.sum())
        mine = np.flatnonzero((bar_steps == bars).all(1))
        theirs = np.flatnonzero((known_bar_steps == bars).all(1))
        if len(theirs):
            pairs = zip(_aligned(_heard(tokens[mine, :length])), _aligned(_heard(known[theirs, :length])), strict=True)
            found[mine] = np.min([_nearest(ours, others) for ours, others in pairs], axis=0) / length
    return found


def _nearest(windows: NDArray[np.uint8], known: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return at how many time steps each window (N, T) differs from the nearest known one (M, T)."""
    table = np.ascontiguousarray(known.T)  # a time step a row, so that comparing one step with all runs along memory
    total: NDArray[Any] = np.empty(len(known), dtype=np.uint8 if known.shape[1] < 256 else np.uint16)
    least = np.empty(len(windows), dtype=np.int64)
    for i, window in enumerate(windows):
        total[:] = 0
        for line, value in zip(table, window, strict=True):
            total += (line != value).view(np.uint8)
        least[i] = total.min()
    return least


def _heard(tokens: Ints) -> NDArray[np.int16]:
    """Return what sounds at each time step: 0 for nothing, else twice the onset's token, plus 1 where the note begins."""
    heard: NDArray[np.int16] = sounding(torch.from_numpy(tokens.astype(np.int64))).numpy().astype(np.int16)
    return heard


def _aligned(heard: NDArray[np.int16]) -> list[NDArray[np.uint8]]:
    """Return what sounds (N, T) in intervals from the first note, from the last one, and from the pitch that sounds longest."""
    sounds, pitch = heard > 0, heard >> 1
    rows = np.arange(len(heard))
    lasting = np.zeros((len(heard), _PITCHES), dtype=np.int64)
    np.add.at(lasting, (np.broadcast_to(rows[:, None], heard.shape)[sounds], pitch[sounds]), 1)
    last = heard.shape[1] - 1 - sounds[:, ::-1].argmax(1)
    made = []
    for anchor in (pitch[rows, sounds.argmax(1)], pitch[rows, last], lasting.argmax(1)):
        interval = (pitch - anchor[:, None]).clip(-_WIDEST, _WIDEST) + _WIDEST + 1
        made.append(np.where(sounds, 2 * interval + (heard & 1), 0).astype(np.uint8))
    return made
