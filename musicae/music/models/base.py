"""What models of music share: the abstract classes, the likelihood of tokens, and how tokens are drawn and hidden."""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.autoencoder import Autoencoder
from musicae.errors import ParameterError
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow, Representation
from musicae.music.scales import Scale

__all__ = [
    "GridAutoencoder",
    "MusicAutoencoder",
    "bias_at",
    "check_length",
    "hide_tokens",
    "pick",
    "scale_bias",
    "sequence_log_likelihood",
    "sole_tokens",
    "with_logits",
]


class MusicAutoencoder(Autoencoder[GridBatch]):
    """A model q(z|x), p(x|z) over token grids: all that a `musicae.music.model.MusicModel` needs of a network.

    Its configuration has `depth` and `max_steps`, and `max_bar_steps` if the length of bars is limited too.
    """

    @abstractmethod
    def generate(
        self,
        z: Tensor,
        like: GridBatch,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        logit_bias: Tensor | None = None,
    ) -> GridBatch:
        """Decode codes into tokens.

        Arguments:
            z: Codes, shape (B, Z).
            like: A batch with the bars of the result; its tokens and values are ignored.
            temperature: 0 takes the most likely tokens; 1 samples from the likelihood.
            generator: Source of randomness.
            logit_bias: Added to the logits before a token is drawn, broadcast against (B, T, D); minus infinity forbids a
                token.
        """


class GridAutoencoder(MusicAutoencoder):
    """A model that draws its tokens one after the other, from logits that depend on the tokens before."""

    @abstractmethod
    def logits(self, x: GridBatch, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return logits under teacher forcing, differentiable in z.

        Arguments:
            x: The windows; each time step is conditioned on the true tokens before it.
            z: Codes, shape (B, Z).
            generator: Source of randomness in training.

        Returns:
            Shape (B, T, D). In evaluation mode, their argmax equals x if and only if `generate` decodes z to x at
            temperature 0.
        """


def with_logits(model: MusicAutoencoder, task: str) -> GridAutoencoder:
    """Return a model that has logits, for a task that needs them.

    Arguments:
        model: The model.
        task: The task, for the message.

    Raises:
        ParameterError: the model does not decode token by token.
    """
    if not isinstance(model, GridAutoencoder):
        raise ParameterError(
            f"{task} needs the logits of a model that decodes token by token, which {model.name} does not; choose another such "
            "as plan-vae."
        )
    return model


def check_length(x: GridBatch, max_steps: int) -> None:
    """Check that windows are not longer than a model's `max_steps` time steps.

    Raises:
        ParameterError: they are.
    """
    if x.tokens.shape[1] > max_steps:
        raise ParameterError(
            f"A window of {x.tokens.shape[1]} time steps is longer than the model's {max_steps}; take fewer or shorter bars."
        )


def sequence_log_likelihood(logits: Tensor, x: GridBatch) -> Tensor:
    """Return the log likelihood of each window's tokens in nats, summed over its time steps.

    Arguments:
        logits: Unnormalised log probabilities, shape (B, T, D).
        x: The windows; padding does not count.

    Returns:
        Shape (B,).
    """
    nll = F.cross_entropy(logits.flatten(0, 1), x.tokens.flatten(), reduction="none")  # (B * T,)
    return -(nll.view_as(x.tokens) * x.mask).sum(1)


def pick(logits: Tensor, temperature: float, generator: torch.Generator | None = None) -> Tensor:
    """Choose tokens from logits (..., D): the most likely at temperature 0, otherwise a sample; shape (...)."""
    if temperature == 0:
        return logits.argmax(-1)
    noise = torch.rand(logits.shape, generator=generator, device=generator.device if generator else logits.device)
    gumbel = -torch.log(-torch.log(noise.to(logits.device).clamp(1e-20, 1 - 1e-7)))
    return (logits / temperature + gumbel).argmax(-1)


def bias_at(logit_bias: Tensor | None, t: int) -> Tensor | float:
    """Return the part of `logit_bias` (broadcast against (B, T, D)) that belongs to time step `t`, shape (B or 1, D)."""
    if logit_bias is None:
        return 0.0
    bias = _three_axes(logit_bias)
    return bias[:, min(t, bias.shape[1] - 1)]  # one row for all time steps, or a padded step past the last row


def scale_bias(scale: Scale, representation: Representation) -> Tensor:
    """Return the logit bias that forbids notes outside a scale: 0 or minus infinity per token, float32, shape (D,)."""
    windows = [GridWindow(np.array([token]), (1,)) for token in range(representation.depth)]
    foreign = [any(note.pitch not in scale for note in representation.decode(w)) for w in windows]
    return torch.where(torch.tensor(foreign), -torch.inf, 0.0)


def sole_tokens(logit_bias: Tensor | None, steps: int) -> list[Tensor | None]:
    """Return per time step the only token that a bias allows in each window, (B or 1,), or None if a window has a choice.

    Arguments:
        logit_bias: Added to logits, broadcast against (B, T, D), or None.
        steps: Number of time steps.
    """
    if logit_bias is None:
        return [None] * steps
    allowed = _three_axes(logit_bias) > -torch.inf
    sole, tokens = (allowed.sum(2) == 1).all(0).tolist(), allowed.int().argmax(2)
    last = len(sole) - 1
    return [tokens[:, min(t, last)] if sole[min(t, last)] else None for t in range(steps)]


def _three_axes(logit_bias: Tensor) -> Tensor:
    """Return a bias that broadcasts against (B, T, D) with all three axes."""
    return logit_bias.reshape((1,) * (3 - logit_bias.ndim) + logit_bias.shape)


def hide_tokens(tokens: Tensor, share: float, hidden: int, generator: torch.Generator | None = None) -> Tensor:
    """Replace a random share of tokens by the token `hidden` (word dropout); any shape."""
    if share == 0:
        return tokens
    device = generator.device if generator else tokens.device
    noise = torch.rand(tokens.shape, generator=generator, device=device).to(tokens.device)
    return torch.where(noise < share, hidden, tokens)
