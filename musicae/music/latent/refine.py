"""Refinement of codes: a few gradient steps after which a code decodes to exactly the given tokens.

The encoder's code is the guess of an amortised inference. A few steps of gradient descent on the code itself close the rest of
the gap (Kim et al., 2018, Semi-Amortized Variational Autoencoders, arXiv 1802.02550). The objective here is not the likelihood
but the decision: at each time step, given the true tokens before it, the logit of the target token must exceed all others by a
margin. If it does at every step, greedy decoding takes the target at the first step, is therefore conditioned on the truth at
the second, and so on. So the window is exact, and no window was decoded on the way.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.music.models.base import MusicAutoencoder, with_logits
from musicae.music.models.batch import GridBatch

__all__ = ["Refined", "keep_tokens", "margins", "refine"]

RATE = 0.05  # of Adam; codes are of the order of 1 in each dimension
MARGIN = 0.3  # in nats; far above the difference that the order of sums makes, and small, for cells compete
PULL = 1e-3  # towards the initial code, so that dimensions that do not matter stay
SURE = 0.02  # margin in nats from which a cell counts as right
BETAS = (0.9, 0.99)
FAR = 1e9  # stands for minus infinity where a gradient is to stay finite


@dataclass(frozen=True)
class Refined:
    """What `refine` returns.

    Arguments:
        z: Codes, shape (B, Z).
        exact: Whether greedy decoding gives every target token, bool, shape (B,).
        steps: Gradient steps of each code, int64, shape (B,).
    """

    z: Tensor
    exact: Tensor
    steps: Tensor


def refine(
    model: MusicAutoencoder, x: GridBatch, z: Tensor | None = None, *, given: Tensor | None = None, steps: int = 200
) -> Refined:
    """Move codes until they decode greedily to given tokens.

    Arguments:
        model: The model, in evaluation mode.
        x: The target tokens.
        z: Initial codes, shape (B, Z). [default: the posterior's mode]
        given: Which tokens are targets, bool, shape (B, T); the model chooses the others, which may change on the way.
            [default: all]
        steps: Maximum number of gradient steps per window; a window that is exact takes no more.

    Returns:
        Codes, and which of them are exact; a window that is not exact keeps the code with the fewest wrong tokens, the first
        of several.

    Raises:
        ParameterError: the model has no logits.
    """
    model = with_logits(model, "Refining a code")
    with torch.no_grad():
        begin = (model.encode(x).mode if z is None else z).detach().clone()
    codes, exact = begin.clone(), torch.zeros(len(x), dtype=torch.bool, device=begin.device)
    taken = torch.zeros(len(x), dtype=torch.int64, device=begin.device)
    rows = torch.arange(len(x), device=begin.device)  # of the windows that are not exact yet
    target = x.mask if given is None else x.mask & given
    first, second = torch.zeros_like(begin), torch.zeros_like(begin)  # Adam's moments
    best, fewest = begin.clone(), torch.full((len(x),), x.tokens.shape[1] + 1, device=begin.device)
    for step in range(steps + 1):
        part, at = x.take(rows), target[rows]
        if given is not None:
            part = model.generate(codes[rows], part, logit_bias=keep_tokens(part, at, model.config.depth))
        code = codes[rows].requires_grad_(step < steps)
        # cuDNN has no backward pass of a recurrent layer in evaluation mode.
        with torch.backends.cudnn.flags(enabled=False), torch.set_grad_enabled(step < steps):
            gap = margins(model.logits(part, code), part.tokens).masked_fill(~at, FAR)
            loss = (MARGIN - gap).clamp(min=0).sum() + PULL * ((code - begin[rows]) ** 2).sum()
        wrong = (gap.detach() <= SURE).sum(1)
        right, better = wrong == 0, wrong < fewest[rows]
        best[rows[better]], fewest[rows[better]] = codes[rows[better]], wrong[better]
        exact[rows], taken[rows] = right, step
        if bool(right.all()) or step == steps:
            break
        (gradient,) = torch.autograd.grad(loss, code)
        first[rows], second[rows], change = _adam(first[rows], second[rows], gradient, step + 1)
        rows, change = rows[~right], change[~right]
        codes[rows] -= RATE * change
    return Refined(best, exact, taken)


def margins(logits: Tensor, tokens: Tensor) -> Tensor:
    """Return the difference between the logit of each token and the largest of the others, in nats.

    Arguments:
        logits: Shape (B, T, D).
        tokens: Shape (B, T).

    Returns:
        Shape (B, T); positive if the token is the most likely one.
    """
    own = tokens[..., None]
    return (logits.gather(-1, own) - logits.scatter(-1, own, -FAR).amax(-1, keepdim=True))[..., 0]


def keep_tokens(x: GridBatch, given: Tensor, depth: int) -> Tensor:
    """Return the logit bias under which `MusicAutoencoder.generate` gives the tokens of x at the places that are given.

    Arguments:
        x: The tokens.
        given: Which of them to keep, bool, shape (B, T).
        depth: Number of different tokens, D.

    Returns:
        Zero and minus infinity, shape (B, T, D).
    """
    others = F.one_hot(x.tokens, depth) == 0
    return torch.zeros(others.shape, device=others.device).masked_fill(others & given[..., None], -torch.inf)


def _adam(first: Tensor, second: Tensor, gradient: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return both moments after step `step` (from 1), and the step to subtract (Kingma and Ba, arXiv 1412.6980)."""
    first = BETAS[0] * first + (1 - BETAS[0]) * gradient
    second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
    return first, second, first / (1 - BETAS[0] ** step) / ((second / (1 - BETAS[1] ** step)).sqrt() + 1e-8)
