"""Expression of drum patterns: how loud each hit is, and how early or late.

Given the code and the hits, velocity and offset of each hit are Gaussian, with a scale learnt for each part of the kit. They
are integer multiples of 1/127 (see `musicae.music.representations.drums`), so the density times 1/127 is a probability. The
likelihood of a pattern is that of its hits times that of their velocities and offsets.

References:
    Gillick, Roels, Engel, Eck and Bamman, 2019, arXiv 1905.06118 (velocities and offsets of drum hits).
"""

import math
from typing import final

import torch
from torch import Tensor, nn

__all__ = ["DrumExpression"]

_BIN = 1 / 127
_TIGHTEST = 0.02  # a narrower Gaussian would no longer be flat over one bin


@final
class DrumExpression(nn.Module):
    """Reads and writes velocities and offsets.

    Arguments:
        parts: Parts of the kit; part i is hit if bit i of a token is set.
        token_size: Width of a token's embedding.
        cell_size: Width of a time step's features in the decoder.
    """

    def __init__(self, parts: int, token_size: int, cell_size: int) -> None:
        super().__init__()
        self.parts = parts
        self.read = nn.Linear(2 * parts, token_size)
        self.inner = nn.Linear(cell_size + token_size, cell_size)
        self.outer = nn.Linear(cell_size, 2 * parts)
        self.log_scale = nn.Parameter(torch.full((2 * parts,), math.log(0.3)))

    def means(self, cells: Tensor, hits: Tensor) -> Tensor:
        """Return the mean velocities (0 to 1) and offsets (-1 to 1).

        Arguments:
            cells: The decoder's features of each time step, shape (..., cell).
            hits: The embeddings of the tokens there, shape (..., token).

        Returns:
            Shape (..., 2 * parts).
        """
        out = self.outer(torch.relu(self.inner(torch.cat([cells, hits], dim=-1))))
        velocity, offset = out.chunk(2, dim=-1)
        return torch.cat([torch.sigmoid(velocity), torch.tanh(offset)], dim=-1)

    def log_likelihood(self, means: Tensor, values: Tensor, tokens: Tensor) -> Tensor:
        """Return the log probability of the values of all hits in nats, shape (...).

        Arguments:
            means: Shape (..., 2 * parts).
            values: Shape (..., 2 * parts).
            tokens: The hits, shape (...).
        """
        scale = self._scale()
        error = (values - means) / scale
        nats = -0.5 * error**2 - torch.log(scale) - 0.5 * math.log(2 * math.pi) + math.log(_BIN)
        return (nats * self._hit(tokens)).sum(-1)

    def draw(self, means: Tensor, tokens: Tensor, temperature: float, generator: torch.Generator | None = None) -> Tensor:
        """Return values of the hits in `tokens`: the means at temperature 0, otherwise a sample; 0 for parts without a hit."""
        drawn = means
        if temperature > 0:
            source = generator.device if generator else means.device
            noise = torch.randn(means.shape, generator=generator, device=source).to(means.device)
            drawn = means + temperature * self._scale() * noise
        velocity, offset = drawn.chunk(2, dim=-1)
        bounded = torch.cat([velocity.clamp(_BIN, 1.0), offset.clamp(-1.0, 1.0)], dim=-1)
        return bounded * self._hit(tokens)

    def _scale(self) -> Tensor:
        return self.log_scale.exp().clamp(min=_TIGHTEST)

    def _hit(self, tokens: Tensor) -> Tensor:
        """Return 1 for the values of parts that are hit, otherwise 0, shape (..., 2 * parts)."""
        bits = (tokens[..., None] >> torch.arange(self.parts, device=tokens.device)) & 1
        return torch.cat([bits, bits], dim=-1).to(self.log_scale.dtype)
