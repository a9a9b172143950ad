"""Infilling: some tokens of a window are given, and the model fills the rest.

The code of a window that is given in part is computed in three stages:

1. *Draws.* Codes from the prior are decoded with the given tokens fixed, and the windows encoded again, a few times over: a
   Markov chain whose windows come to fit the given part (Rezende, Mohamed and Wierstra, 2014, arXiv 1401.4082, appendix F).
2. *Choice.* The draws that give the given tokens the highest likelihood are kept.
3. *Refinement.* Their codes are moved until they decode to the given tokens by themselves (`musicae.music.latent.refine`), so
   that the rest is what the model decodes together with the given part.

Given tokens are fixed in the last decoding too, so they are kept even where the third stage does not get there.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from musicae.core.distributions import DiagonalGaussian
from musicae.music.latent.refine import keep_tokens, refine
from musicae.music.models.base import GridAutoencoder, MusicAutoencoder, with_logits
from musicae.music.models.batch import GridBatch

__all__ = ["Infilled", "infill"]

DRAWS = 8
ROUNDS = 3
REFINEMENT = 40  # steps; more hardly helps, since the given tokens are fixed anyway


@dataclass(frozen=True)
class Infilled:
    """The result of `infill`.

    Arguments:
        windows: The windows, with the given tokens and their values, if there are any.
        z: Their codes, shape (B, Z).
        exact: Whether the code alone decodes greedily to all given tokens, bool, shape (B,).
    """

    windows: GridBatch
    z: Tensor
    exact: Tensor


def infill(
    model: MusicAutoencoder,
    x: GridBatch,
    given: Tensor,
    *,
    draws: int = DRAWS,
    temperature: float = 0.0,
    seed: int = 0,
    logit_bias: Tensor | None = None,
) -> Infilled:
    """Fill in windows of which some tokens are given (see the module's text).

    Arguments:
        model: The model, in evaluation mode.
        x: The windows; tokens that are not given are ignored.
        given: Which tokens are given, bool, shape (B, T).
        draws: Codes drawn per window, of which the best is kept.
        temperature: 0 takes the most likely tokens, 1 samples.
        seed: Seed of draws and tokens.
        logit_bias: Added to the logits of tokens that are not given, broadcast against (B, T, D).

    Raises:
        ParameterError: the model has no logits.
    """
    model = with_logits(model, "Infilling")
    generator = torch.Generator().manual_seed(seed)
    device = x.tokens.device
    many = x.repeat(draws)
    fixed = given.repeat_interleave(draws, 0)
    bias = _fixing(many, fixed, model, logit_bias)
    z = torch.randn(len(many), model.latent_size, generator=generator).to(device)
    with torch.no_grad():
        for _ in range(ROUNDS):
            posterior = model.encode(model.generate(z, many, temperature=0.5, generator=generator, logit_bias=bias))
            z = posterior.rsample(generator) if isinstance(posterior, DiagonalGaussian) else posterior.mode
        z = posterior.mode
        decoded = model.generate(z, many, logit_bias=bias)
        nll = F.cross_entropy(model.logits(decoded, z).flatten(0, 1), decoded.tokens.flatten(), reduction="none")
        given_nll = (nll.view_as(decoded.tokens) * (fixed & decoded.mask)).sum(1).view(-1, draws)  # (B, draws)
    best = torch.arange(len(x), device=device) * draws + given_nll.argmin(1)
    refined = refine(model, x, z[best], given=given, steps=REFINEMENT)
    bias = _fixing(x, given, model, logit_bias)
    windows = model.generate(refined.z, x, temperature=temperature, generator=generator, logit_bias=bias)
    if x.values is not None and windows.values is not None:
        windows = windows.with_tokens(windows.tokens, torch.where(given[..., None], x.values, windows.values))
    return Infilled(windows, refined.z, refined.exact)


def _fixing(x: GridBatch, given: Tensor, model: GridAutoencoder, logit_bias: Tensor | None) -> Tensor:
    """Return the logit bias that fixes given tokens and adds a bias to the logits of the others, shape (B, T, D)."""
    keep = keep_tokens(x, given, model.config.depth)
    return keep if logit_bias is None else torch.where(given[..., None], keep, logit_bias)
