"""The rhythm of a melody on sixteenths: token 1 is an onset, 0 is no event."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from musicae.music.representations.base import GridWindow, Representation, Tokens
from musicae.music.score import Bar, Note

__all__ = ["RhythmGrid"]

_PITCH = 76  # the pitch of decoded notes; a wood block has it on the drum channel


@final
class RhythmGrid(Representation):
    """Onsets without pitch. Each lasts until the next one."""

    name = "rhythm"
    kind = "rhythm"

    def __init__(self) -> None:
        self.positions = (0.0, 0.25, 0.5, 0.75)

    @property
    def depth(self) -> int:
        """Number of different tokens."""
        return 2

    def to_dict(self) -> dict[str, Any]:
        """Return the name."""
        return {"name": self.name}

    def encode(self, notes: Sequence[Note], bars: Sequence[Bar]) -> GridWindow:
        """Put onsets on the nearest steps."""
        bar_steps = self.bar_steps(bars)
        tokens = np.zeros(sum(bar_steps), dtype=np.int64)
        steps = [self.nearest_step(note.onset - bars[0].start, bar_steps) for note in notes]
        tokens[[step for step in steps if 0 <= step < len(tokens)]] = 1
        return GridWindow(tokens, bar_steps)

    def decode(self, window: GridWindow, *, velocity: int = 80) -> tuple[Note, ...]:
        """Return the notes."""
        times = self.times(window.bar_steps)
        steps = [*np.flatnonzero(window.tokens).tolist(), len(window.tokens)]
        return tuple(Note(times[a], times[b] - times[a], _PITCH, velocity) for a, b in pairwise(steps))

    def transpose(self, tokens: Tokens, semitones: NDArray[np.int64] | int) -> Tokens:
        """Return the tokens unchanged: a rhythm has no pitch."""
        return tokens

    def begins(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Return at which time steps there are onsets."""
        return tokens > 0
