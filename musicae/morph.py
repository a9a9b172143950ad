"""Morphs: one phrase becomes another along the great circle between their codes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from musicae import latent
from musicae.batch import GridBatch
from musicae.metrics import window_distance
from musicae.models.grid import GridAutoencoder
from musicae.phrase import Phrase, blend, join
from musicae.scales import Scale
from musicae.score import Score

if TYPE_CHECKING:
    from musicae.music import MusicModel

__all__ = ["Morph", "even_path", "hit_distance", "interpolate", "spread"]

FINE = 64  # parts that an even path is cut into before its points are chosen
REACH = 8  # parts that a step of an even path may take, in those that it would take on average


@dataclass(frozen=True)
class Morph:
    """What `MusicModel.interpolate` returns.

    Arguments:
        scores: One score a step, the first and last being the reconstructions of the inputs.
        joined: All steps in a row.
        z: The codes, shape (steps, Z).
        alphas: Where on the way from one end to the other each code lies, from 0 to 1.
        exact: Whether the first and the last score have the notes of the inputs; None where that was not asked for.
    """

    scores: list[Score]
    joined: Score
    z: Tensor
    alphas: tuple[float, ...] = ()
    exact: tuple[bool, bool] | None = None

    def _repr_html_(self) -> str:
        """Show the morph in a Jupyter notebook: a row of piano rolls and their sound."""
        from musicae.notebook import morph_html

        return morph_html(self.scores, self.joined)


def interpolate(
    model: "MusicModel",
    first: Phrase,
    last: Phrase,
    steps: int,
    *,
    exact: bool,
    even: bool,
    temperature: float,
    seed: int,
    scale: Scale | None,
) -> Morph:
    """Morph one phrase into another; see `MusicModel.interpolate`, which has the same arguments."""
    refined = [model.refine(phrase) for phrase in (first, last)] if exact else None
    a, b = [r.z[0] for r in refined] if refined else [model.encode(phrase).mode[0] for phrase in (first, last)]
    z = latent.path(a, b, steps)
    shares = [i / (steps - 1) for i in range(steps)]
    alphas = shares
    if even:
        like = GridBatch.from_windows([first.window]).to(model.device)
        distance = window_distance if model.representation.pitched else hit_distance
        alphas, z = even_path(model.model, a, b, steps, like, distance)
    layouts = [replace(first if share < 0.5 else last, manner=blend(first.manner, last.manner, share)) for share in shares]
    scores = model.decode(z, layouts, temperature=temperature, seed=seed, scale=scale)
    if temperature == 0 or exact:  # sums in a batch of many may differ in the last bit from those of one
        for i in (0, -1):
            scores[i] = model.decode(z[i], layouts[i], scale=None if exact else scale)[0]
    lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
    kept = (bool(refined[0].exact), bool(refined[1].exact)) if refined else None
    return Morph(scores, join(scores, lengths), z, tuple(alphas), kept)


@torch.no_grad()
def even_path(
    model: GridAutoencoder,
    a: Tensor,
    b: Tensor,
    steps: int,
    like: GridBatch,
    distance: Callable[[Tensor, Tensor, Tensor], Tensor] = window_distance,
) -> tuple[list[float], Tensor]:
    """Choose codes between two so that the music changes by equal amounts from each to the next.

    The great circle is cut finely, all of it is decoded greedily, and points are chosen by `spread`.

    Arguments:
        model: The model.
        a: Code, shape (Z,).
        b: Code, shape (Z,).
        steps: Number of codes, at least 2, both ends included.
        like: One window, whose bars are decoded.
        distance: How far tokens (B, T) are from others under a mask (B, T), shape (B,); `hit_distance` for drums.

    Returns:
        Where the codes lie between a (0) and b (1), strictly increasing, and the codes, shape (steps, Z).
    """
    count = max(FINE, 2 * steps)
    path = latent.path(a, b, count + 1)
    batch = GridBatch(like.tokens.expand(count + 1, -1), like.bar_steps.expand(count + 1, -1))
    tokens = model.generate(path, batch).tokens
    chosen = spread(tokens, batch.mask[0], steps, distance)
    return [i / count for i in chosen], path[chosen]


def spread(
    tokens: Tensor,
    mask: Tensor,
    steps: int,
    distance: Callable[[Tensor, Tensor, Tensor], Tensor] = window_distance,
) -> list[int]:
    """Return which windows of a finely cut path to take so that the music changes by equal amounts from each to the next.

    Arguments:
        tokens: The path's windows, shape (N + 1, T).
        mask: Time steps that count, shape (T,).
        steps: How many to take, at least 2, both ends included.
        distance: As in `even_path`.
    """
    count = len(tokens) - 1
    reach = min(count, REACH * -(-count // (steps - 1)))
    distances = torch.zeros(count + 1, reach)
    for hop in range(1, reach + 1):
        distances[: count + 1 - hop, hop - 1] = distance(tokens[:-hop], tokens[hop:], mask).cpu()
    return latent.respace(distances, steps)


def hit_distance(reference: Tensor, estimate: Tensor, mask: Tensor) -> Tensor:
    """Return how far drum patterns are apart: the hits that one of them lacks, a time step.

    Arguments:
        reference: Sets of hits (see `musicae.representations.drums`), shape (..., T).
        estimate: Sets of hits, broadcast against them.
        mask: Time steps that count, broadcast against them.

    Returns:
        Shape (...): 0 for equal patterns, symmetric, and never longer than a way round.
    """
    bits = torch.arange(63, device=reference.device)
    differ = ((reference ^ estimate)[..., None] >> bits & 1).sum(-1)
    return (differ * mask).sum(-1) / mask.sum(-1).clamp(min=1)
