"""`steer`: move attributes of a phrase or a piece and hold the others (see `musicae.music.latent.steering`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Phrase
from musicae.music.excerpts.piece import Piece
from musicae.music.latent.attribute_vectors import AttributeVectors
from musicae.music.latent.steering import Array, Steering, attribute_errors, move
from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes
from musicae.music.model import MusicModel, MusicSource
from musicae.music.models.batch import GridBatch
from musicae.music.score import Score
from musicae.music.tasks.pieces import decode_windows

__all__ = ["Steered", "attributes_of", "steer"]

STARTS = 6  # searches per window, of which the best is taken
BATCH = 16  # windows that are searched for at once


@dataclass(frozen=True)
class Steered:
    """The result of `steer`.

    Arguments:
        score: The music.
        moved: How far each attribute moved, in standard deviations, at temperature 0 and without a scale lock; of a piece the
            means over its windows.
        z: The code, shape (Z,); of a piece the codes of its windows, shape (windows, Z).
    """

    score: Score
    moved: dict[str, float]
    z: Tensor


def attributes_of(model: MusicModel, source: MusicSource | Piece, vectors: AttributeVectors) -> dict[str, dict[str, float]]:
    """Return the attributes of a phrase, or the means over the windows of a piece.

    Arguments:
        model: The model.
        source: A path, a score or a phrase: one phrase is taken. A piece: all of its bars.
        vectors: The model's attribute vectors.

    Returns:
        For each attribute its `value`, and its place among the training data: `deviations` from their mean.

    Raises:
        MidiError: the file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.
    """
    values = measure_attributes([p.window for p in _phrases(model, source)], model.representation).mean(0)
    places = (values - np.array(vectors.mean)) / np.array(vectors.deviation)
    return {
        name: {"value": round(float(value), 3), "deviations": round(float(place), 2)}
        for name, value, place in zip(ATTRIBUTES, values, places, strict=True)
    }


def steer(
    model: MusicModel,
    source: MusicSource | Piece,
    vectors: AttributeVectors,
    amounts: dict[str, float],
    decoding: Decoding = GREEDY,
) -> Steered:
    """Move some attributes of music and hold the others, from its refined code (see `musicae.music.latent.steering.move`).

    Every window of a piece is moved by the same amounts.

    Arguments:
        model: The model.
        source: A path, a score or a phrase: one phrase is taken. A piece: all of its bars.
        vectors: The model's attribute vectors (see `musicae.music.latent.attribute_vectors.read_vectors`).
        amounts: By how much to move which attributes, in standard deviations.
        decoding: How notes are chosen; its seed is also that of the search.

    Raises:
        ParameterError: an unknown attribute.
        CheckpointError: the model's kind of music has no such attributes.
        MidiError: the file cannot be read, or has no such part.
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
    model.kind.require("attributes")
    unknown = next((name for name in amounts if name not in ATTRIBUTES), None)
    if unknown is not None:
        raise ParameterError(f"There is no attribute {unknown!r}. Attributes: {', '.join(ATTRIBUTES)}.")
    phrases = _phrases(model, source)
    batches = [phrases[i : i + BATCH] for i in range(0, len(phrases), BATCH)]
    parts = [_moved(model, batch, vectors, amounts, decoding.seed + i) for i, batch in enumerate(batches)]
    z, moved = torch.cat([codes for codes, _ in parts]), np.concatenate([changes for _, changes in parts])
    named = dict(zip(ATTRIBUTES, moved.mean(0).tolist(), strict=True))
    if isinstance(source, Piece):
        return Steered(decode_windows(model, source, z, decoding), named, z)
    return Steered(model.decode(z[0], phrases[0], decoding)[0], named, z[0])


def _phrases(model: MusicModel, source: MusicSource | Piece) -> list[Phrase]:
    return source.phrases if isinstance(source, Piece) else [model.phrase(source)]


def _moved(
    model: MusicModel, phrases: Sequence[Phrase], vectors: AttributeVectors, amounts: dict[str, float], seed: int
) -> tuple[Tensor, Array]:
    """Return the codes of windows after the best of several searches each, shape (B, Z), and what moved, shape (B, 6)."""
    windows = [phrase.window for phrase in phrases for _ in range(STARTS)]
    like = GridBatch.from_windows(windows).to(model.device)
    base = measure_attributes(windows, model.representation)
    start = model.refine(*phrases).z.repeat_interleave(STARTS, 0)
    steering = Steering(model.network, model.representation, vectors)
    z, moved = move(steering, start, like, amounts, base=base, seed=seed)
    best = attribute_errors(moved, amounts).reshape(len(phrases), STARTS).argmin(1) + STARTS * np.arange(len(phrases))
    # 0 where no candidate had notes, so that the window stayed as it was
    return z[torch.from_numpy(best)], np.nan_to_num(moved[best])
