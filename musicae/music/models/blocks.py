"""What recurrent VAEs over token grids share that think in blocks of a few time steps, such as a quarter note.

1. *Coarse recurrence.* The grid is cut into blocks of `block` time steps; the decoder has one recurrent step a block.
2. *A direct path.* A subclass turns the code into one plan vector for each block, so that no block's content has to survive
   a recurrence.
3. *A feed-forward autoregression inside the block.* Each time step sees the block's state and, through summed
   embeddings as in NADE, the tokens before it in the block, so that training needs no inner recurrence.

Every step is told its place in the bar, so that one model serves all metres. Instead of scheduled sampling, a share of
the tokens fed back is hidden in training (word dropout), so that one fused call covers the whole sequence.

References:
    Roberts et al., 2018, arXiv 1803.05428 (MusicVAE); Bowman et al., 2016, arXiv 1511.06349 (word dropout);
    Larochelle and Murray, 2011, The Neural Autoregressive Distribution Estimator.
"""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicae.errors import ParameterError
from musicae.music.models.base import (
    GridAutoencoder,
    bias_at,
    check_length,
    hide_tokens,
    pick,
    sequence_log_likelihood,
    sole_tokens,
)
from musicae.music.models.batch import GridBatch
from musicae.music.models.expression import HitValues
from musicae.music.models.layers import Dense, Neighbours, Place

__all__ = ["BlockAutoencoder", "BlockConfig"]


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """Sizes that models in blocks share.

    Arguments:
        depth: Number of tokens of the representation, D.
        latent_size: Z.
        max_steps: Longest window in time steps; a multiple of `block`.
        max_bar_steps: Longest bar in time steps.
        block: Time steps a block.
        token_size: Width of a token's embedding.
        block_size: Width of a block's features in the encoder.
        mixing_layers: Residual layers in which an encoder block sees its two neighbours.
        pooled_size: Width of the features of each block that are pooled, and of each block's plan vector.
        hidden_size: Units of the dense layers around the code.
        decoder_size: Units of the decoder GRU.
        cell_size: Width of the layers inside a block.
        token_dropout: Share of the tokens fed back that is hidden in training.
        hit_parts: Parts of a drum kit whose velocities and offsets are modelled too (see `musicae.music.models.expression`); 0 for none.
        value_dropout: Share of the windows whose velocities and offsets the encoder does not see in training.
    """

    depth: int = 90
    latent_size: int = 128
    max_steps: int = 64
    max_bar_steps: int = 32
    block: int = 4
    token_size: int = 64
    block_size: int = 192
    mixing_layers: int = 1
    pooled_size: int = 128
    hidden_size: int = 448
    decoder_size: int = 256
    cell_size: int = 160
    token_dropout: float = 0.2
    hit_parts: int = 0
    value_dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check that blocks fill the window."""
        name = type(self).__name__.removesuffix("Config")
        sizes = [
            value
            for field, value in vars(self).items()
            if isinstance(value, int) and field not in ("mixing_layers", "hit_parts")
        ]
        if min(sizes) < 1 or min(self.mixing_layers, self.hit_parts) < 0:
            raise ParameterError(f"{name} needs sizes of at least 1 and mixing_layers of at least 0.")
        if self.max_steps % self.block or not 0 <= self.token_dropout < 1 or not 0 <= self.value_dropout <= 1:
            raise ParameterError(
                f"max_steps ({self.max_steps}) must be a multiple of block ({self.block}), token_dropout "
                f"({self.token_dropout}) at least 0 and below 1, and value_dropout ({self.value_dropout}) from 0 to 1."
            )


# What two models must share for one to take the other's blocks, and the parts that it takes.
_BLOCK_SIZES = (
    *("depth", "block", "token_size", "block_size", "mixing_layers", "pooled_size"),
    *("decoder_size", "cell_size", "max_bar_steps", "hit_parts"),
)
_BLOCK_PARTS = (
    *("token", "block_in", "place_in", "mixing", "squeeze", "plan_norm", "block_back", "place_back"),
    *("decoder", "to_cells", "told", "mix", "out", "out_bias", "hits"),
)


class BlockAutoencoder(GridAutoencoder):
    """Reads and writes a grid block by block; subclasses pool the blocks into a code and make a plan of it.

    Arguments:
        config: Its sizes.
    """

    def __init__(self, config: BlockConfig) -> None:
        super().__init__()
        self.config = c = config
        self.latent_size = c.latent_size
        # One table of tokens for encoder, feedback and output, so that a pitch is learnt once for all places.
        self.token = nn.Embedding(c.depth + 1, c.token_size)
        self.block_in = nn.Linear(c.block * c.token_size, c.block_size)
        self.place_in = Place(c.max_bar_steps, c.block_size)
        self.mixing = nn.ModuleList(Neighbours(c.block_size) for _ in range(c.mixing_layers))
        self.squeeze = nn.Linear(c.block_size, c.pooled_size)
        self.plan_norm = nn.LayerNorm(c.pooled_size)
        self.block_back = nn.Linear(c.block * c.token_size, c.pooled_size)
        self.place_back = Place(c.max_bar_steps, c.pooled_size)
        self.decoder = nn.GRU(2 * c.pooled_size, c.decoder_size, batch_first=True)
        self.to_cells = nn.Linear(c.decoder_size + c.pooled_size, c.block * c.cell_size)
        self.told = nn.ModuleList(nn.Linear(i * c.token_size, c.cell_size, bias=False) for i in range(1, c.block))
        self.mix = Dense(c.cell_size)
        self.out = nn.Linear(c.cell_size, c.token_size)
        self.out_bias = nn.Parameter(torch.zeros(c.depth))
        self.hits = HitValues(c.hit_parts, c.token_size, c.cell_size) if c.hit_parts else None

    def add_code(self, width: int, code: int) -> None:
        """Add the layers from `width` features to the posterior of `code` numbers, and from a code back to a hidden layer."""
        c = self.config
        self.pool = nn.Linear(width, c.hidden_size)
        self.deepen = Dense(c.hidden_size)
        self.pool_norm = nn.LayerNorm(c.hidden_size)
        self.posterior = nn.Linear(c.hidden_size, 2 * code)
        # Start almost without noise: the decoder learns to listen to the code before the KL narrows it.
        self.posterior.bias.data[code:] = -5.0
        self.unfold = nn.Linear(code, c.hidden_size)
        self.widen = Dense(c.hidden_size)

    def statistics(self, flat: Tensor) -> Tensor:
        """Return mean and logvar of features, (..., width) to (..., 2 * code); of short windows the first features only."""
        weight = self.pool.weight[:, : flat.shape[-1]]  # weights of what lies past the batch's longest window meet zeros
        pooled = self.deepen(F.linear(flat, weight, self.pool.bias))
        both: Tensor = self.posterior(self.pool_norm(pooled))
        return both

    def take_weights(self, other: "BlockAutoencoder") -> bool:
        """Start from the weights with which another model, of few bars perhaps, reads and writes blocks.

        Returns:
            Whether the layers around the code were taken too, so that this model knows how to use its code.

        Raises:
            ParameterError: its blocks are of other sizes.
        """
        for name in _BLOCK_SIZES:
            mine, theirs = getattr(self.config, name), getattr(other.config, name)
            if mine != theirs:
                raise ParameterError(f"The models' blocks differ: {name} is {mine} here and {theirs} there.")
        own = self.state_dict()
        theirs = {k: v for k, v in other.state_dict().items() if k.partition(".")[0] in _BLOCK_PARTS}
        self.load_state_dict({**own, **theirs})
        return False

    @abstractmethod
    def plan_of(self, z: Tensor, like: GridBatch) -> Tensor:
        """Return what codes (B, Z) plan for each block of the bars of `like`, shape (B, K, pooled), not yet normed."""

    def features(self, x: GridBatch) -> Tensor:
        """Return what the encoder makes of each block, shape (B, K, pooled); 0 for blocks past a window's end.

        Raises:
            ParameterError: a window or bar is longer than the model's.
        """
        blocks = self.cut(x)  # (B, K, block)
        here = (blocks[:, :, :1] < self.config.depth).to(self.squeeze.weight.dtype)  # (B, K, 1)
        seen = self.token(blocks)
        if self.hits is not None and x.values is not None:
            known = torch.ones(len(x), 1, 1, device=x.values.device)
            if self.training and self.config.value_dropout:
                known = torch.bernoulli(known * (1 - self.config.value_dropout))
            seen = seen + self._in_blocks(self.hits.read(x.values) * known * x.mask[:, :, None])
        h = self.block_in(seen.flatten(2)) + self.place_in(self._places(x))
        for layer in self.mixing:
            h = layer(h, here)
        squeezed: Tensor = self.squeeze(h) * here
        return squeezed

    def log_likelihood(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return log p(x|z) in nats under teacher forcing, shape (B,); velocities and offsets count where x has them."""
        cells = self._cells(x, z, generator)
        likelihood = sequence_log_likelihood(self._logits(cells), x)
        if self.hits is not None and x.values is not None:
            nats = self.hits.log_likelihood(self.hits.means(cells, self.token(x.tokens)), x.values, x.tokens)
            likelihood = likelihood + (nats * x.mask).sum(1)
        return likelihood

    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return teacher-forced logits, shape (B, T, D); in training some of the tokens fed back are hidden."""
        return self._logits(self._cells(x, z, generator))

    def with_feel(
        self, x: GridBatch, z: Tensor, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> GridBatch:
        """Return the hits of x with the velocities and offsets that codes (B, Z) give them; x itself for a model of none."""
        if self.hits is None:
            return x
        means = self.hits.means(self._cells(x, z), self.token(x.tokens))
        return x.with_tokens(x.tokens, self.hits.draw(means, x.tokens * x.mask, temperature, generator))

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
        """Decode codes freely, each token fed back; `like` gives the bars."""
        c = self.config
        check_length(like, c.max_steps)
        places = self._places(like)  # (B, K, 2)
        count = places.shape[1]
        sole = sole_tokens(logit_bias, count * c.block)
        plan = self.plan_norm(self.plan_of(z, like))
        before = torch.full((len(z), 1, c.block), c.depth, device=z.device)
        state: Tensor | None = None
        drawn = []
        for k in range(count):
            states, state = self.decoder(self._decoder_input(plan[:, k : k + 1], before, places[:, k : k + 1]), state)
            base = self.to_cells(torch.cat([states, plan[:, k : k + 1]], dim=2)).view(-1, 1, c.block, c.cell_size)
            before = torch.full_like(before, c.depth)
            for i, token in enumerate(sole[k * c.block : (k + 1) * c.block]):
                if token is not None:
                    before[:, 0, i] = token
                    continue
                logits = self._logits(self._cell(base[:, :, i], self.token(before).flatten(2), i))
                logits = logits[:, 0] + bias_at(logit_bias, k * c.block + i)
                before[:, 0, i] = pick(logits, temperature, generator)
            drawn.append(before)
        tokens = torch.cat(drawn, dim=1).flatten(1)[:, : like.tokens.shape[1]]
        drawn_tokens = like.with_tokens(torch.where(like.mask, tokens, 0))
        return self.with_feel(drawn_tokens, z, temperature=temperature, generator=generator)

    def _cells(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return what is known at each time step under teacher forcing, shape (B, T, cell)."""
        c = self.config
        blocks = self.cut(x)  # (B, K, block)
        if self.training:
            blocks = hide_tokens(blocks, c.token_dropout, c.depth, generator)
        plan = self.plan_norm(self.plan_of(z, x))  # (B, K, pooled)
        before = F.pad(blocks, (0, 0, 1, 0), value=c.depth)[:, :-1]
        states, _ = self.decoder(self._decoder_input(plan, before, self._places(x)))
        base = self.to_cells(torch.cat([states, plan], dim=2)).unflatten(2, (c.block, c.cell_size))
        fed = self.token(blocks).flatten(2)  # (B, K, block * token)
        cells = torch.stack([self._cell(base[:, :, i], fed, i) for i in range(c.block)], dim=2)  # (B, K, block, cell)
        return cells.flatten(1, 2)[:, : x.tokens.shape[1]]

    def _decoder_input(self, plan: Tensor, before: Tensor, places: Tensor) -> Tensor:
        """Join the plan with what the block before held and where the block lies, shape (B, K, 2 * pooled)."""
        told = self.block_back(self.token(before).flatten(2)) + self.place_back(places)
        return torch.cat([plan, torch.relu(told)], dim=2)

    def _cell(self, base: Tensor, fed: Tensor, i: int) -> Tensor:
        """Add what the tokens before cell `i` of each block tell it: (B, K, cell) from `fed` (B, K, block * token)."""
        if i == 0:
            return base
        told: Tensor = self.told[i - 1](fed[:, :, : i * self.config.token_size])
        return base + told

    def _logits(self, cells: Tensor) -> Tensor:
        """Map (..., cell) to logits (..., D) by likeness with the tokens' embeddings."""
        return F.linear(self.out(self.mix(cells)), self.token.weight[: self.config.depth], self.out_bias)

    def cut(self, x: GridBatch) -> Tensor:
        """Cut tokens into blocks (B, K, block); padding becomes the token `depth`."""
        c = self.config
        check_length(x, c.max_steps)
        tokens = torch.where(x.mask, x.tokens, c.depth)
        padded = F.pad(tokens, (0, -tokens.shape[1] % c.block), value=c.depth)
        return padded.view(len(padded), -1, c.block)

    def _in_blocks(self, rows: Tensor) -> Tensor:
        """Cut (B, T, size) into blocks (B, K, block, size), padded by 0."""
        padded = F.pad(rows, (0, 0, 0, -rows.shape[1] % self.config.block))
        return padded.view(len(rows), -1, self.config.block, rows.shape[2])

    def _places(self, x: GridBatch) -> Tensor:
        """Return where each block begins, place in the bar and length of the bar in time steps, shape (B, K, 2)."""
        c = self.config
        if int(x.bar_steps.max()) > c.max_bar_steps:
            raise ParameterError(f"A bar of {int(x.bar_steps.max())} time steps is longer than the model's {c.max_bar_steps}.")
        starts = slice(None, None, c.block)
        place = x.position[:, starts].clamp(max=c.max_bar_steps - 1)
        return torch.stack([place, x.bar_length[:, starts]], dim=2)
