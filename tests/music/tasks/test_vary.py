"""Neighbours of phrases and of whole pieces."""

from collections.abc import Callable

import pytest
import torch

from musicae import Decoding, MusicModel, Score, reconstruct, vary
from musicae.errors import ParameterError
from support.pieces import notes

MakeTune = Callable[..., Score]


def test_variations_begin_at_the_tune_and_leave_it_with_the_distance(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(1)
    assert [notes(s) for s in vary(model, tune, 3, 0.0)] == [notes(reconstruct(model, tune))] * 3
    far = vary(model, tune, 6, 1.0, Decoding(seed=4))
    assert len({str(notes(s)) for s in far}) > 3
    draws = torch.randn(6, model.network.latent_size, generator=torch.Generator().manual_seed(4))
    assert far == model.decode(draws, model.phrase(tune))
    assert vary(model, tune, 6, 1.0, Decoding(seed=4)) == far != vary(model, tune, 6, 1.0, Decoding(seed=5))
    assert vary(model, tune, 2, 0.4) == vary(model, tune, 5, 0.4)[:2], "more are more of the same"


def test_whole_pieces_vary_phrase_by_phrase(model: MusicModel, make_tune: MakeTune) -> None:
    piece = model.piece(make_tune(1, bars=8))
    still, moved = vary(model, piece, 1, 0.0)[0], vary(model, piece, 2, 0.9)
    assert still == reconstruct(model, piece)
    assert len(still.bars()) == len(moved[0].bars()) == 8
    assert notes(moved[0]) != notes(still) and notes(moved[0]) != notes(moved[1])


@pytest.mark.parametrize(("count", "distance"), [(0, 0.5), (2, -0.1), (2, 1.1)])
def test_what_vary_refuses(model: MusicModel, make_tune: MakeTune, count: int, distance: float) -> None:
    for source in (make_tune(0), model.piece(make_tune(0))):
        with pytest.raises(ParameterError) as error:
            vary(model, source, count, distance)
        assert str(error.value) == (
            f"count must be at least 1, got {count}."
            if count < 1
            else f"distance must lie between 0 (the tune itself) and 1 (a new sample), got {distance}."
        )
