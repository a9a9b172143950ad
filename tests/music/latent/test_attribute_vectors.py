"""The files of attribute vectors, and the amounts that users set."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicae.checkpoints.shipped import shipped
from musicae.errors import CheckpointError, ParameterError
from musicae.music.latent.attribute_vectors import Effect, amounts_of, read_vectors, vectors_file, write_vectors
from support.vectors import some_vectors


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
    remedy = f"Compute them with `musicae attributes --fit {copy}`."
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


def test_the_default_model_comes_with_vectors_that_belong_to_it_and_do_what_they_should() -> None:
    path = shipped()["melody-2bar"]
    assert vectors_file(path).stat().st_size < 1e6
    measured = read_vectors(path).searched
    assert measured is not None and (measured.samples, measured.amount) == (256, 1.5)
    assert min(measured.right) >= 0.9
    for i, row in enumerate(measured.size):
        assert np.median([size for j, size in enumerate(row) if j != i]) < measured.change[i][i] / 2
