"""A hierarchical recurrent VAE over many bars: a conductor over phrases, and a plan for each phrase and each block in it.

A phrase is two bars. Each phrase is read and written as a window of `PlanVAE` is. All phrases share these weights, and they may
come from a trained model of two bars. Two things join the phrases:

1. *One posterior.* A dense layer across the means of all phrases corrects each phrase's part of the code, so that the code has
   to describe only once what phrases have in common.
2. *A direct path, and a conductor.* A dense layer across the whole code and a recurrent conductor correct the vector from which
   the plan of a phrase is computed. The conductor conditions each phrase on those before it.

A model that takes the layers of a trained model of two bars begins as that model, phrase by phrase, with corrections of zero.

References:
    Roberts et al., 2018, arXiv 1803.05428 (MusicVAE's hierarchical decoder, whose conductor alone carries the code).
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.core.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.music.models.batch import GridBatch
from musicae.music.models.block_config import BlockConfig
from musicae.music.models.blocks import BlockAutoencoder
from musicae.music.models.plan import PlanVAE

__all__ = ["ConductorVAE", "ConductorVAEConfig"]


@final
@dataclass(frozen=True, kw_only=True)
class ConductorVAEConfig(BlockConfig):
    """Sizes of a `ConductorVAE`.

    Arguments:
        bars: Most bars per window.
        phrase_bars: Bars per phrase; each phrase has an equal share of the code.
        joint_size: Units of the dense layers across phrases.
        conductor_size: Units of the conductor GRU.
    """

    latent_size: int = 1024
    max_steps: int = 512
    bars: int = 16
    phrase_bars: int = 2
    joint_size: int = 512
    conductor_size: int = 256

    def __post_init__(self) -> None:
        """Check that the phrases share the code evenly."""
        super().__post_init__()
        if self.latent_size % self.phrases:
            raise ParameterError(f"latent_size ({self.latent_size}) must be a multiple of the {self.phrases} phrases.")

    @property
    def phrases(self) -> int:
        """Most phrases per window."""
        return -(-self.bars // self.phrase_bars)

    @property
    def phrase_code_size(self) -> int:
        """Size of the code of one phrase."""
        return self.latent_size // self.phrases

    @property
    def phrase_blocks(self) -> int:
        """Blocks that begin in the longest phrase."""
        return -(-self.phrase_bars * self.max_bar_steps // self.block)

    @property
    def phrase_width(self) -> int:
        """Features of the longest phrase, and values of its plan."""
        return self.phrase_blocks * self.pooled_size


@final
class ConductorVAE(BlockAutoencoder):
    """Hierarchical recurrent VAE (see the module's text).

    Arguments:
        config: Its sizes.
    """

    name: ClassVar[str] = "conductor-vae"
    config_type = ConductorVAEConfig
    config: ConductorVAEConfig

    def __init__(self, config: ConductorVAEConfig) -> None:
        c = config
        super().__init__(config, c.phrase_width, c.phrase_code_size)
        self.gather = _dense(c.latent_size, c.joint_size, 2 * c.latent_size)
        self.spread = _dense(c.latent_size, c.joint_size, c.latent_size)
        self.conductor = nn.GRU(c.phrase_code_size, c.conductor_size, batch_first=True)
        self.conducted = nn.Linear(c.conductor_size, c.phrase_code_size)

    def take_head(self, other: BlockAutoencoder) -> bool:
        """Take the head of a `PlanVAE` whose windows are like the phrases of this model, which then begins as that model."""
        if not isinstance(other, PlanVAE) or _shapes(other.head) != _shapes(self.head):
            return False
        self.head.load_state_dict(other.head.state_dict())
        for layer in (self.gather[-1], self.spread[-1], self.conducted):  # the corrections start at zero
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)
        return True

    def encode(self, x: GridBatch) -> DiagonalGaussian:
        """Return the posterior of windows, mean and logvar of shape (B, Z); phrases past a window's end keep the prior.

        Raises:
            ParameterError: a window or bar is longer than the model's, or has more bars.
        """
        c = self.config
        features = self.features(x)  # (B, K, pooled)
        present = self._phrases_of(x)  # (B, P, 1)
        index = self._place_of_blocks(x)[:, :, None].expand_as(features)
        # Blocks past the end of a window hold zeros, so that adding them anywhere changes nothing.
        table = features.new_zeros(len(features), c.phrases * c.phrase_blocks, c.pooled_size).scatter_add(1, index, features)
        own = self.head.statistics(table.view(len(features), c.phrases, -1))  # (B, P, 2 * code)
        means = own[..., : c.phrase_code_size] * present
        both = (own + self.gather(means.flatten(1)).view_as(own)) * present
        return DiagonalGaussian.from_parameters(torch.cat([part.flatten(1) for part in both.chunk(2, dim=2)], dim=1))

    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return the plan vectors of the blocks of `like`, shape (B, K, pooled)."""
        c = self.config
        index = self._place_of_blocks(like)  # (B, K)
        parts = z.view(len(z), c.phrases, c.phrase_code_size) * self._phrases_of(like)
        parts = parts + self.spread(parts.flatten(1)).view_as(parts)
        states, _ = self.conductor(parts)
        values = self.head.plan_values(parts + self.conducted(states), c.phrase_width)  # (B, P, width)
        table = values.view(len(z), c.phrases * c.phrase_blocks, c.pooled_size)
        return table.gather(1, index[:, :, None].expand(-1, -1, c.pooled_size))

    def _phrases_of(self, x: GridBatch) -> Tensor:
        """Return 1 for the phrases that a window has and 0 for those past its end, shape (B, P, 1).

        Raises:
            ParameterError: a window has more bars than the model's.
        """
        c = self.config
        if x.bar_steps.shape[1] > c.bars:
            raise ParameterError(f"A window of {x.bar_steps.shape[1]} bars is longer than the model's {c.bars}.")
        begins = (x.bar_steps[:, :: c.phrase_bars] > 0).to(self.token.weight.dtype)
        return F.pad(begins, (0, c.phrases - begins.shape[1]))[:, :, None]

    def _place_of_blocks(self, x: GridBatch) -> Tensor:
        """Return the place of each block among the blocks of all phrases, each as long as the longest, shape (B, K)."""
        c = self.config
        starts = (x.bar_steps.cumsum(1) - x.bar_steps)[:, :: c.phrase_bars]  # (B, P)
        first = torch.arange(0, x.tokens.shape[1], c.block, device=x.tokens.device)  # (K,)
        phrase = x.bar_index[:, :: c.block] // c.phrase_bars
        slot = ((first - starts.gather(1, phrase)) // c.block).clamp(max=c.phrase_blocks - 1)
        return phrase * c.phrase_blocks + slot


def _shapes(module: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


def _dense(size: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict(inner=nn.Linear(size, hidden), relu=nn.ReLU(), outer=nn.Linear(hidden, out)))
