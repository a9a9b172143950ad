"""What every representation offers: notes in a few bars to a grid of tokens, and back."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicae.errors import RepresentationError
from musicae.score import Bar, Note

__all__ = ["GridWindow", "Representation"]

Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class GridWindow:
    """A few consecutive bars on a grid.

    Arguments:
        tokens: One token a time step, shape (T,).
        bar_steps: Time steps of each bar; they sum to T.
    """

    tokens: Tokens
    bar_steps: tuple[int, ...]

    def __post_init__(self) -> None:
        """Check that the bars cover the tokens."""
        if len(self.tokens) != sum(self.bar_steps):
            raise RepresentationError(f"{len(self.tokens)} tokens do not fill bars of {self.bar_steps} steps.")


class Representation(ABC):
    """Translates between notes and tokens.

    Every implementation obeys two laws, tested for all of them: `decode` accepts any tokens below `depth`, and
    `encode(decode(encode(notes)))` equals `encode(notes)`.
    """

    name: str
    steps_per_quarter: int

    @property
    @abstractmethod
    def depth(self) -> int:
        """Number of different tokens, D."""

    @abstractmethod
    def encode(self, notes: Sequence[Note], bars: Sequence[Bar]) -> GridWindow:
        """Put the notes sounding in `bars` on the grid.

        Raises:
            RepresentationError: a bar is not a whole number of steps.
        """

    @abstractmethod
    def decode(self, window: GridWindow, *, velocity: int = 80) -> tuple[Note, ...]:
        """Return the notes of a window, onsets in quarter notes from the window's start."""

    @abstractmethod
    def transpose(self, tokens: Tokens, semitones: NDArray[np.int64] | int) -> Tokens:
        """Shift the pitches in `tokens` (any shape); pitches outside the range move by an octave into it."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return `name` and constructor arguments, JSON-able; `representations.build` is the inverse."""

    def bar_steps(self, bars: Sequence[Bar]) -> tuple[int, ...]:
        """Return the number of time steps of each bar.

        Raises:
            RepresentationError: a bar is not a whole number of steps.
        """
        counts = []
        for bar in bars:
            steps = bar.length * self.steps_per_quarter
            if abs(steps - round(steps)) > 0.02 or round(steps) < 1:
                raise RepresentationError(
                    f"Bar {bar.number} ({bar.numerator}/{bar.denominator}) lasts {bar.length:g} quarter notes, which is "
                    f"not a whole number of steps at {self.steps_per_quarter} a quarter; choose other bars."
                )
            counts.append(round(steps))
        return tuple(counts)
