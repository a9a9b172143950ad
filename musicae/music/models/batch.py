"""The batches of a model over token grids: windows of unequal length, padded, with the bars that they lie in."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.music.representations.base import GridWindow

__all__ = ["GridBatch"]


@dataclass(frozen=True)
class GridBatch:
    """A batch of windows.

    Arguments:
        tokens: Tokens, int64, shape (B, T); those past a window's length are ignored.
        bar_steps: Time steps of each bar, int64, shape (B, bars).
        values: Expression values (velocities and microtiming offsets), in [-1, 1], shape (B, T, V); None if unknown.
    """

    tokens: Tensor
    bar_steps: Tensor
    values: Tensor | None = None

    @classmethod
    def from_windows(cls, windows: Sequence[GridWindow]) -> "GridBatch":
        """Pad and stack windows; the batch has expression values if every window has them."""
        longest = max(len(w.tokens) for w in windows)
        most_bars = max(len(w.bar_steps) for w in windows)
        tokens = torch.zeros(len(windows), longest, dtype=torch.int64)
        bar_steps = torch.zeros(len(windows), most_bars, dtype=torch.int64)
        known = [w.values for w in windows if w.values is not None]
        values = torch.zeros(len(windows), longest, known[0].shape[1]) if len(known) == len(windows) else None
        for i, window in enumerate(windows):
            tokens[i, : len(window.tokens)] = torch.from_numpy(window.tokens)
            bar_steps[i, : len(window.bar_steps)] = torch.tensor(window.bar_steps)
            if values is not None:
                values[i, : len(window.tokens)] = torch.from_numpy(known[i])
        return cls(tokens, bar_steps, values)

    @classmethod
    def join(cls, batches: Sequence["GridBatch"]) -> "GridBatch":
        """Pad batches to one length and concatenate them; the result has expression values if every batch has them."""
        longest, most_bars = (max(n) for n in zip(*((b.tokens.shape[1], b.bar_steps.shape[1]) for b in batches), strict=True))
        tokens = [F.pad(b.tokens, (0, longest - b.tokens.shape[1])) for b in batches]
        bar_steps = [F.pad(b.bar_steps, (0, most_bars - b.bar_steps.shape[1])) for b in batches]
        known = [F.pad(b.values, (0, 0, 0, longest - b.values.shape[1])) for b in batches if b.values is not None]
        return cls(torch.cat(tokens), torch.cat(bar_steps), torch.cat(known) if len(known) == len(batches) else None)

    def windows(self) -> list[GridWindow]:
        """Return the windows without padding."""
        windows = []
        for i, (tokens, row) in enumerate(zip(self.tokens.cpu(), self.bar_steps.cpu(), strict=True)):
            steps = tuple(int(s) for s in row if s > 0)
            values = None if self.values is None else self.values[i, : sum(steps)].cpu().numpy()
            windows.append(GridWindow(tokens[: sum(steps)].numpy(), steps, values))
        return windows

    def __len__(self) -> int:
        """Return the number of windows, B."""
        return self.tokens.shape[0]

    def to(self, device: torch.device | str) -> "GridBatch":
        """Return the batch on another device."""
        values = None if self.values is None else self.values.to(device)
        return GridBatch(self.tokens.to(device), self.bar_steps.to(device), values)

    def with_tokens(self, tokens: Tensor, values: Tensor | None = None) -> "GridBatch":
        """Return a batch with the same bars, other tokens, and the given expression values or none."""
        return GridBatch(tokens, self.bar_steps, values)

    def without_values(self) -> "GridBatch":
        """Return the same windows without expression values."""
        return GridBatch(self.tokens, self.bar_steps)

    def take(self, rows: Tensor | Sequence[int] | slice) -> "GridBatch":
        """Return some of the windows, with their expression values.

        Arguments:
            rows: Which windows, in which order: indices or flags, a tensor of shape (N,), a list, or a slice.
        """
        index = rows if isinstance(rows, Tensor | slice) else list(rows)
        values = None if self.values is None else self.values[index]
        return GridBatch(self.tokens[index], self.bar_steps[index], values)

    def repeat(self, count: int) -> "GridBatch":
        """Return each window `count` times in a row, with its expression values, as `torch.repeat_interleave` does."""
        values = None if self.values is None else self.values.repeat_interleave(count, 0)
        return GridBatch(self.tokens.repeat_interleave(count, 0), self.bar_steps.repeat_interleave(count, 0), values)

    @cached_property
    def lengths(self) -> Tensor:
        """Time steps of each window, shape (B,)."""
        return self.bar_steps.sum(1)

    @cached_property
    def mask(self) -> Tensor:
        """True where a time step belongs to its window, shape (B, T)."""
        return torch.arange(self.tokens.shape[1], device=self.tokens.device) < self.lengths[:, None]

    @cached_property
    def bar_index(self) -> Tensor:
        """Which bar each time step lies in, from 0, shape (B, T)."""
        ends = self.bar_steps.cumsum(1)  # (B, bars)
        time = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        index = (time[None, :, None] >= ends[:, None, :]).sum(2)  # (B, T)
        return index.clamp(max=self.bar_steps.shape[1] - 1)

    @cached_property
    def position(self) -> Tensor:
        """Place of each time step in its bar, from 0, shape (B, T)."""
        starts = (self.bar_steps.cumsum(1) - self.bar_steps).gather(1, self.bar_index)
        time = torch.arange(self.tokens.shape[1], device=self.tokens.device)
        return time[None, :] - starts

    @cached_property
    def bar_length(self) -> Tensor:
        """Time steps of the bar that each time step lies in, shape (B, T)."""
        return self.bar_steps.gather(1, self.bar_index)
