"""Sizes that all models over blocks of time steps share."""

from dataclasses import dataclass

from musicae.errors import ParameterError

__all__ = ["BlockConfig"]

# The weights of reader and writer depend on these, and on no other size.
_BLOCK_SIZES = (
    *("depth", "block", "token_size", "block_size", "mixing_layers", "pooled_size"),
    *("decoder_size", "cell_size", "max_bar_steps", "expression_parts"),
)


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """Sizes that models over blocks share.

    Arguments:
        depth: Number of tokens of the representation, D.
        latent_size: Z.
        max_steps: Longest window in time steps; a multiple of `block`.
        max_bar_steps: Longest bar in time steps.
        block: Time steps per block.
        token_size: Width of a token's embedding.
        block_size: Width of a block's features in the encoder.
        mixing_layers: Residual layers in which the features of a block are combined with those of its two neighbours.
        pooled_size: Width of the features of each block that are pooled, and of each block's plan vector.
        hidden_size: Units of the dense layers around the code.
        decoder_size: Units of the decoder GRU.
        cell_size: Width of the layers inside a block.
        token_dropout: Share of the tokens fed back that is hidden in training.
        expression_parts: Parts of a drum kit whose velocities and offsets are modelled too (see
            `musicae.music.models.expression`); 0 for none.
        expression_dropout: Share of the windows whose velocities and offsets are hidden from the encoder in training.
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
    expression_parts: int = 0
    expression_dropout: float = 0.0

    def __post_init__(self) -> None:
        """Check that sizes are positive, shares lie in their ranges, and blocks fill the window."""
        name = type(self).__name__.removesuffix("Config")
        counts = ("mixing_layers", "expression_parts")
        sizes = [value for field, value in vars(self).items() if isinstance(value, int) and field not in counts]
        if min(sizes) < 1 or min(self.mixing_layers, self.expression_parts) < 0:
            raise ParameterError(f"{name} needs sizes of at least 1 and mixing_layers of at least 0.")
        if self.max_steps % self.block or not 0 <= self.token_dropout < 1 or not 0 <= self.expression_dropout <= 1:
            raise ParameterError(
                f"max_steps ({self.max_steps}) must be a multiple of block ({self.block}), token_dropout "
                f"({self.token_dropout}) at least 0 and below 1, and expression_dropout ({self.expression_dropout}) "
                "from 0 to 1."
            )

    def check_same_blocks(self, other: "BlockConfig") -> None:
        """Check that reader and writer of another model have the same sizes.

        Raises:
            ParameterError: a size differs.
        """
        for name in _BLOCK_SIZES:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise ParameterError(f"The models' blocks differ: {name} is {mine} here and {theirs} there.")
