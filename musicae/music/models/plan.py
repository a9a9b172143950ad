"""A recurrent VAE over token grids that pools all blocks of a window at once: musicae's own model for a few bars.

Its encoder pools the features of all blocks by one dense layer into a Gaussian code; its decoder turns the code into one
plan vector for each block through dense layers. What happens before and after: `musicae.music.models.blocks`.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.distributions import DiagonalGaussian
from musicae.music.models.batch import GridBatch
from musicae.music.models.blocks import BlockAutoencoder, BlockConfig

__all__ = ["PlanVAE", "PlanVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class PlanVAEConfig(BlockConfig):
    """Sizes of a `PlanVAE` (see `BlockConfig`)."""


@final
class PlanVAE(BlockAutoencoder):
    """Recurrent VAE with one recurrent step and one plan vector a block (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "plan-vae"
    config_type = PlanVAEConfig
    config: PlanVAEConfig

    def __init__(self, config: PlanVAEConfig) -> None:
        super().__init__(config)
        c = config
        blocks = c.max_steps // c.block
        self.add_code(blocks * c.pooled_size, c.latent_size)
        self.plan = nn.Linear(c.hidden_size, blocks * c.pooled_size)

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z).

        Raises:
            ParameterError: a window or bar is longer than the model's.
        """
        return DiagonalGaussian.from_parameters(self.statistics(self.features(x).flatten(1)))

    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return the plan vectors of the blocks of `like`, shape (B, K, pooled)."""
        c = self.config
        count = -(-like.tokens.shape[1] // c.block)
        width = count * c.pooled_size
        hidden = self.widen(self.unfold(z))
        plan = F.linear(hidden, self.plan.weight[:width], self.plan.bias[:width])
        return plan.view(len(z), count, c.pooled_size)
