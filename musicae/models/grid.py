"""What all models over token grids share: the likelihood of tokens, and drawing them."""

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.batch import GridBatch
from musicae.errors import ParameterError

__all__ = ["check_length", "hide_tokens", "pick", "sequence_log_likelihood"]


def check_length(x: GridBatch, max_steps: int) -> None:
    """Refuse windows that are longer than a model's `max_steps` time steps."""
    if x.tokens.shape[1] > max_steps:
        raise ParameterError(f"A window of {x.tokens.shape[1]} time steps is longer than the model's {max_steps}.")


def sequence_log_likelihood(logits: Tensor, x: GridBatch) -> Tensor:
    """Return the log likelihood of each window's tokens in nats, summed over its time steps.

    Arguments:
        logits: Unnormalised log probabilities, shape (B, T, D).
        x: The windows; padding counts nothing.

    Returns:
        Shape (B,).
    """
    nll = F.cross_entropy(logits.flatten(0, 1), x.tokens.flatten(), reduction="none")  # (B * T,)
    return -(nll.view_as(x.tokens) * x.mask).sum(1)


def pick(logits: Tensor, temperature: float, generator: torch.Generator | None = None) -> Tensor:
    """Choose tokens from logits (..., D): the most probable at temperature 0, else a sample; shape (...)."""
    if temperature == 0:
        return logits.argmax(-1)
    noise = torch.rand(logits.shape, generator=generator, device=generator.device if generator else logits.device)
    gumbel = -torch.log(-torch.log(noise.to(logits.device).clamp(1e-20, 1 - 1e-7)))
    return (logits / temperature + gumbel).argmax(-1)


def hide_tokens(tokens: Tensor, share: float, hidden: int, generator: torch.Generator | None = None) -> Tensor:
    """Replace a random share of tokens by the token `hidden` (word dropout); any shape."""
    if share == 0:
        return tokens
    device = generator.device if generator else tokens.device
    noise = torch.rand(tokens.shape, generator=generator, device=device).to(tokens.device)
    return torch.where(noise < share, hidden, tokens)
