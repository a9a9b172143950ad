"""Attribute vectors fitted to training windows, with their measured effect (see `musicae.music.latent.steering`)."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from musicae.core.progress import Progress
from musicae.errors import DataError
from musicae.music.latent.attribute_vectors import AttributeVectors
from musicae.music.latent.steering import ROUNDS, Steering, attribute_vectors, effect
from musicae.music.metrics.attributes import measure_attributes
from musicae.music.model import MusicModel
from musicae.music.models.batch import GridBatch
from musicae.music.windows import PreparedWindows

__all__ = ["TRANSPOSE", "fit_attributes"]

TRANSPOSE = 5  # semitones up and down, as in training
BATCH = 500  # windows that are encoded at once


def fit_attributes(
    model: MusicModel,
    windows: PreparedWindows,
    *,
    count: int = 20_000,
    samples: int = 256,
    weights: str = "",
    progress: Progress | None = None,
) -> AttributeVectors:
    """Compute the attribute vectors of a model, and measure what steering along them does to samples of the prior.

    Arguments:
        model: The model.
        windows: Windows that the model takes; those of the training split are used, each in a random key.
        count: Largest number of windows.
        samples: Number of samples of the prior that the effect is measured on.
        weights: Hash of the model's weights (see `musicae.music.latent.attribute_vectors.weights_hash`).
        progress: Called with a title, the number of units done and their total.

    Raises:
        CheckpointError: the model's kind of music has no such attributes.
        DataError: there are no training windows.
    """
    model.kind.require("attributes")
    x = _in_random_keys(model, windows, count)
    names = ", ".join(windows.collections)
    data = f"{len(x)} training windows of {names}, transposed by up to {TRANSPOSE} semitones"
    codes = _encoded(model, x, progress)
    attributes = measure_attributes(x.windows(), model.representation)
    vectors = attribute_vectors(codes, attributes, weights=weights, data=data)
    bar_steps = (4 * model.representation.steps_per_quarter,) * model.bars
    steering = Steering(model.network, model.representation, vectors)
    effects = []
    for done, rounds in enumerate((0, ROUNDS), 1):
        effects.append(effect(steering, bar_steps, samples=samples, rounds=rounds))
        if progress:
            progress("measuring effects", done, 2)
    return replace(vectors, alone=effects[0], searched=effects[1])


def _in_random_keys(model: MusicModel, windows: PreparedWindows, count: int) -> GridBatch:
    """Return training windows drawn at random, each in a random key."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(windows.rows("train"))[:count]
    if not len(rows):
        raise DataError(f"{', '.join(windows.collections)} has no training windows; add data.")
    semitones = rng.integers(-TRANSPOSE, TRANSPOSE + 1, size=(len(rows), 1))
    tokens = model.representation.transpose(windows.tokens[rows].astype(np.int64), semitones)
    return GridBatch(torch.from_numpy(tokens), torch.from_numpy(windows.bar_steps[rows].astype(np.int64)))


@torch.no_grad()
def _encoded(model: MusicModel, x: GridBatch, progress: Progress | None) -> Tensor:
    """Return the posterior means of windows on the CPU, shape (number of windows, Z)."""
    codes = []
    for start in range(0, len(x), BATCH):
        codes.append(model.network.encode(x.take(slice(start, start + BATCH)).to(model.device)).mode.cpu())
        if progress:
            progress("encoding", min(start + BATCH, len(x)), len(x))
    return torch.cat(codes)
