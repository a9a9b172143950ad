"""Samples from the prior."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from musicae import Decoding, MusicModel, Score, sample, vary
from musicae.errors import ParameterError
from musicae.music.score import Tempo, TimeSignature
from support.pieces import facts, notes

MakeTune = Callable[..., Score]


def test_sample_returns_what_was_asked_for(model: MusicModel) -> None:
    scores = sample(model, 3, metre="9/8", qpm=88.0)
    assert [s.tempos for s in scores] == [(Tempo(0.0, 88.0),)] * 3
    assert [s.time_signatures for s in scores] == [(TimeSignature(0.0, 9, 8),)] * 3
    assert all(0 < s.end <= 9 for s in scores)
    greedy = Decoding(seed=1)
    assert sample(model, 2, decoding=greedy) == sample(model, 2, decoding=greedy) == model.sample(2, decoding=greedy)


def test_samples_like_a_phrase_have_its_bars_tempo_and_instrument(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(2, metre=(3, 4), qpm=77.0, program=12)
    scores = sample(model, 3, like=tune, decoding=Decoding(0.5, 3))
    assert {(s.time_signatures, s.tempos, s.tracks[0].program, s.keys) for s in scores} == {
        ((TimeSignature(0.0, 3, 4),), (Tempo(0.0, 77.0),), 12, tune.keys)
    }
    assert len({str(notes(s)) for s in scores}) == 3
    draws = torch.randn(3, 16, generator=torch.Generator().manual_seed(3))
    assert scores == model.decode(draws, model.phrase(tune), Decoding(0.5, 3))


def test_samples_like_a_piece_have_its_form(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(2, bars=7, metre=(6, 8))
    piece = model.piece(tune)
    first, second = sample(model, 2, like=piece, decoding=Decoding(seed=3))
    assert facts(first) == facts(second) == facts(tune) and first.tempos == tune.tempos
    assert notes(first) != notes(second)
    far = vary(model, piece, 2, 1.0, Decoding(seed=3))
    assert [first, second] == far, "as variations that go all the way"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metre": "3/4"}, "`like` gives the metre and the tempo; give it alone, or a metre and a tempo without it."),
        ({"qpm": 100.0}, "`like` gives the metre and the tempo; give it alone, or a metre and a tempo without it."),
        ({"count": 0}, "count must be at least 1, got 0."),
    ],
)
def test_errors(model: MusicModel, make_tune: MakeTune, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        sample(model, **{"like": make_tune(0), **options})
    assert str(error.value) == message
