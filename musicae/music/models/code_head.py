"""The dense layers around the code: from the features of blocks to the posterior, and from a code to plan vectors."""

from typing import final

from torch import Tensor, nn
from torch.nn import functional as F

from musicae.music.models.layers import Dense

__all__ = ["CodeHead"]


@final
class CodeHead(nn.Module):
    """Pools the features of all blocks into a posterior, and maps a code to the plan of all blocks.

    Arguments:
        width: Features of all blocks together, and values of their plan vectors together.
        hidden: Units of the dense layers.
        code: Size of the code.
    """

    def __init__(self, width: int, hidden: int, code: int) -> None:
        super().__init__()
        self.pool = nn.Linear(width, hidden)
        self.deepen = Dense(hidden)
        self.pool_norm = nn.LayerNorm(hidden)
        self.posterior = nn.Linear(hidden, 2 * code)
        # Begin almost without noise: the decoder learns to use the code before the KL narrows it.
        self.posterior.bias.data[code:] = -5.0
        self.unfold = nn.Linear(code, hidden)
        self.widen = Dense(hidden)
        self.plan = nn.Linear(hidden, width)

    def statistics(self, features: Tensor) -> Tensor:
        """Return mean and logvar of the code, shape (..., 2 * code).

        Arguments:
            features: Shape (..., up to width). The features that a short window lacks count as zeros.
        """
        pooled = self.deepen(F.linear(features, self.pool.weight[:, : features.shape[-1]], self.pool.bias))
        return self.posterior(self.pool_norm(pooled))

    def plan_values(self, z: Tensor, width: int) -> Tensor:
        """Return the first `width` values of the plan of codes (..., code), shape (..., width)."""
        hidden = self.widen(self.unfold(z))
        return F.linear(hidden, self.plan.weight[:width], self.plan.bias[:width])
