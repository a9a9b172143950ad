"""A hierarchical recurrent VAE over many bars: a conductor over bars, a plan for each bar and for each block in it.

1. *Bars, then the piece.* The features of a bar's blocks are pooled into one vector a bar, by weights that all bars share;
   bars see their neighbours; all bars together give the Gaussian code.
2. *A direct path at both levels.* The code becomes one plan vector for each bar through dense layers. A conductor, one
   recurrent step a bar, tells each bar of those before it; plan and state become one plan vector for each block of the bar,
   again by weights that all bars share.

The decoder inside the bars is that of `musicae.models.blocks`, so that training may start from a model of few bars.

References:
    Roberts et al., 2018, arXiv 1803.05428 (MusicVAE's hierarchical decoder, whose conductor alone carries the code).
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.batch import GridBatch
from musicae.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.models.blocks import BlockAutoencoder, BlockConfig
from musicae.models.layers import Dense, Neighbours

__all__ = ["ConductorVAE", "ConductorVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class ConductorVAEConfig(BlockConfig):
    """Sizes of a `ConductorVAE`.

    Arguments:
        bars: Most bars a window.
        bar_size: Width of a bar's features and of its plan vector.
        conductor_size: Units of the conductor GRU.
    """

    latent_size: int = 256
    max_steps: int = 512
    hidden_size: int = 512
    bars: int = 16
    bar_size: int = 256
    conductor_size: int = 256


@final
class ConductorVAE(BlockAutoencoder):
    """Hierarchical recurrent VAE (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "conductor-vae"
    config: ConductorVAEConfig

    def __init__(self, config: ConductorVAEConfig) -> None:
        super().__init__(config)
        c = config
        self.slots = -(-c.max_bar_steps // c.block)  # blocks that begin in the longest bar
        self.bar_in = nn.Linear(self.slots * c.pooled_size, c.bar_size)
        self.bar_deepen = Dense(c.bar_size)
        self.bar_mixing = Neighbours(c.bar_size)
        self.add_code(c.bars * c.bar_size)
        self.bar_plan = nn.Linear(c.hidden_size, c.bars * c.bar_size)
        self.bar_norm = nn.LayerNorm(c.bar_size)
        self.conductor = nn.GRU(c.bar_size, c.conductor_size, batch_first=True)
        self.bar_out = nn.Linear(c.bar_size + c.conductor_size, c.bar_size)
        self.bar_widen = Dense(c.bar_size)
        self.plan = nn.Linear(c.bar_size, self.slots * c.pooled_size)

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z).

        Raises:
            ParameterError: a window or bar is longer than the model's, or has more bars.
        """
        c = self.config
        features = self.features(x)  # (B, K, pooled)
        index = self._slot_index(x)[:, :, None].expand_as(features)
        bars = x.bar_steps.shape[1]
        # Blocks past the end of a window hold zeros, so that adding them anywhere changes nothing.
        table = features.new_zeros(len(features), bars * self.slots, c.pooled_size).scatter_add(1, index, features)
        here = (x.bar_steps > 0).to(features.dtype)[:, :, None]  # (B, bars, 1)
        h = self.bar_deepen(self.bar_in(table.unflatten(1, (bars, self.slots)).flatten(2)))
        return self.posterior_of((self.bar_mixing(h, here) * here).flatten(1))

    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return the plan vectors of the blocks of `like`, shape (B, K, pooled)."""
        c = self.config
        index = self._slot_index(like)  # (B, K)
        bars = like.bar_steps.shape[1]
        width = bars * c.bar_size
        hidden = self.widen(self.unfold(z))
        plans = F.linear(hidden, self.bar_plan.weight[:width], self.bar_plan.bias[:width]).unflatten(1, (bars, c.bar_size))
        plans = self.bar_norm(plans)
        states, _ = self.conductor(plans)
        h = self.bar_widen(self.bar_out(torch.cat([plans, states], dim=2)))  # (B, bars, bar)
        table = self.plan(h).view(len(z), bars * self.slots, c.pooled_size)
        plan: Tensor = table.gather(1, index[:, :, None].expand(-1, -1, c.pooled_size))
        return plan

    def _slot_index(self, x: GridBatch) -> Tensor:
        """Return bar times `slots` plus place among the bar's blocks, for the bar in which each block begins, (B, K)."""
        c = self.config
        if x.bar_steps.shape[1] > c.bars:
            raise ParameterError(f"A window of {x.bar_steps.shape[1]} bars is longer than the model's {c.bars}.")
        starts = slice(None, None, c.block)
        slot = (x.position[:, starts] // c.block).clamp(max=self.slots - 1)
        return x.bar_index[:, starts] * self.slots + slot
