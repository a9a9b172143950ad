"""Small layers of the models over token grids: B windows, K blocks of time steps (or bars), the last axis features."""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Dense", "Neighbours", "Place", "TokenTable"]


class _Residual(nn.Module):
    """x + W2 relu(W1 norm(x)) over the last axis."""

    def __init__(self, size: int, fan_in: int | None = None) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.inner = nn.Linear(fan_in or size, size)
        self.outer = nn.Linear(size, size)


@final
class Dense(_Residual):
    """A residual dense layer."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., size) to (..., size)."""
        return x + self.outer(torch.relu(self.inner(self.norm(x))))


@final
class Neighbours(_Residual):
    """A residual layer across each block and its two neighbours (a convolution of width three)."""

    def __init__(self, size: int) -> None:
        super().__init__(size, 3 * size)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        """Map (B, K, size) to (B, K, size); `present` (B, K, 1) is 0 for blocks past the end of their window."""
        normed = self.norm(x) * present
        wide = torch.cat([F.pad(normed, (0, 0, 1, 0))[:, :-1], normed, F.pad(normed, (0, 0, 0, 1))[:, 1:]], dim=2)
        return x + self.outer(torch.relu(self.inner(wide)))


@final
class Place(nn.Module):
    """Embeds where a block begins: its place in the bar, and the length of that bar."""

    def __init__(self, max_bar_steps: int, size: int) -> None:
        super().__init__()
        self.place = nn.Embedding(max_bar_steps, size)
        self.length = nn.Embedding(max_bar_steps + 1, size)
        for table in (self.place, self.length):
            nn.init.normal_(table.weight, std=0.2)

    def forward(self, places: Tensor) -> Tensor:
        """Map (B, K, 2), place and bar length in time steps, to (B, K, size)."""
        return self.place(places[..., 0]) + self.length(places[..., 1])


@final
class TokenTable(nn.Module):
    """Embeddings of tokens, which also are the output layer.

    Arguments:
        depth: Number of tokens, D; token D stands for padding and hidden tokens and has an embedding, but no logit.
        size: Width of an embedding.
    """

    def __init__(self, depth: int, size: int) -> None:
        super().__init__()
        self.depth = depth
        self.bias = nn.Parameter(torch.zeros(depth))
        self.weight = nn.Parameter(torch.empty(depth + 1, size))
        nn.init.normal_(self.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (...) to embeddings (..., size)."""
        return F.embedding(tokens, self.weight)

    def logits(self, features: Tensor) -> Tensor:
        """Map features (..., size) to logits (..., D)."""
        return F.linear(features, self.weight[: self.depth], self.bias)
