"""What a model takes: a number of bars on a grid, up to some length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicae.errors import RepresentationError
from musicae.music.representations.base import Representation
from musicae.music.score import Bar

__all__ = ["WindowSpec"]


@dataclass(frozen=True)
class WindowSpec:
    """The windows of a model.

    Arguments:
        representation: The grid.
        bars: Bars per window.
        max_steps: Longest window in time steps; None for no limit.
        max_bar_steps: Longest bar in time steps; None for no limit.
    """

    representation: Representation
    bars: int
    max_steps: int | None = None
    max_bar_steps: int | None = None

    @classmethod
    def of_model(cls, config: Any, representation: Representation, bars: int) -> "WindowSpec":
        """Return the windows that a model of this configuration takes; a configuration without a limit has none."""
        return cls(representation, bars, getattr(config, "max_steps", None), getattr(config, "max_bar_steps", None))

    @property
    def longest_window(self) -> int | None:
        """The longest window of equal bars, in time steps; None for no limit."""
        limits = [self.max_steps, None if self.max_bar_steps is None else self.bars * self.max_bar_steps]
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def longest_bar(self) -> int | None:
        """The longest bar of which a whole window can be taken, in time steps; None for no limit."""
        longest = self.longest_window
        return None if longest is None else longest // self.bars

    def of_length(self, bars: int | None) -> "WindowSpec":
        """Return windows of another number of bars with the same longest bar; None changes nothing."""
        if bars is None or bars == self.bars:
            return self
        longest = self.longest_bar
        return replace(self, bars=bars, max_steps=None if longest is None else bars * longest)

    def problem(self, bars: Sequence[Bar]) -> str | None:
        """Return why bars fit neither the grid nor the model, or None if they fit."""
        try:
            steps = self.representation.bar_steps(bars)
        except RepresentationError as error:
            return str(error)
        longest = max(steps)
        limit = min(self.max_bar_steps or longest, (self.max_steps or sum(steps)) // len(bars))
        if sum(steps) <= (self.max_steps or sum(steps)) and longest <= (self.max_bar_steps or longest):
            return None
        bar = bars[steps.index(longest)]
        return (
            f"bar {bar.number} ({bar.numerator}/{bar.denominator}) has {longest} time steps, more than the model's {limit}; "
            "choose other bars, or write the tune in shorter ones."
        )
