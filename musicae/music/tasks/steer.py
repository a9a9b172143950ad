"""`steer`: move attributes of a tune and hold the others (see `musicae.music.latent.steering`)."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.latent.attribute_vectors import AttributeVectors
from musicae.music.latent.steering import attribute_errors, move
from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.score import Score

__all__ = ["Steered", "attributes_of", "steer"]

STARTS = 6  # searches per tune, of which the best is taken


@dataclass(frozen=True)
class Steered:
    """The result of `steer`.

    Arguments:
        score: The music.
        moved: How far each attribute moved, in standard deviations, at temperature 0 and without a scale lock.
        z: The code, shape (Z,).
    """

    score: Score
    moved: dict[str, float]
    z: Tensor


def attributes_of(model: MusicModel, source: MusicSource, vectors: AttributeVectors) -> dict[str, dict[str, float]]:
    """Return the attributes of a tune: each with its `value`, and its place among the data in `deviations` from the mean."""
    values = measure_attributes([model.phrase(source).window], model.representation)[0]
    places = (values - np.array(vectors.mean)) / np.array(vectors.deviation)
    return {
        name: {"value": round(float(value), 3), "deviations": round(float(place), 2)}
        for name, value, place in zip(ATTRIBUTES, values, places, strict=True)
    }


def steer(
    model: MusicModel,
    source: MusicSource,
    vectors: AttributeVectors,
    amounts: dict[str, float],
    decoding: Decoding = GREEDY,
) -> Steered:
    """Move some attributes of a tune and hold the others (see `move`), from its refined code.

    Arguments:
        model: The model.
        source: The tune.
        vectors: The model's attribute vectors (see `musicae.music.latent.attribute_vectors.read_vectors`).
        amounts: By how much to move which attributes, in standard deviations.
        decoding: How notes are chosen; its seed is also that of the search.

    Raises:
        ParameterError: an unknown attribute.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> from musicae.checkpoints.shipped import find_weights
        >>> from musicae.music.latent.attribute_vectors import read_vectors
        >>> model = musicae.load("melody-2bar")
        >>> vectors = read_vectors(find_weights("melody-2bar"))
        >>> calmer = musicae.steer(model, "examples/tunes/a-reel.mid", vectors, {"density": -1.5})
        >>> calmer.moved["density"] < 0
        True
    """
    unknown = next((name for name in amounts if name not in ATTRIBUTES), None)
    if unknown is not None:
        raise ParameterError(f"There is no attribute {unknown!r}. Attributes: {', '.join(ATTRIBUTES)}.")
    phrase = model.phrase(source)
    like = GridBatch.from_windows([phrase.window] * STARTS).to(model.device)
    base = measure_attributes([phrase.window] * STARTS, model.representation)
    begin = model.refine(phrase).z.expand(STARTS, -1)
    z, moved = move(model.network, model.representation, vectors, begin, like, amounts, base=base, seed=decoding.seed)
    best = int(attribute_errors(moved, amounts).argmin())
    score = model.decode(z[best], phrase, decoding)[0]
    reached = np.nan_to_num(moved[best]).tolist()  # 0 where no candidate had notes, so that the tune stayed as it was
    return Steered(score, dict(zip(ATTRIBUTES, reached, strict=True)), z[best])
