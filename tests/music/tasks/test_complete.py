"""Completion: what is given is kept, and the rest is filled."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from musicae import Decoding, MusicModel, Scale, Score, complete
from musicae.errors import ParameterError
from support.pieces import notes

MakeTune = Callable[..., Score]
D_FLAT_MAJOR = Scale(1)


def test_given_bars_are_kept_and_the_rest_is_found(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(2)
    phrase = model.phrase(tune)
    given = [t < 16 for t in range(32)]
    hidden = replace(phrase, window=replace(phrase.window, tokens=phrase.window.tokens * given))
    results = complete(model, hidden, given, 3, Decoding(seed=1))
    for score in results:
        first = [n for n in notes(score) if n[0] < 4]
        assert [(o, p) for o, _, p in first] == [(n.onset, n.pitch) for n in tune.tracks[0].notes if n.onset < 4]
        assert any(n[0] >= 4 for n in notes(score))
    assert results == complete(model, phrase, given, 3, Decoding(seed=1)), "what is hidden is not looked at"
    few = [t < 4 for t in range(32)]
    hot = [complete(model, phrase, few, 3, Decoding(2.0, seed)) for seed in (1, 1, 2)]
    assert hot[0] == hot[1] != hot[2]


def test_given_notes_are_kept_outside_the_scale_too(model: MusicModel, make_tune: MakeTune) -> None:
    phrase = model.phrase(make_tune(2))
    given = [t % 8 == 0 for t in range(32)]
    old = {(t / 4, int(phrase.window.tokens[t]) + 19) for t in range(0, 32, 8) if phrase.window.tokens[t] > 1}
    assert any(pitch not in D_FLAT_MAJOR for _, pitch in old)
    for score in complete(model, phrase, given, 4, Decoding(1.0, scale=D_FLAT_MAJOR)):
        sounding = {(onset, pitch) for onset, _, pitch in notes(score)}
        assert old <= sounding
        assert all(pitch in D_FLAT_MAJOR for onset, pitch in sounding - old)


def test_what_completion_refuses(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(0)
    refused: dict[str, Callable[[], object]] = {
        "The window has 32 time steps, but 3 flags were given.": lambda: complete(model, tune, [True] * 3),
        "All time steps are given, so there is nothing to fill.": lambda: complete(model, tune, [True] * 32),
        "count must be at least 1, got 0.": lambda: complete(model, tune, [False] * 32, 0),
    }
    for message, call in refused.items():
        with pytest.raises(ParameterError) as error:
            call()
        assert str(error.value) == message
