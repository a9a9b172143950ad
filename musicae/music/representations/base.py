"""What every representation offers: it turns the notes of a few bars into a grid of tokens, and back."""

import json
import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicae.errors import RepresentationError
from musicae.music.score import Bar, Note

__all__ = ["GridWindow", "Representation"]

Tokens = NDArray[np.int64]
Values = NDArray[np.float32]


@dataclass(frozen=True)
class GridWindow:
    """A few consecutive bars on a grid.

    Arguments:
        tokens: One token per time step, shape (T,).
        bar_steps: Time steps of each bar; they sum to T.
        values: Expression values (such as velocities and microtiming offsets), in [-1, 1], shape (T, V); None if unknown.
    """

    tokens: Tokens
    bar_steps: tuple[int, ...]
    values: Values | None = None

    def __post_init__(self) -> None:
        """Check that the bars cover the tokens."""
        if len(self.tokens) != sum(self.bar_steps):
            raise RepresentationError(f"{len(self.tokens)} tokens do not fill bars of {self.bar_steps} steps.")
        if self.values is not None and len(self.values) != len(self.tokens):
            raise RepresentationError(f"{len(self.values)} rows of values do not fit {len(self.tokens)} tokens.")


class Representation(ABC):
    """Translates between notes and tokens.

    Every implementation obeys two laws, tested for all of them: `decode` accepts any tokens below `depth`, and
    `encode(decode(encode(notes)))` equals `encode(notes)`.

    The time steps of a quarter note may be of unequal length: `positions` lists their places in it.
    """

    name: str
    positions: tuple[float, ...]
    kind: str  # the kind of music it represents, a key of `musicae.music.kinds.KINDS`
    values: int = 0  # expression values per time step, V

    def __eq__(self, other: object) -> bool:
        """Return whether another object is a representation with the same name and arguments."""
        return isinstance(other, Representation) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict(), sort_keys=True))

    @property
    def steps_per_quarter(self) -> int:
        """Number of time steps per quarter note."""
        return len(self.positions)

    @property
    def half_step(self) -> float:
        """Margin before a bar line, in quarter notes, within which an onset belongs to the bar after the line."""
        return (1.0 - self.positions[-1]) / 2

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
        """Shift the pitches in `tokens` (any shape); pitches outside the range move by an octave into it.

        A representation without pitches returns the tokens unchanged.
        """

    @abstractmethod
    def begins(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Return where notes or hits begin: bool, of the shape of `tokens`."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return `name` and constructor arguments, JSON-able.

        `musicae.music.representations.representation_from_dict` is the inverse.
        """

    def bar_steps(self, bars: Sequence[Bar]) -> tuple[int, ...]:
        """Return the number of time steps of each bar.

        Raises:
            RepresentationError: a bar is not a whole number of steps.
        """
        counts = []
        for bar in bars:
            steps = self.steps_in(bar.length, otherwise=0)
            if steps < 1:
                raise RepresentationError(
                    f"Bar {bar.number} ({bar.numerator}/{bar.denominator}) lasts {bar.length:g} quarter notes, which is "
                    f"not a whole number of steps at {self.steps_per_quarter} per quarter note; choose other bars."
                )
            counts.append(steps)
        return tuple(counts)

    def times(self, bar_steps: Sequence[int]) -> tuple[float, ...]:
        """Return the time at which each step of bars begins, and the end of the last one, in quarter notes from their start."""
        return _times(self.positions, tuple(bar_steps))

    def quarters(self, bar_steps: Sequence[int]) -> float:
        """Return the length of bars in quarter notes."""
        return self.times(bar_steps)[-1]

    def nearest_step(self, time: float, bar_steps: Sequence[int]) -> int:
        """Return the time step of bars that begins nearest to a time in quarter notes from their start.

        A time before the bars gives -1. A time after the middle of their last step gives the number of their steps.
        """
        return bisect_right(_middles(self.positions, tuple(bar_steps)), time) - 1

    def steps_in(self, quarters: float, *, otherwise: int) -> int:
        """Return the number of time steps in a length, or `otherwise` if the length does not end with a step."""
        tolerance = 0.02 / len(self.positions)
        whole = math.floor(quarters + tolerance)
        for i, place in enumerate(self.positions):
            if abs(place - (quarters - whole)) <= tolerance:
                return whole * len(self.positions) + i
        return otherwise


@lru_cache(maxsize=4096)
def _times(positions: tuple[float, ...], bar_steps: tuple[int, ...]) -> tuple[float, ...]:
    start, times = 0.0, []
    for steps in bar_steps:
        times += [start + i // len(positions) + positions[i % len(positions)] for i in range(steps)]
        start += steps // len(positions) + positions[steps % len(positions)]
    return (*times, start)


@lru_cache(maxsize=4096)
def _middles(positions: tuple[float, ...], bar_steps: tuple[int, ...]) -> tuple[float, ...]:
    times = _times(positions, bar_steps)
    return tuple((a + b) / 2 for a, b in pairwise((positions[-1] - 1.0, *times)))
