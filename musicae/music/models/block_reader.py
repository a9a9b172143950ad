"""The encoder's part of a model over blocks: features of each block, before they are pooled into a code."""

from typing import final

from torch import Tensor, nn

from musicae.music.models.block_config import BlockConfig
from musicae.music.models.layers import Neighbours, Place

__all__ = ["BlockReader"]


@final
class BlockReader(nn.Module):
    """Maps the embedded tokens of blocks to features, with residual layers across neighbouring blocks.

    Arguments:
        config: Sizes of the model.
    """

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        c = config
        self.block_in = nn.Linear(c.block * c.token_size, c.block_size)
        self.place_in = Place(c.max_bar_steps, c.block_size)
        self.mixing = nn.ModuleList(Neighbours(c.block_size) for _ in range(c.mixing_layers))
        self.squeeze = nn.Linear(c.block_size, c.pooled_size)

    def forward(self, embedded: Tensor, places: Tensor, present: Tensor) -> Tensor:
        """Return the features of each block.

        Arguments:
            embedded: Embeddings of its tokens, shape (B, K, block, token).
            places: Where it begins, shape (B, K, 2); see `musicae.music.models.block_layout.block_places`.
            present: 1, or 0 for a block past the end of its window, shape (B, K, 1).

        Returns:
            Shape (B, K, pooled); 0 for blocks past the end of their window.
        """
        h = self.block_in(embedded.flatten(2)) + self.place_in(places)
        for layer in self.mixing:
            h = layer(h, present)
        return self.squeeze(h) * present
