"""Attribute vectors for the tiny model of melodies."""

from pathlib import Path

import numpy as np

from musicae.music.latent.attribute_vectors import AttributeVectors, weights_hash


def some_vectors(checkpoint: Path, size: int = 16) -> AttributeVectors:
    """Return vectors of random directions that belong to a checkpoint."""
    rng = np.random.default_rng(0)
    vectors = (0.3 * rng.normal(size=(6, size))).tolist()
    return AttributeVectors([1.7, 2.5, 10.0, 0.0, 69.0, 0.7], [0.7, 1.0, 4.0, 0.1, 8.0, 0.1], vectors, weights_hash(checkpoint))
