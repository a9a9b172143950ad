"""`fit_attributes` and `musicae attributes --fit`: attribute vectors from training windows, written next to the weights."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.errors import CheckpointError, DataError
from musicae.music.latent.attribute_vectors import read_vectors
from musicae.music.metrics.attributes import ATTRIBUTES
from musicae.music.model import MusicModel, load
from musicae.music.tasks.attributes import fit_attributes
from musicae.music.windows import PreparedWindows

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def model(small_checkpoint: Path) -> MusicModel:
    return load(small_checkpoint, device="cpu")


@pytest.fixture
def windows(model: MusicModel, tune_folder: Path) -> PreparedWindows:
    return prepare(open_collections((str(tune_folder),), kind=model.kind.name), model.spec, jobs=0)


def test_vectors_and_their_effect(model: MusicModel, windows: PreparedWindows) -> None:
    titles = []
    vectors = fit_attributes(
        model, windows, count=40, samples=2, weights="w", progress=lambda what, done, total: titles.append((what, done, total))
    )
    assert np.array(vectors.vectors).shape == (len(ATTRIBUTES), model.network.latent_size)
    assert (vectors.weights, vectors.data) == ("w", "40 training windows of folder-tunes, transposed by up to 5 semitones")
    assert vectors.mean[ATTRIBUTES.index("register")] == pytest.approx(67, abs=6)
    assert vectors.alone is not None and vectors.searched is not None
    assert (vectors.alone.samples, vectors.searched.samples) == (2, 2)
    assert sum(vectors.searched.right) >= sum(vectors.alone.right) - 1e-9, "the search begins with the vectors"
    assert titles == [("encoding", 40, 40), ("measuring effects", 1, 2), ("measuring effects", 2, 2)]
    assert fit_attributes(model, windows, count=40, samples=2, weights="w") == vectors


def test_data_without_training_windows(model: MusicModel, windows: PreparedWindows) -> None:
    empty = PreparedWindows(
        windows.tokens[:0], windows.bar_steps[:0], windows.split[:0], windows.collection[:0], windows.collections
    )
    with pytest.raises(DataError, match=r"^folder-tunes has no training windows; add data\.$"):
        fit_attributes(model, empty)


def test_drums_have_no_such_attributes(drum_checkpoint: Path, windows: PreparedWindows, run: Run) -> None:
    text = "Drums have none of the attributes of melodies; choose a checkpoint of melodies."
    with pytest.raises(CheckpointError) as error:
        fit_attributes(load(drum_checkpoint, device="cpu"), windows)
    assert str(error.value) == text
    assert run("attributes", "--fit", drum_checkpoint) == (1, "", f"Error: {text}\n")


def test_the_command_writes_a_file_that_steer_reads(run: Run, small_checkpoint: Path, tune_folder: Path, folder: Path) -> None:
    shutil.copy(small_checkpoint, "mine.safetensors")
    command = ("attributes", "--fit", "mine.safetensors", "--data", tune_folder, "--samples", 2, "--device", "cpu")
    status, out, err = run(*command)
    data = "44 training windows of folder-tunes, transposed by up to 5 semitones"
    head, title, *_ = out.splitlines()
    assert (status, err, head) == (0, "", f"mine.attributes.json: attribute vectors from {data}")
    assert title.startswith("steered: 2 prior samples, +1.5 sd; ")
    vectors = read_vectors(Path("mine.safetensors"))
    assert vectors.data == data
    text = "mine.attributes.json exists; use --force to overwrite it, or choose another checkpoint."
    assert run(*command) == (1, "", f"Error: {text}\n")
    facts = json.loads(run(*command, "--force", "--json")[1])
    assert list(facts) == ["checkpoint", "output", "data", "attributes", "searched", "alone"]
    assert vectors.searched is not None and facts["searched"]["right"] == vectors.searched.right
    status, out, _ = run("steer", "a.mid", "--set", "density=+1", "-c", "mine.safetensors")
    assert (status, out.startswith("a.steered.mid: a.mid (track 1, bars 1-2) with density ")) == (0, True)
