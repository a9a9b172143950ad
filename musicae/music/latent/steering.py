"""Steering by attributes: vectors in latent space, and a short search that goes the last part of the way.

The vector of an attribute is the mean code of the quarter of the data that has most of it minus that of the quarter that has
least, as in Roberts et al., 2018, arXiv 1803.05428. Attributes that are correlated in the data have correlated vectors.
Therefore the six are recombined until, by the linear regression of attributes on codes, each changes its own attribute by one
standard deviation and leaves the others as they are.

A decoder is far from linear in its code, though: regression explains half of the variance of density or register over the data,
and little of that of the mean interval. So a step along the vectors is only where a search begins. A (1 + lambda) evolution
strategy (Rechenberg, 1973) decodes candidates: some lie further along the vectors of what is still missing, all have a little
noise. It keeps the candidate whose attributes are nearest to the targets: the attributes that are set moved by their amounts,
all others where they were. So amounts are calibrated on each tune.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from musicae.music.latent.attribute_vectors import AttributeVectors, Effect
from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes
from musicae.music.models.base import MusicAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.representations import Representation

__all__ = ["Steering", "attribute_errors", "attribute_vectors", "effect", "move"]

Array = NDArray[np.float64]

CANDIDATES = 24
ROUNDS = 10
NOISE = 0.3  # standard deviation of the largest noise in each dimension; the prior's is 1
EMPHASIS = 2.0  # weight of the attributes that are set, relative to that of the others


@dataclass(frozen=True)
class Steering:
    """A model and the directions in its latent space.

    Arguments:
        model: The model, in evaluation mode.
        representation: Its grid.
        vectors: Its attribute vectors.
    """

    model: MusicAutoencoder
    representation: Representation
    vectors: AttributeVectors

    def attributes(self, codes: Tensor, like: GridBatch) -> Array:
        """Return the attributes of the greedy decodings of codes, shape (B, 6); NaN where there are no notes.

        Arguments:
            codes: Shape (B, Z).
            like: The bars of each, B windows.
        """
        return measure_attributes(self.model.generate(codes, like).windows(), self.representation)


def attribute_vectors(codes: Tensor, attributes: Array, *, weights: str, data: str = "") -> AttributeVectors:
    """Compute attribute vectors (see the module's text).

    Arguments:
        codes: Posterior means of windows, shape (N, Z).
        attributes: What `musicae.music.metrics.attributes.measure_attributes` returned for them, shape (N, 6), without NaN.
        weights: Hash of the weights.
        data: What the windows are, in words.
    """
    mean, deviation = attributes.mean(0), attributes.std(0)
    y = (attributes - mean) / deviation
    x = codes.double().cpu().numpy()
    x = x - x.mean(0)
    ridge = 1e-3 * len(x) * np.eye(x.shape[1])
    regression = np.linalg.solve(x.T @ x + ridge, x.T @ y)  # (Z, 6)
    low, high = np.quantile(y, [0.25, 0.75], axis=0)
    contrast = np.stack([x[y[:, i] >= high[i]].mean(0) - x[y[:, i] <= low[i]].mean(0) for i in range(y.shape[1])], axis=1)
    vectors = contrast @ np.linalg.inv(regression.T @ contrast)  # (Z, 6): regression.T @ vectors is the identity
    return AttributeVectors(mean.tolist(), deviation.tolist(), vectors.T.round(5).tolist(), weights, data)


def move(
    steering: Steering,
    z: Tensor,
    like: GridBatch,
    amounts: dict[str, float],
    *,
    base: Array | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> tuple[Tensor, Array]:
    """Move codes until their greedy decodings have other attributes.

    Arguments:
        steering: The model and its attribute vectors.
        z: Codes, shape (B, Z).
        like: The bars of each, B windows.
        amounts: By how much to move which attributes, in standard deviations; all others are held.
        base: Attributes to move from, shape (B, 6). [default: those of the decodings of z]
        rounds: Rounds of the search; 0 takes one step along the vectors.
        seed: Seed of the search.

    Returns:
        Codes, shape (B, Z), and how far each attribute moved, in standard deviations, shape (B, 6). A code none of whose
        candidates has notes stays where it was; its row is NaN.
    """
    target, vectors = _target(amounts), steering.vectors
    deviation, directions = np.array(vectors.deviation), torch.tensor(vectors.vectors).to(z)
    generator = torch.Generator().manual_seed(seed)
    start = steering.attributes(z, like) if base is None else base

    def changes(codes: Tensor) -> Array:
        """Return the changes of codes (B, P, Z), shape (B, P, 6)."""
        count = codes.shape[1]
        attributes = steering.attributes(codes.flatten(0, 1), like.repeat(count))
        moved: Array = (attributes.reshape(len(codes), count, -1) - start[:, None]) / deviation
        return moved

    if rounds == 0:
        best = z + torch.from_numpy(target).to(z) @ directions
        return best, changes(best[:, None])[:, 0]
    best, error, moved = z.clone(), np.full(len(z), np.inf), np.zeros_like(start)
    for turn in range(rounds):
        candidates = _candidates(best, torch.from_numpy(target - moved).to(z) @ directions, generator, first=turn == 0)
        reached = changes(candidates)
        errors = attribute_errors(reached, amounts)
        rows, winner = np.arange(len(z)), errors.argmin(1)
        better = errors[rows, winner] < error
        error = np.where(better, errors[rows, winner], error)
        moved[better] = reached[rows, winner][better]
        best[torch.from_numpy(better)] = candidates[rows, winner][torch.from_numpy(better)]
    return best, np.where(np.isfinite(error)[:, None], moved, np.nan)


def attribute_errors(moved: Array, amounts: dict[str, float]) -> Array:
    """Return how far changes (..., 6) are from the targets, shape (...); infinite where there are no notes."""
    weight = np.array([EMPHASIS if name in amounts else 1.0 for name in ATTRIBUTES])
    errors: Array = np.nan_to_num(((moved - _target(amounts)) ** 2 * weight).sum(-1), nan=np.inf)
    return errors


def _target(amounts: dict[str, float]) -> Array:
    """Return by how much to move each attribute, shape (6,)."""
    return np.array([amounts.get(name, 0.0) for name in ATTRIBUTES])


def _candidates(best: Tensor, missing: Tensor, generator: torch.Generator, *, first: bool) -> Tensor:
    """Return codes around the best so far, shape (B, CANDIDATES, Z); `missing` (B, Z) is the step that the vectors ask for."""
    shape = (len(best), CANDIDATES, 1)
    if first:
        return best[:, None] + torch.linspace(0, 1.2, CANDIDATES).to(best)[:, None] * missing[:, None]
    along = torch.rand(shape, generator=generator) * (torch.rand(shape, generator=generator) < 0.5)
    width = NOISE * (0.3 + 0.7 * torch.rand(shape, generator=generator))
    noise = torch.randn(*shape[:2], best.shape[1], generator=generator)
    return best[:, None] + along.to(best) * missing[:, None] + (width * noise).to(best)


def effect(
    steering: Steering,
    bar_steps: tuple[int, ...],
    *,
    samples: int = 256,
    amount: float = 1.5,
    rounds: int = ROUNDS,
) -> Effect:
    """Measure what steering by each attribute does to samples of the prior.

    Arguments:
        steering: The model and its attribute vectors.
        bar_steps: Time steps of each bar of the samples.
        samples: How many samples.
        amount: By how much to move each attribute, in standard deviations.
        rounds: See `move`.
    """
    device = next(steering.model.parameters()).device
    z = torch.randn(samples, steering.model.latent_size, generator=torch.Generator().manual_seed(1)).to(device)
    like = GridBatch(torch.zeros(1, sum(bar_steps), dtype=torch.int64), torch.tensor([bar_steps])).repeat(samples).to(device)
    right, change, size = [], [], []
    for i, name in enumerate(ATTRIBUTES):
        moved = move(steering, z, like, {name: amount}, rounds=rounds)[1]
        right.append(float((moved[:, i] * np.sign(amount) > 0).mean()))
        change.append(np.nanmedian(moved, axis=0).round(3).tolist())
        size.append(np.nanmedian(np.abs(moved), axis=0).round(3).tolist())
    return Effect(samples, amount, right, change, size)
