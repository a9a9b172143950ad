"""A recurrent VAE over token grids that pools all blocks of a window at once: musicae's own model for a few bars.

The encoder pools the features of all blocks by dense layers into a Gaussian code. The decoder maps the code by dense layers to
one plan vector per block. The blocks themselves are read and written as in `musicae.music.models.blocks`.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from torch import Tensor

from musicae.core.distributions import DiagonalGaussian
from musicae.music.models.batch import GridBatch
from musicae.music.models.block_config import BlockConfig
from musicae.music.models.blocks import BlockAutoencoder

__all__ = ["PlanVAE", "PlanVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class PlanVAEConfig(BlockConfig):
    """Sizes of a `PlanVAE` (see `BlockConfig`)."""


@final
class PlanVAE(BlockAutoencoder):
    """Recurrent VAE with one recurrent step and one plan vector per block (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "plan-vae"
    config_type = PlanVAEConfig
    config: PlanVAEConfig

    def __init__(self, config: PlanVAEConfig) -> None:
        super().__init__(config, config.max_steps // config.block * config.pooled_size, config.latent_size)

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z).

        Raises:
            ParameterError: a window or bar is longer than the model's.
        """
        return DiagonalGaussian.from_parameters(self.head.statistics(self.features(x).flatten(1)))

    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return the plan vectors of the blocks of `like`, shape (B, K, pooled)."""
        count, size = -(-like.tokens.shape[1] // self.config.block), self.config.pooled_size
        return self.head.plan_values(z, count * size).view(len(z), count, size)

    def take_head(self, other: BlockAutoencoder) -> bool:
        """Take nothing: the code of another model describes other windows."""
        return False
