"""Steering of phrases and of whole pieces."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musicae import Decoding, MusicModel, Score, load, steer
from musicae.errors import CheckpointError, ParameterError
from musicae.music.latent.attribute_vectors import AttributeVectors
from musicae.music.metrics.attributes import ATTRIBUTES, measure_attributes
from musicae.music.models.batch import GridBatch
from musicae.music.tasks import steer as steering
from musicae.music.tasks.pieces import decode_windows
from musicae.music.tasks.steer import attributes_of
from support.pieces import facts, notes
from support.vectors import some_vectors

MakeTune = Callable[..., Score]


@pytest.fixture
def vectors(small_checkpoint: Path) -> AttributeVectors:
    return some_vectors(small_checkpoint)


def test_attributes_unknown_to_the_api(model: MusicModel, vectors: AttributeVectors) -> None:
    with pytest.raises(ParameterError) as error:
        steer(model, "a.mid", vectors, {"mood": 1.0})
    listed = "density, interval, range, syncopation, register, scale"
    assert str(error.value) == f"There is no attribute 'mood'. Attributes: {listed}."


def test_drums_have_no_such_attributes(drum_checkpoint: Path, vectors: AttributeVectors) -> None:
    with pytest.raises(CheckpointError, match=r"^Drums have none of the attributes of melodies; "):
        steer(load(drum_checkpoint, device="cpu"), "a.mid", vectors, {"density": 1.0})


def changes(model: MusicModel, vectors: AttributeVectors, before: GridBatch, after: GridBatch) -> np.ndarray:
    """Return by how many standard deviations the attributes of windows differ, shape (B, 6)."""
    was, now = (measure_attributes(x.windows(), model.representation) for x in (before, after))
    return (now - was) / np.array(vectors.deviation)


def test_what_moved_is_measured_on_the_result(model: MusicModel, vectors: AttributeVectors, make_tune: MakeTune) -> None:
    phrase = model.phrase(make_tune(1, metre=(3, 4)), bars=(3, 4))
    steered = steer(model, phrase, vectors, {"density": 1.0})
    assert steered.z.shape == (16,) and steered.score == model.decode(steered.z, phrase)[0]
    x = model.batch(phrase)
    moved = changes(model, vectors, x, model.network.generate(steered.z[None], x))[0]
    assert list(steered.moved) == list(ATTRIBUTES)
    assert list(steered.moved.values()) == pytest.approx(moved, abs=1e-6)
    assert steered.moved["density"] > 0.3


def test_every_window_of_a_piece_is_moved(
    model: MusicModel, vectors: AttributeVectors, make_tune: MakeTune, monkeypatch: pytest.MonkeyPatch
) -> None:
    tune = make_tune(1, bars=7, metre=(3, 4))
    piece = model.piece(tune)
    steered = steer(model, piece, vectors, {"density": 1.0}, Decoding(seed=2))
    assert facts(steered.score) == facts(tune) and steered.score.tempos == tune.tempos
    assert steered.z.shape == (4, 16) and steered.score == decode_windows(model, piece, steered.z)
    x = model.batch(*piece.phrases)
    moved = changes(model, vectors, x, model.network.generate(steered.z, x))
    assert list(steered.moved.values()) == pytest.approx(moved.mean(0), abs=1e-6)
    assert (moved[:, 0] >= 0).all() and moved[:, 0].any() and notes(steered.score) != notes(tune)
    assert steer(model, piece, vectors, {"density": 1.0}, Decoding(seed=2)).score == steered.score
    monkeypatch.setattr(steering, "BATCH", 2)
    assert steer(model, piece, vectors, {"density": 1.0}).z.shape == (4, 16), "long pieces are searched in parts"


def test_attributes_of_a_piece_are_the_means_over_its_windows(
    model: MusicModel, vectors: AttributeVectors, make_tune: MakeTune
) -> None:
    piece = model.piece(make_tune(2, bars=6))
    parts = [attributes_of(model, phrase, vectors) for phrase in piece.phrases]
    for name, facts_of_piece in attributes_of(model, piece, vectors).items():
        for key, value in facts_of_piece.items():
            assert value == pytest.approx(np.mean([part[name][key] for part in parts]), abs=0.006)
