"""Bars that follow a phrase."""

from collections.abc import Callable

import pytest

from musicae import Decoding, MusicModel, Note, Score, Track, continuation
from musicae.errors import ParameterError
from support.pieces import notes

MakeTune = Callable[..., Score]


@pytest.mark.parametrize("metre", [(4, 4), (6, 8)])
def test_a_continuation_follows_the_phrase(model: MusicModel, make_tune: MakeTune, metre: tuple[int, int]) -> None:
    tune = make_tune(2, metre=metre)
    bar = 4 * metre[0] / metre[1]
    results = continuation(model, tune, 2, 2, Decoding(1.0, 3))
    expected = [(o, p) for o, _, p in notes(tune) if o < 2 * bar]
    for score in results:
        assert [(o, p) for o, _, p in notes(score) if o < 2 * bar] == expected
        assert 2 * bar < score.end <= 4 * bar
        assert (score.time_signatures[0].numerator, len(score.time_signatures)) == (metre[0], 1)
    assert notes(results[0]) != notes(results[1])


def test_a_note_held_into_the_last_bar_goes_on(model: MusicModel) -> None:
    held = Score((Track((Note(0, 2, 60), Note(2, 6, 64))),))
    result = continuation(model, held, 2)[0]
    assert [n[:1] + n[2:] for n in notes(result)][:2] == [(0, 60), (2, 64)]
    assert notes(result)[1][1] >= 6


def test_what_continuation_refuses(model: MusicModel, make_tune: MakeTune) -> None:
    for bars, count in ((0, 1), (1, 0)):
        with pytest.raises(ParameterError) as error:
            continuation(model, make_tune(0), bars, count)
        assert str(error.value) == f"bars and count must be at least 1, got {bars} and {count}."
