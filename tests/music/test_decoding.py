"""The choices that every decoding task shares."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

import musicae
from musicae import Decoding, Score, interpolate
from musicae.errors import ParameterError
from musicae.music.scales import SCALES, Scale
from support.pieces import notes


@pytest.mark.parametrize("temperature", [-1.0, -0.5, math.nan, math.inf])
def test_a_temperature_is_a_number_of_at_least_0(temperature: float) -> None:
    with pytest.raises(ParameterError) as error:
        Decoding(temperature)
    assert str(error.value) == f"temperature must be a number of at least 0, got {temperature}."


@pytest.mark.parametrize("kind", SCALES)
def test_a_scale_lock_lets_no_other_note_through(small_checkpoint: Path, make_tune: Callable[..., Score], kind: str) -> None:
    model, scale = musicae.load(small_checkpoint, device="cpu"), Scale(5, kind)
    results = model.sample(3, decoding=Decoding(1.5, scale=scale))
    results += interpolate(model, make_tune(0), make_tune(3), 3, decoding=Decoding(scale=scale)).scores
    assert all(pitch in scale for score in results for _, _, pitch in notes(score))
    assert all(score.keys[0].number == scale.key for score in results)
