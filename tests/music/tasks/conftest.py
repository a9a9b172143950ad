"""A tiny model of melodies for the tests of the verbs."""

from pathlib import Path

import pytest

import musicae
from musicae import MusicModel


@pytest.fixture(scope="module")
def model(small_checkpoint: Path) -> MusicModel:
    """Return the small model, which has learnt `make_tune(0)` to `make_tune(5)`."""
    return musicae.load(small_checkpoint, device="cpu")
