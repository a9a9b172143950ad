"""Attribute vectors on data that are linear, and the search that begins with them."""

from pathlib import Path

import numpy as np
import pytest
import torch

import musicae
from musicae import MusicModel
from musicae.music.latent.steering import Steering, attribute_vectors, effect, move
from musicae.music.metrics.attributes import measure_attributes
from musicae.music.models.batch import GridBatch
from musicae.music.representations import MelodyGrid
from support.vectors import some_vectors

GRID = MelodyGrid()


def linear(seed: int = 0) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """Return codes, attributes that are linear in them and go together, and how."""
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(4000, 12))
    mixing = rng.normal(size=(12, 6))
    mixing[:, 1] += 2 * mixing[:, 0]
    return torch.from_numpy(codes), codes @ mixing + 3.0, mixing


def test_vectors_move_their_own_attribute_by_one_deviation_and_no_other() -> None:
    codes, attributes, mixing = linear()
    vectors = attribute_vectors(codes, attributes, weights="w", data="d")
    effect_of = np.array(vectors.vectors) @ mixing / np.array(vectors.deviation)
    np.testing.assert_allclose(effect_of, np.eye(6), atol=0.01)
    assert vectors.mean == pytest.approx(attributes.mean(0).tolist()) and (vectors.weights, vectors.data) == ("w", "d")


@pytest.fixture
def model(small_checkpoint: Path) -> MusicModel:
    return musicae.load(small_checkpoint, device="cpu")


def test_the_search_comes_nearer_than_a_step(model: MusicModel, small_checkpoint: Path) -> None:
    vectors = some_vectors(small_checkpoint)
    steering = Steering(model.network, GRID, vectors)
    z = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    like = GridBatch(torch.zeros(3, 32, dtype=torch.int64), torch.full((3, 2), 16))
    aim = np.array([1.0, 0, 0, 0, 0, 0])
    errors = []
    for rounds in (0, 1, 3):
        codes, moved = move(steering, z, like, {"density": 1.0}, rounds=rounds)
        again = steering.attributes(codes, like)
        start = measure_attributes(model.network.generate(z, like).windows(), GRID)
        np.testing.assert_allclose(moved, (again - start) / np.array(vectors.deviation), atol=1e-6)
        errors.append(((moved - aim) ** 2 * [2, 1, 1, 1, 1, 1]).sum(1))
    assert (errors[2] <= errors[1]).all() and errors[2].sum() < errors[0].sum()
    same = [move(steering, z, like, {"density": 1.0}, rounds=2, seed=s)[0] for s in (1, 1, 2)]
    assert torch.equal(same[0], same[1]) and not torch.equal(same[0], same[2])


def test_the_effect_has_a_row_for_each_attribute(model: MusicModel, small_checkpoint: Path) -> None:
    measured = effect(Steering(model.network, GRID, some_vectors(small_checkpoint)), (16, 16), samples=4, rounds=1)
    assert (measured.samples, measured.amount, len(measured.right)) == (4, 1.5, 6)
    assert np.shape(measured.change) == np.shape(measured.size) == (6, 6)
    assert (np.array(measured.size) >= 0).all() and all(0 <= share <= 1 for share in measured.right)
