"""The tune in the middle of several."""

from collections.abc import Callable

import pytest
import torch

from musicae import MusicModel, Score, interpolate, mean
from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.tasks.mean import mean_code
from support.pieces import notes

MakeTune = Callable[..., Score]


def test_the_mean_lies_in_the_middle(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, qpm=80), make_tune(3, qpm=125)
    middle = mean(model, [a, b])
    assert notes(middle) == notes(interpolate(model, a, b, 3).scores[1])
    assert middle.tempos[0].qpm == pytest.approx(100)
    with pytest.raises(ParameterError, match=r"^A mean needs at least two tunes, got 1\.$"):
        mean(model, [a])


def test_mean_codes() -> None:
    a, b = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mean_code(torch.stack([a, 3 * b])), slerp(a, 3 * b, 0.5))
    torch.testing.assert_close(mean_code(torch.stack([a, a, a])), a)
    assert torch.equal(mean_code(torch.stack([a, -a])), torch.zeros(16))
