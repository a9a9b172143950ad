"""Windows cut into blocks of time steps: B windows, T time steps, K blocks."""

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.errors import ParameterError
from musicae.music.models.base import check_length
from musicae.music.models.batch import GridBatch
from musicae.music.models.block_config import BlockConfig

__all__ = ["block_places", "cut_tokens", "cut_values"]


def cut_tokens(x: GridBatch, config: BlockConfig) -> Tensor:
    """Cut tokens into blocks, shape (B, K, block); padding becomes the token `depth`.

    Raises:
        ParameterError: a window is longer than the model's.
    """
    check_length(x, config.max_steps)
    tokens = torch.where(x.mask, x.tokens, config.depth)
    padded = F.pad(tokens, (0, -tokens.shape[1] % config.block), value=config.depth)
    return padded.view(len(padded), -1, config.block)


def cut_values(values: Tensor, block: int) -> Tensor:
    """Cut values of time steps (B, T, size) into blocks, shape (B, K, block, size), padded with 0."""
    padded = F.pad(values, (0, 0, 0, -values.shape[1] % block))
    return padded.view(len(values), -1, block, values.shape[2])


def block_places(x: GridBatch, config: BlockConfig) -> Tensor:
    """Return where each block begins: its place in the bar and the length of that bar, in time steps, shape (B, K, 2).

    Raises:
        ParameterError: a bar is longer than the model's.
    """
    if int(x.bar_steps.max()) > config.max_bar_steps:
        raise ParameterError(f"A bar of {int(x.bar_steps.max())} time steps is longer than the model's {config.max_bar_steps}.")
    starts = slice(None, None, config.block)
    place = x.position[:, starts].clamp(max=config.max_bar_steps - 1)
    return torch.stack([place, x.bar_length[:, starts]], dim=2)
