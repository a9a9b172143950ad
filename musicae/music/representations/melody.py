"""One melody on a grid: the field's standard representation, and a finer one that keeps triplets.

Each time step (a sixteenth at 4 steps per quarter note) holds one token:

    0        no event: the note or the rest continues
    1        note off
    2 ... 89 onset of MIDI pitch 21 ... 108

Worked example, two bars of 2/4, quarter = 4 steps: C4 for a quarter, E4 for an eighth, an eighth of rest, then
G4 for a half note. C4 is pitch 60, token 60 - 19 = 41:

    step   0  1  2  3 |  4  5  6  7 ||  8  9 10 11 | 12 13 14 15
    token 41  0  0  0 | 45  0  1  0 || 48  0  0  0 |  0  0  0  0

A new onset ends the note before it. Of simultaneous onsets, the highest is used. A note that already sounds when the
window begins is an onset at step 0. Windows may be silent, may be short, and may begin with rests.

`TripletGrid` adds the two places where the later notes of a triplet of eighths begin: six steps per quarter note, of unequal
length. The first quarter note below holds a triplet C4 D4 E4, the second one two sixteenths C4 D4 and an eighth E4:

    place  0 1/4 1/3 1/2 2/3 3/4 | 0 1/4 1/3 1/2 2/3 3/4
    step   0  1   2   3   4   5  | 6  7   8   9  10  11
    token 41  0  43   0  45   0  | 41 43  0  45   0   0

References:
    Roberts et al., 2018, A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music, arXiv 1803.05428.
"""

from abc import ABC
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from musicae.errors import ParameterError
from musicae.music.representations.base import GridWindow, Representation, Tokens
from musicae.music.score import Bar, Note

__all__ = ["FIRST_ONSET", "HOLD", "OFF", "MelodyGrid", "TripletGrid"]

HOLD, OFF, FIRST_ONSET = 0, 1, 2


class _Melody(Representation, ABC):
    """One melody on the time steps that a subclass defines.

    Arguments:
        positions: Where in a quarter note each time step begins.
        lowest: Lowest MIDI pitch.
        highest: Highest MIDI pitch; notes outside the range are moved into it by octaves.
    """

    kind = "melody"

    def __init__(self, positions: tuple[float, ...], lowest: int, highest: int) -> None:
        self.positions = positions
        self.lowest = lowest
        self.highest = highest

    @property
    def depth(self) -> int:
        """Number of different tokens: one per pitch, no event and note off."""
        return self.highest - self.lowest + 1 + FIRST_ONSET

    def encode(self, notes: Sequence[Note], bars: Sequence[Bar]) -> GridWindow:
        """Put the notes sounding in `bars` on the grid; onsets and ends go to the nearest step."""
        bar_steps = self.bar_steps(bars)
        steps = sum(bar_steps)
        start = bars[0].start
        tokens = np.zeros(steps, dtype=np.int64)
        ends = np.zeros(steps, dtype=np.int64)
        placed = [(self.nearest_step(n.onset - start, bar_steps), n) for n in notes]
        # Low notes first, so that a higher one on the same step replaces them; tied-in notes before onsets.
        for onset, note in sorted(placed, key=lambda p: (p[0] >= 0, p[1].pitch)):
            end = max(self.nearest_step(note.end - start, bar_steps), onset + 1)
            if onset >= steps or end <= 0:
                continue
            onset = max(onset, 0)
            tokens[onset] = self._fold(note.pitch) - self.lowest + FIRST_ONSET
            ends[onset] = end
        onsets = [int(i) for i in np.flatnonzero(tokens)]
        for onset, following in pairwise([*onsets, steps]):
            if ends[onset] < following:
                tokens[ends[onset]] = OFF
        return GridWindow(tokens, bar_steps)

    def decode(self, window: GridWindow, *, velocity: int = 80) -> tuple[Note, ...]:
        """Return the notes; each lasts until the next onset, note off, or the window's end."""
        events = [*np.flatnonzero(window.tokens), len(window.tokens)]
        times = self.times(window.bar_steps)
        notes = []
        for step, following in pairwise(events):
            token = int(window.tokens[step])
            if token >= FIRST_ONSET:
                pitch = token - FIRST_ONSET + self.lowest
                notes.append(Note(times[step], times[following] - times[step], pitch, velocity))
        return tuple(notes)

    def begins(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Return at which time steps notes begin."""
        return tokens >= FIRST_ONSET

    def transpose(self, tokens: Tokens, semitones: NDArray[np.int64] | int) -> Tokens:
        """Shift all onsets by `semitones` (broadcast against `tokens`)."""
        pitches = tokens - FIRST_ONSET + semitones
        span = self.highest - self.lowest
        pitches = np.where(pitches < 0, pitches + 12 * (-(pitches // 12)), pitches)
        pitches = np.where(pitches > span, pitches - 12 * (-((span - pitches) // 12)), pitches)
        return np.where(tokens >= FIRST_ONSET, pitches + FIRST_ONSET, tokens)

    def _fold(self, pitch: int) -> int:
        while pitch < self.lowest:
            pitch += 12
        while pitch > self.highest:
            pitch -= 12
        return pitch


def _check(name: str, steps: int, lowest: int, highest: int) -> None:
    if not 1 <= steps <= 96 or not 0 <= lowest <= highest - 11 <= 116:
        raise ParameterError(
            f"{name} needs 1 to 96 steps per quarter note and a range of at least an octave within 0 to 127; got "
            f"steps_per_quarter={steps}, lowest={lowest}, highest={highest}."
        )


@final
class MelodyGrid(_Melody):
    """Melody on an even grid (see the module's worked example).

    Arguments:
        steps_per_quarter: Time steps per quarter note; 4 means sixteenths.
        lowest: Lowest MIDI pitch.
        highest: Highest MIDI pitch; notes outside the range are moved into it by octaves.
    """

    name = "melody"

    def __init__(self, steps_per_quarter: int = 4, lowest: int = 21, highest: int = 108) -> None:
        _check("MelodyGrid", steps_per_quarter, lowest, highest)
        super().__init__(tuple(i / steps_per_quarter for i in range(steps_per_quarter)), lowest, highest)

    def to_dict(self) -> dict[str, Any]:
        """Return name and constructor arguments."""
        return {
            "name": self.name,
            "steps_per_quarter": self.steps_per_quarter,
            "lowest": self.lowest,
            "highest": self.highest,
        }


@final
class TripletGrid(_Melody):
    """Melody on sixteenths and triplets of eighths, six steps per quarter note (see the module's worked example).

    Of the onsets in the collections of Ryan, O'Neill and Aird, 98.6 % lie exactly on these steps, and 96.7 % on sixteenths.

    Arguments:
        lowest: Lowest MIDI pitch.
        highest: Highest MIDI pitch; notes outside the range are moved into it by octaves.
    """

    name = "melody-triplets"

    def __init__(self, lowest: int = 21, highest: int = 108) -> None:
        _check("TripletGrid", 6, lowest, highest)
        super().__init__((0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4), lowest, highest)

    def to_dict(self) -> dict[str, Any]:
        """Return name and constructor arguments."""
        return {"name": self.name, "lowest": self.lowest, "highest": self.highest}
