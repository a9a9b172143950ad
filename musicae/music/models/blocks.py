"""Recurrent VAEs over token grids that work on blocks of a few time steps, such as a quarter note.

1. *Coarse recurrence.* The grid is cut into blocks of `block` time steps. The decoder takes one recurrent step per block.
2. *A direct path.* A subclass maps the code to one plan vector per block, so that the content of a block does not have to
   survive a recurrence.
3. *A feed-forward autoregression inside the block* (see `musicae.music.models.block_writer`).

Each block is conditioned on its place in the bar, so that one model serves all metres. Instead of scheduled sampling, a share
of the tokens fed back is hidden in training (word dropout), so that one fused call covers the whole sequence.

References:
    Roberts et al., 2018, arXiv 1803.05428 (MusicVAE); Bowman et al., 2016, arXiv 1511.06349 (word dropout);
    Larochelle and Murray, 2011, The Neural Autoregressive Distribution Estimator.
"""

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor

from musicae.music.models.base import GridAutoencoder, check_length, hide_tokens, sequence_log_likelihood
from musicae.music.models.batch import GridBatch
from musicae.music.models.block_config import BlockConfig
from musicae.music.models.block_layout import block_places, cut_tokens, cut_values
from musicae.music.models.block_reader import BlockReader
from musicae.music.models.block_writer import BlockWriter
from musicae.music.models.code_head import CodeHead
from musicae.music.models.expression import DrumExpression
from musicae.music.models.layers import TokenTable

__all__ = ["BlockAutoencoder"]

_READER = ("block_in", "place_in", "mixing", "squeeze")
_WRITER = ("plan_norm", "block_back", "place_back", "decoder", "to_cells", "mix", "out")
_HEAD = ("pool", "deepen", "pool_norm", "posterior", "unfold", "widen", "plan")


class BlockAutoencoder(GridAutoencoder):
    """Reads and writes a grid block by block. Subclasses pool the features of blocks into a code and map a code to a plan.

    Arguments:
        config: Its sizes.
        width: Features, and values of the plan, of all blocks that share one code.
        code: Size of that code.
    """

    renamed_parameters: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            **{name: f"reader.{name}" for name in _READER},
            **{name: f"writer.{name}" for name in _WRITER},
            **{name: f"head.{name}" for name in _HEAD},
            "told": "writer.feedback",
            "out_bias": "token.bias",
            "hits": "expression",
        }
    )
    renamed_fields: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"hit_parts": "expression_parts", "value_dropout": "expression_dropout"}
    )

    def __init__(self, config: BlockConfig, width: int, code: int) -> None:
        super().__init__()
        self.config = c = config
        self.latent_size = c.latent_size
        # One table of tokens for encoder, feedback and output, so that a pitch is learnt once for all places.
        self.token = TokenTable(c.depth, c.token_size)
        self.reader = BlockReader(c)
        self.writer = BlockWriter(c)
        self.expression = DrumExpression(c.expression_parts, c.token_size, c.cell_size) if c.expression_parts else None
        self.head = CodeHead(width, c.hidden_size, code)

    @abstractmethod
    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return the plan vectors of codes (B, Z) for the blocks of `like`, not yet normalised, shape (B, K, pooled)."""

    @abstractmethod
    def take_head(self, other: "BlockAutoencoder") -> bool:
        """Start from the layers around the code of another model with equal blocks, if they fit.

        Returns:
            Whether they were taken.
        """

    def take_weights(self, other: "BlockAutoencoder") -> bool:
        """Start from the weights of another model, for example one of fewer bars: its reader and writer, its head if it fits.

        Returns:
            Whether the layers around the code were taken too, so that this model is trained to use its code.

        Raises:
            ParameterError: its blocks have other sizes.
        """
        self.config.check_same_blocks(other.config)
        self.token.load_state_dict(other.token.state_dict())
        self.reader.load_state_dict(other.reader.state_dict())
        self.writer.load_state_dict(other.writer.state_dict())
        if self.expression is not None and other.expression is not None:
            self.expression.load_state_dict(other.expression.state_dict())
        return self.take_head(other)

    def features(self, x: GridBatch) -> Tensor:
        """Return the encoder's features of each block, shape (B, K, pooled); 0 for blocks past a window's end.

        Raises:
            ParameterError: a window or bar is longer than the model's.
        """
        blocks = cut_tokens(x, self.config)  # (B, K, block)
        present = (blocks[:, :, :1] < self.config.depth).to(self.token.weight.dtype)  # (B, K, 1)
        embedded = self.token(blocks)
        if self.expression is not None and x.values is not None:
            known = torch.ones(len(x), 1, 1, device=x.values.device)
            if self.training and self.config.expression_dropout:
                known = torch.bernoulli(known * (1 - self.config.expression_dropout))
            values = self.expression.read(x.values) * known * x.mask[:, :, None]
            embedded = embedded + cut_values(values, self.config.block)
        return self.reader(embedded, block_places(x, self.config), present)

    def log_likelihood(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return log p(x|z) in nats under teacher forcing, shape (B,), including velocities and offsets if x has them."""
        cells = self._cells(x, z, generator)
        likelihood = sequence_log_likelihood(self.writer.logits(cells, self.token), x)
        if self.expression is not None and x.values is not None:
            means = self.expression.means(cells, self.token(x.tokens))
            nats = self.expression.log_likelihood(means, x.values, x.tokens)
            likelihood = likelihood + (nats * x.mask).sum(1)
        return likelihood

    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return teacher-forced logits, shape (B, T, D); in training some of the tokens fed back are hidden."""
        return self.writer.logits(self._cells(x, z, generator), self.token)

    def with_expression(
        self, x: GridBatch, z: Tensor, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> GridBatch:
        """Return the hits of x with the velocities and offsets that codes (B, Z) give them.

        A model without expression returns x.
        """
        if self.expression is None:
            return x
        means = self.expression.means(self._cells(x, z), self.token(x.tokens))
        return x.with_tokens(x.tokens, self.expression.draw(means, x.tokens * x.mask, temperature, generator))

    @torch.no_grad()
    def generate(
        self,
        z: Tensor,
        like: GridBatch,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        logit_bias: Tensor | None = None,
    ) -> GridBatch:
        """Decode codes into the bars of `like`, each token fed back."""
        check_length(like, self.config.max_steps)
        places = block_places(like, self.config)  # (B, K, 2)
        plan = self.plan_of(z, like)
        drawn = self.writer.draw(plan, places, self.token, temperature=temperature, generator=generator, logit_bias=logit_bias)
        tokens = torch.where(like.mask, drawn[:, : like.tokens.shape[1]], 0)
        return self.with_expression(like.with_tokens(tokens), z, temperature=temperature, generator=generator)

    def _cells(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the decoder's features of each time step under teacher forcing, shape (B, T, cell)."""
        c = self.config
        blocks = cut_tokens(x, c)  # (B, K, block)
        if self.training:
            blocks = hide_tokens(blocks, c.token_dropout, c.depth, generator)
        cells = self.writer(self.plan_of(z, x), blocks, block_places(x, c), self.token)
        return cells[:, : x.tokens.shape[1]]
