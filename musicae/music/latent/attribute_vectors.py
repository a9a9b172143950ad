"""Attribute vectors of a checkpoint: directions in latent space, and the file next to the weights that holds them."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from musicae.core.config import nearest
from musicae.core.files import write_atomically
from musicae.errors import CheckpointError, ParameterError
from musicae.music.metrics.attributes import ATTRIBUTES

__all__ = [
    "AttributeVectors",
    "Effect",
    "amounts_of",
    "read_vectors",
    "vectors_file",
    "weights_hash",
    "write_vectors",
]


@dataclass(frozen=True)
class Effect:
    """The measured effect of steering on samples of the prior; rows are the attributes set, columns those that changed.

    Arguments:
        samples: How many samples were steered by each attribute.
        amount: By how much, in standard deviations.
        right: Share of samples whose attribute moved in the right direction, for each attribute.
        change: Median change in standard deviations.
        size: Median absolute change in standard deviations.
    """

    samples: int
    amount: float
    right: list[float]
    change: list[list[float]]
    size: list[list[float]]


@dataclass(frozen=True)
class AttributeVectors:
    """Directions in latent space along which attributes change, and what they do.

    Arguments:
        mean: Mean of each attribute over the data, in the order of `ATTRIBUTES`.
        deviation: Standard deviation of each.
        vectors: For each attribute the step of a code that is to raise it by one standard deviation, shape (6, Z).
        weights: Hash of the weights that they belong to (see `weights_hash`).
        data: What they were computed from, in words.
        alone: Effect of steps along the vectors.
        searched: Effect of `musicae.music.latent.steering.move`, which begins with them.
    """

    mean: list[float]
    deviation: list[float]
    vectors: list[list[float]]
    weights: str
    data: str = ""
    alone: Effect | None = None
    searched: Effect | None = None


def vectors_file(checkpoint: Path) -> Path:
    """Return the file of the attribute vectors of a checkpoint: NAME.attributes.json, next to it."""
    return checkpoint.with_suffix(".attributes.json")


def weights_hash(checkpoint: Path) -> str:
    """Return a hash of a checkpoint's tensors, without its description."""
    data = checkpoint.read_bytes()
    return hashlib.sha256(data[8 + int.from_bytes(data[:8], "little") :]).hexdigest()[:16]


def write_vectors(checkpoint: Path, vectors: AttributeVectors) -> None:
    """Write the attribute vectors of a checkpoint next to it."""
    write_atomically(vectors_file(checkpoint), (json.dumps(asdict(vectors)) + "\n").encode())


def read_vectors(checkpoint: Path) -> AttributeVectors:
    """Read the attribute vectors of a checkpoint.

    Raises:
        CheckpointError: there are none, they are damaged, or they belong to other weights.
    """
    path = vectors_file(checkpoint)
    remedy = f"Compute them with `musicae attributes --fit {checkpoint}`."
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        effects = {name: Effect(**values.pop(name)) for name in ("alone", "searched") if values.get(name)}
        vectors = AttributeVectors(**values | effects)
        size = np.array(vectors.vectors, dtype=np.float64).shape
    except FileNotFoundError as error:
        raise CheckpointError(f"{checkpoint} has no attribute vectors ({path.name}). {remedy}") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} holds no attribute vectors, or is damaged. {remedy}") from error
    if len(size) != 2 or size[0] != len(ATTRIBUTES) or vectors.weights != weights_hash(checkpoint):
        raise CheckpointError(f"{path} belongs to other weights than {checkpoint.name} holds. {remedy}")
    return vectors


def amounts_of(settings: Sequence[str]) -> dict[str, float]:
    """Parse settings such as `density=+1.5`: attribute to amount in standard deviations.

    Raises:
        ParameterError: an unknown attribute, one named twice, or an amount that is no number from -10 to 10.
    """
    amounts: dict[str, float] = {}
    for text in settings:
        name, _, number = (part.strip() for part in text.partition("="))
        if name not in ATTRIBUTES:
            hint = nearest(name, ATTRIBUTES)
            raise ParameterError(f"There is no attribute {name!r}{hint} Attributes: {', '.join(ATTRIBUTES)}.")
        try:
            amount = float(number)
        except ValueError:
            amount = math.nan
        if not abs(amount) <= 10:
            raise ParameterError(f"{text!r} names no amount from -10 to 10; give standard deviations, as in {name}=+1.5.")
        if name in amounts:
            raise ParameterError(f"The attribute {name!r} was set twice.")
        amounts[name] = amount
    return amounts
