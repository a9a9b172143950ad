"""Infilling: some tokens of a window are given, and the model fills the rest.

The code of a half-given window is found in three stages:

1. *Draws.* Codes from the prior are decoded with the given tokens held fast, and the windows encoded again, a few times over:
   a Markov chain whose windows come to fit the given part (Rezende, Mohamed and Wierstra, 2014, arXiv 1401.4082, appendix F).
2. *Choice.* The draws under which the given tokens are likeliest are kept.
3. *Refinement.* Their codes are moved until they decode to the given tokens by themselves (`musicae.music.latent.refine`), so that the rest
   is what the model thinks belongs to them.

Given tokens are held fast in the last decoding too, so they are kept even where the third stage does not get there.
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
REFINEMENT = 40  # steps; more hardly helps, since the given tokens are held fast anyway


@dataclass(frozen=True)
class Infilled:
    """What `infill` returns.

    Arguments:
        windows: The windows; the given tokens, and their values where there are any, are those that were given.
        z: Their codes, shape (B, Z).
        exact: Whether the code alone, decoded greedily, gives all given tokens, bool, shape (B,).
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
        x: The windows; tokens that are not given are not looked at.
        given: Which tokens are given, bool, shape (B, T).
        draws: Codes drawn for each window, of which the best is kept.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of draws and notes.
        logit_bias: Added to the logits of tokens that are not given, broadcast against (B, T, D).

    Raises:
        ParameterError: the model has no logits.
    """
    model = with_logits(model, "Infilling")
    generator = torch.Generator().manual_seed(seed)
    device = x.tokens.device
    many = x.repeat(draws)
    held = given.repeat_interleave(draws, 0)
    keep = _held(many, held, model, logit_bias)
    z = torch.randn(len(many), model.latent_size, generator=generator).to(device)
    with torch.no_grad():
        for _ in range(ROUNDS):
            posterior = model.encode(model.generate(z, many, temperature=0.5, generator=generator, logit_bias=keep))
            z = posterior.rsample(generator) if isinstance(posterior, DiagonalGaussian) else posterior.mode
        z = posterior.mode
        made = model.generate(z, many, logit_bias=keep)
        nll = F.cross_entropy(model.logits(made, z).flatten(0, 1), made.tokens.flatten(), reduction="none")
        unlikely = (nll.view_as(made.tokens) * (held & made.mask)).sum(1).view(-1, draws)  # (B, draws)
    best = torch.arange(len(x), device=device) * draws + unlikely.argmin(1)
    refined = refine(model, x, z[best], given=given, steps=REFINEMENT)
    keep = _held(x, given, model, logit_bias)
    windows = model.generate(refined.z, x, temperature=temperature, generator=generator, logit_bias=keep)
    if x.values is not None and windows.values is not None:
        windows = windows.with_tokens(windows.tokens, torch.where(given[..., None], x.values, windows.values))
    return Infilled(windows, refined.z, refined.exact)


def _held(x: GridBatch, given: Tensor, model: GridAutoencoder, logit_bias: Tensor | None) -> Tensor:
    """Return the logit bias that holds given tokens fast and leaves a bias to the others, shape (B, T, D)."""
    keep = keep_tokens(x, given, model.config.depth)
    return keep if logit_bias is None else torch.where(given[..., None], keep, logit_bias)
