"""The decoder's part of a model over blocks: from one plan vector per block to tokens.

A GRU takes one step per block. Its input is the block's plan vector, the tokens of the block before and the place in the bar.
Inside a block, the features of each time step are the block's state plus linear functions of the tokens before it in the block
(as in NADE), so that training needs no second recurrence.

References:
    Larochelle and Murray, 2011, The Neural Autoregressive Distribution Estimator.
"""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.music.models.base import bias_at, pick, sole_tokens
from musicae.music.models.block_config import BlockConfig
from musicae.music.models.layers import Dense, Place, TokenTable

__all__ = ["BlockWriter"]


@final
class BlockWriter(nn.Module):
    """Maps plan vectors to the features of time steps under teacher forcing, or draws tokens with feedback.

    The embeddings of tokens belong to the model and are passed to each call.

    Arguments:
        config: Sizes of the model.
    """

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = c = config
        self.plan_norm = nn.LayerNorm(c.pooled_size)
        self.block_back = nn.Linear(c.block * c.token_size, c.pooled_size)
        self.place_back = Place(c.max_bar_steps, c.pooled_size)
        self.decoder = nn.GRU(2 * c.pooled_size, c.decoder_size, batch_first=True)
        self.to_cells = nn.Linear(c.decoder_size + c.pooled_size, c.block * c.cell_size)
        self.feedback = nn.ModuleList(nn.Linear(i * c.token_size, c.cell_size, bias=False) for i in range(1, c.block))
        self.mix = Dense(c.cell_size)
        self.out = nn.Linear(c.cell_size, c.token_size)

    def forward(self, plan: Tensor, blocks: Tensor, places: Tensor, table: TokenTable) -> Tensor:
        """Return the features of each time step, given the tokens before it.

        Arguments:
            plan: Plan vectors, not yet normalised, shape (B, K, pooled).
            blocks: Tokens fed back, shape (B, K, block).
            places: Where each block begins, shape (B, K, 2).
            table: Embeddings of tokens.

        Returns:
            Shape (B, K * block, cell).
        """
        c = self.config
        plan = self.plan_norm(plan)
        before = F.pad(blocks, (0, 0, 1, 0), value=c.depth)[:, :-1]
        states, _ = self.decoder(self._input(plan, before, places, table))
        base = self.to_cells(torch.cat([states, plan], dim=2)).unflatten(2, (c.block, c.cell_size))
        fed = table(blocks).flatten(2)  # (B, K, block * token)
        cells = torch.stack([self._cell(base[:, :, i], fed, i) for i in range(c.block)], dim=2)  # (B, K, block, cell)
        return cells.flatten(1, 2)

    def logits(self, cells: Tensor, table: TokenTable) -> Tensor:
        """Map features of time steps (..., cell) to logits (..., D), by similarity to the embeddings of tokens."""
        return table.logits(self.out(self.mix(cells)))

    def draw(
        self,
        plan: Tensor,
        places: Tensor,
        table: TokenTable,
        *,
        temperature: float,
        generator: torch.Generator | None,
        logit_bias: Tensor | None,
    ) -> Tensor:
        """Draw tokens one after the other, each fed back.

        Arguments:
            plan: Plan vectors, not yet normalised, shape (B, K, pooled).
            places: Where each block begins, shape (B, K, 2).
            table: Embeddings of tokens.
            temperature: 0 takes the most likely tokens; 1 samples from the likelihood.
            generator: Source of randomness.
            logit_bias: Added to the logits before a token is drawn, broadcast against (B, T, D).

        Returns:
            Tokens, shape (B, K * block).
        """
        c = self.config
        count = places.shape[1]
        sole = sole_tokens(logit_bias, count * c.block)
        plan = self.plan_norm(plan)
        before = torch.full((len(plan), 1, c.block), c.depth, device=plan.device)
        state: Tensor | None = None
        blocks = []
        for k in range(count):
            cell = slice(k, k + 1)
            states, state = self.decoder(self._input(plan[:, cell], before, places[:, cell], table), state)
            base = self.to_cells(torch.cat([states, plan[:, cell]], dim=2)).view(-1, 1, c.block, c.cell_size)
            before = torch.full_like(before, c.depth)
            for i, token in enumerate(sole[k * c.block : (k + 1) * c.block]):
                if token is not None:
                    before[:, 0, i] = token
                    continue
                logits = self.logits(self._cell(base[:, :, i], table(before).flatten(2), i), table)[:, 0]
                before[:, 0, i] = pick(logits + bias_at(logit_bias, k * c.block + i), temperature, generator)
            blocks.append(before)
        return torch.cat(blocks, dim=1).flatten(1)

    def _input(self, plan: Tensor, before: Tensor, places: Tensor, table: TokenTable) -> Tensor:
        """Join plan vectors with features of the block before and of the place in the bar, shape (B, K, 2 * pooled)."""
        context = self.block_back(table(before).flatten(2)) + self.place_back(places)
        return torch.cat([plan, torch.relu(context)], dim=2)

    def _cell(self, base: Tensor, fed: Tensor, i: int) -> Tensor:
        """Add what depends on the tokens before time step `i` of each block, (B, K, cell), from `fed` (B, K, block * token)."""
        if i == 0:
            return base
        return base + self.feedback[i - 1](fed[:, :, : i * self.config.token_size])
