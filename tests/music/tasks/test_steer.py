"""Steering of phrases."""

from pathlib import Path

import pytest

from musicae import MusicModel, steer
from musicae.errors import ParameterError
from support.vectors import some_vectors


def test_attributes_unknown_to_the_api(model: MusicModel, small_checkpoint: Path) -> None:
    with pytest.raises(ParameterError) as error:
        steer(model, "a.mid", some_vectors(small_checkpoint), {"mood": 1.0})
    listed = "density, interval, range, syncopation, register, scale"
    assert str(error.value) == f"There is no attribute 'mood'. Attributes: {listed}."
