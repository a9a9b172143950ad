"""Musical attributes worked out by hand, attribute vectors on data that are linear, their files, and the search."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import musicae
from musicae import MelodyGrid, MusicModel
from musicae.checkpoints.shipped import shipped
from musicae.errors import CheckpointError, ParameterError
from musicae.music.latent.attribute_vectors import (
    ATTRIBUTES,
    AttributeVectors,
    Effect,
    amounts_of,
    measure,
    metrical_strength,
    read_vectors,
    vectors_file,
    weights_hash,
    write_vectors,
)
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow
from musicae.music.tasks.steer import attribute_vectors, effect, move, shift

GRID = MelodyGrid()
BAR = (8,)  # 2/4


def of(tokens: list[int], bars: tuple[int, ...] = BAR) -> dict[str, float]:
    """Return the attributes of one window."""
    return dict(zip(ATTRIBUTES, measure([GridWindow(np.array(tokens), bars)], GRID)[0].tolist(), strict=True))


def test_strength_of_places_in_a_bar() -> None:
    assert [metrical_strength(place, 8) for place in range(8)] == [0, -3, -2, -3, -1, -3, -2, -3]
    assert [metrical_strength(place, 12) for place in range(12)] == [0, -3, -2, -2, -1, -3, -1, -3, -1, -2, -2, -3]


def test_attributes_worked_example() -> None:
    plain = of([41, 0, 0, 0, 45, 0, 48, 0])  # C4 E4 G4
    assert plain["density"] == 3 / 8 * 4
    assert plain["interval"] == (4 + 3) / 2
    assert plain["range"] == 7
    assert plain["syncopation"] == 0
    assert plain["register"] == pytest.approx((60 + 64 + 67) / 3)
    assert 0.8 < plain["scale"] <= 1


def test_syncopation_counts_what_a_note_sounds_through() -> None:
    assert of([41, 0, 41, 0, 0, 0, 41, 0])["syncopation"] == 1 / 3  # from -2 through -1
    assert of([41, 41, 0, 0, 0, 0, 41, 0])["syncopation"] == 2 / 3  # from -3 through -1
    assert of([41, 0, 41, 1, 0, 0, 41, 0])["syncopation"] == 0  # it stops before the beat
    assert of([41, 0, 0, 0, 41, 0, 41, 0, 0, 0, 0, 0, 41, 0, 0, 0], (8, 8))["syncopation"] == 2 / 4  # over the bar line
    jig = [41, 0, 0, 0, 41, 0, 41, 0, 0, 0, 41, 0]
    assert of(jig, (12,))["syncopation"] == 0


def test_scale_adherence_knows_no_key_but_fit() -> None:
    scale = [41, 43, 45, 46, 48, 50, 52, 53]
    fits = [of([t + k for t in scale])["scale"] for k in range(12)]
    assert fits == pytest.approx([fits[0]] * 12)
    assert of([41, 42, 43, 44, 45, 46, 47, 48])["scale"] < fits[0]


def test_silence_has_no_attributes() -> None:
    assert all(math.isnan(value) for value in of([0] * 8).values())
    assert measure([], GRID).shape == (0, 6)


def linear(seed: int = 0) -> tuple[torch.Tensor, np.ndarray, np.ndarray]:
    """Return codes, attributes that are linear in them and go together, and how."""
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(4000, 12))
    mixing = rng.normal(size=(12, 6))
    mixing[:, 1] += 2 * mixing[:, 0]
    return torch.from_numpy(codes), codes @ mixing + 3.0, mixing


def test_vectors_move_their_own_attribute_by_one_deviation_and_no_other() -> None:
    codes, attributes, mixing = linear()
    found = attribute_vectors(codes, attributes, weights="w", data="d")
    effect_of = np.array(found.vectors) @ mixing / np.array(found.deviation)
    np.testing.assert_allclose(effect_of, np.eye(6), atol=0.01)
    assert found.mean == pytest.approx(attributes.mean(0).tolist()) and (found.weights, found.data) == ("w", "d")


def some_vectors(checkpoint: Path, size: int = 16) -> AttributeVectors:
    rng = np.random.default_rng(0)
    vectors = (0.3 * rng.normal(size=(6, size))).tolist()
    return AttributeVectors([1.7, 2.5, 10.0, 0.0, 69.0, 0.7], [0.7, 1.0, 4.0, 0.1, 8.0, 0.1], vectors, weights_hash(checkpoint))


@pytest.fixture
def copy(small_checkpoint: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(small_checkpoint.read_bytes())
    return path


def test_vectors_are_written_and_read_again(copy: Path) -> None:
    measured = Effect(2, 1.5, [1.0] * 6, [[0.0] * 6] * 6, [[0.0] * 6] * 6)
    vectors = replace(some_vectors(copy), searched=measured)
    write_vectors(copy, vectors)
    assert vectors_file(copy).name == "mine.attributes.json"
    assert read_vectors(copy) == vectors


def test_vectors_of_other_weights_are_refused(copy: Path) -> None:
    remedy = f"Compute them with `python benchmarks/music/attributes.py {copy}`."
    path = vectors_file(copy)
    with pytest.raises(CheckpointError) as error:
        read_vectors(copy)
    assert str(error.value) == f"{copy} has no attribute vectors (mine.attributes.json). {remedy}"
    write_vectors(copy, replace(some_vectors(copy), weights="0" * 16))
    with pytest.raises(CheckpointError) as error:
        read_vectors(copy)
    assert str(error.value) == f"{path} belongs to other weights than mine.safetensors holds. {remedy}"
    for text in ("{", "[]", "3", json.dumps({"mean": 1})):
        path.write_text(text)
        with pytest.raises(CheckpointError) as error:
            read_vectors(copy)
        assert str(error.value) == f"{path} holds no attribute vectors, or is damaged. {remedy}"


def test_settings() -> None:
    assert amounts_of(["density=+1.5", " range = -1 "]) == {"density": 1.5, "range": -1.0}
    with pytest.raises(ParameterError, match=r"^The attribute 'range' was set twice\.$"):
        amounts_of(["range=1", "range=1"])


@pytest.fixture
def model(small_checkpoint: Path) -> MusicModel:
    return musicae.load(small_checkpoint, device="cpu")


def test_the_search_comes_nearer_than_a_step(model: MusicModel, small_checkpoint: Path) -> None:
    vectors = some_vectors(small_checkpoint)
    z = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    like = GridBatch(torch.zeros(3, 32, dtype=torch.int64), torch.full((3, 2), 16))
    wanted = np.array([1.0, 0, 0, 0, 0, 0])
    errors = []
    for rounds in (0, 1, 3):
        codes, moved = move(model.model, GRID, vectors, z, like, {"density": 1.0}, rounds=rounds)
        again = measure(model.model.generate(codes, like).windows(), GRID)
        start = measure(model.model.generate(z, like).windows(), GRID)
        np.testing.assert_allclose(moved, (again - start) / np.array(vectors.deviation), atol=1e-6)
        errors.append(((moved - wanted) ** 2 * [2, 1, 1, 1, 1, 1]).sum(1))
    assert (errors[2] <= errors[1]).all() and errors[2].sum() < errors[0].sum()
    same = [move(model.model, GRID, vectors, z, like, {"density": 1.0}, rounds=2, seed=s)[0] for s in (1, 1, 2)]
    assert torch.equal(same[0], same[1]) and not torch.equal(same[0], same[2])


def test_the_effect_has_a_row_for_each_attribute(model: MusicModel, small_checkpoint: Path) -> None:
    measured = effect(model.model, GRID, some_vectors(small_checkpoint), (16, 16), samples=4, rounds=1)
    assert (measured.samples, measured.amount, len(measured.right)) == (4, 1.5, 6)
    assert np.shape(measured.change) == np.shape(measured.size) == (6, 6)
    assert (np.array(measured.size) >= 0).all() and all(0 <= share <= 1 for share in measured.right)


def test_attributes_unknown_to_the_api(model: MusicModel, small_checkpoint: Path) -> None:
    with pytest.raises(ParameterError) as error:
        shift(model, "a.mid", some_vectors(small_checkpoint), {"mood": 1.0})
    listed = "density, interval, range, syncopation, register, scale"
    assert str(error.value) == f"There is no attribute 'mood'. Attributes: {listed}."


def test_the_default_model_comes_with_vectors_that_belong_to_it_and_do_what_they_should() -> None:
    path = shipped()["melody-2bar"]
    assert vectors_file(path).stat().st_size < 1e6
    measured = read_vectors(path).searched
    assert measured is not None and (measured.samples, measured.amount) == (256, 1.5)
    assert min(measured.right) >= 0.9
    for i, row in enumerate(measured.size):
        assert np.median([size for j, size in enumerate(row) if j != i]) < measured.change[i][i] / 2
