"""Neighbours, grids, means, completions and continuations."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import musicae
from musicae import MusicModel, Note, Score, Track
from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.scales import SCALES, Scale, parse_scale
from musicae.music.tasks.complete import complete, complete_windows, continue_phrase
from musicae.music.tasks.vary import grid, mean, mean_code, vary, vary_whole

MakeTune = Callable[..., Score]
Notes = list[tuple[float, float, int]]
D_FLAT_MAJOR = Scale(1)


@pytest.fixture
def model(small_checkpoint: Path) -> MusicModel:
    return musicae.load(small_checkpoint, device="cpu")


def notes(score: Score) -> Notes:
    return [(n.onset, n.duration, n.pitch) for track in score.tracks for n in track.notes]


# Neighbours


def test_variations_begin_at_the_tune_and_leave_it_with_the_distance(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(1)
    assert [notes(s) for s in vary(model, tune, 3, 0.0)] == [notes(model.reconstruct(tune))] * 3
    far = vary(model, tune, 6, 1.0, seed=4)
    assert len({str(notes(s)) for s in far}) > 3
    draws = torch.randn(6, model.model.latent_size, generator=torch.Generator().manual_seed(4))
    assert far == model.decode(draws, model.phrase(tune))
    assert vary(model, tune, 6, 1.0, seed=4) == far != vary(model, tune, 6, 1.0, seed=5)
    assert vary(model, tune, 2, 0.4) == vary(model, tune, 5, 0.4)[:2], "more are more of the same"


def test_whole_pieces_vary_phrase_by_phrase(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(1, bars=8)
    still, moved = vary_whole(model, tune, 1, 0.0)[0], vary_whole(model, tune, 2, 0.9)
    assert len(still.bars()) == len(moved[0].bars()) == 8
    assert notes(moved[0]) != notes(still) and notes(moved[0]) != notes(moved[1])


@pytest.mark.parametrize(("count", "distance"), [(0, 0.5), (2, -0.1), (2, 1.1)])
def test_what_vary_refuses(model: MusicModel, make_tune: MakeTune, count: int, distance: float) -> None:
    for function in (vary, vary_whole):
        with pytest.raises(ParameterError) as error:
            function(model, make_tune(0), count, distance)
        assert str(error.value) == (
            f"count must be at least 1, got {count}."
            if count < 1
            else f"distance must lie between 0 (the tune itself) and 1 (a new sample), got {distance}."
        )


# Grids and means


def test_the_corners_of_a_grid_are_the_reconstructions(model: MusicModel, make_tune: MakeTune) -> None:
    tunes = [make_tune(seed, qpm=80 + 20 * seed, program=seed, metre=metre) for seed, metre in enumerate([(4, 4), (6, 8)] * 2)]
    made = grid(model, tunes, 3, 4)
    assert [len(row) for row in made.scores] == [4, 4, 4] and made.z.shape == (3, 4, model.model.latent_size)
    corners = [made.scores[0][0], made.scores[0][-1], made.scores[-1][0], made.scores[-1][-1]]
    assert [notes(s) for s in corners] == [notes(model.reconstruct(t)) for t in tunes]
    assert [s.tempos[0].qpm for s in corners] == pytest.approx([80, 100, 120, 140])
    assert [[s.tracks[0].program for s in row] for row in made.scores] == [[0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    codes = model.encode(*tunes).mode
    edges = slerp(codes[0], codes[1], 1 / 3), slerp(codes[2], codes[3], 1 / 3)
    torch.testing.assert_close(made.z[1, 1], slerp(*edges, 0.5))
    assert len(made.joined.bars()) == 24


def test_a_grid_between_two_tunes_is_a_morph(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0), make_tune(3)
    made, morph = grid(model, [a, b], 1, 5), model.interpolate(a, b, 5)
    torch.testing.assert_close(made.z[0], morph.z)
    assert made.scores[0] == morph.scores


@pytest.mark.parametrize(
    ("count", "rows", "columns", "message"),
    [
        (3, 2, 2, "A grid has two or four tunes at its corners, got 3."),
        (2, 2, 5, "A grid between 2 tunes has 1 row and at least 2 columns, got 2 and 5."),
        (4, 1, 5, "A grid between 4 tunes has at least 2 rows and 2 columns, got 1 and 5."),
    ],
)
def test_what_a_grid_refuses(model: MusicModel, make_tune: MakeTune, count: int, rows: int, columns: int, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        grid(model, [make_tune(0)] * count, rows, columns)
    assert str(error.value) == message


def test_the_mean_lies_in_the_middle(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, qpm=80), make_tune(3, qpm=125)
    middle = mean(model, [a, b])
    assert notes(middle) == notes(model.interpolate(a, b, 3).scores[1])
    assert middle.tempos[0].qpm == pytest.approx(100)
    with pytest.raises(ParameterError, match=r"^A mean needs at least two tunes, got 1\.$"):
        mean(model, [a])


def test_mean_codes() -> None:
    a, b = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mean_code(torch.stack([a, 3 * b])), slerp(a, 3 * b, 0.5))
    torch.testing.assert_close(mean_code(torch.stack([a, a, a])), a)
    assert torch.equal(mean_code(torch.stack([a, -a])), torch.zeros(16))


# Completion and continuation


def test_given_bars_are_kept_and_the_rest_is_found(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(2)
    phrase = model.phrase(tune)
    given = [t < 16 for t in range(32)]
    hidden = replace(phrase, window=replace(phrase.window, tokens=phrase.window.tokens * given))
    made = complete(model, hidden, given, 3, seed=1)
    for score in made:
        first = [n for n in notes(score) if n[0] < 4]
        assert [(o, p) for o, _, p in first] == [(n.onset, n.pitch) for n in tune.tracks[0].notes if n.onset < 4]
        assert any(n[0] >= 4 for n in notes(score))
    assert made == complete(model, phrase, given, 3, seed=1), "what is hidden is not looked at"
    few = [t < 4 for t in range(32)]
    hot = [complete(model, phrase, few, 3, temperature=2.0, seed=seed) for seed in (1, 1, 2)]
    assert hot[0] == hot[1] != hot[2]


def test_given_notes_are_kept_outside_the_scale_too(model: MusicModel, make_tune: MakeTune) -> None:
    phrase = model.phrase(make_tune(2))
    given = [t % 8 == 0 for t in range(32)]
    kept = {(t / 4, int(phrase.window.tokens[t]) + 19) for t in range(0, 32, 8) if phrase.window.tokens[t] > 1}
    assert any(pitch not in D_FLAT_MAJOR for _, pitch in kept)
    for score in complete(model, phrase, given, 4, temperature=1.0, scale=D_FLAT_MAJOR):
        sounding = {(onset, pitch) for onset, _, pitch in notes(score)}
        assert kept <= sounding
        assert all(pitch in D_FLAT_MAJOR for onset, pitch in sounding - kept)


def test_completion_says_whether_the_code_alone_keeps_what_is_given(model: MusicModel, make_tune: MakeTune) -> None:
    phrases = [model.phrase(make_tune(seed)) for seed in range(4)]
    x = model._batch([p.window for p in phrases])
    given = x.bar_index == 0
    done = complete_windows(model.model, x, given)
    free = model.model.generate(done.z, x)
    kept = ((free.tokens == x.tokens) | ~given).all(1)
    assert bool(kept[done.exact].all()) and int(done.exact.sum()) >= 3
    assert torch.equal(done.windows.tokens[given], x.tokens[given])


@pytest.mark.parametrize("metre", [(4, 4), (6, 8)])
def test_a_continuation_follows_the_phrase(model: MusicModel, make_tune: MakeTune, metre: tuple[int, int]) -> None:
    tune = make_tune(2, metre=metre)
    bar = 4 * metre[0] / metre[1]
    made = continue_phrase(model, tune, 2, 2, temperature=1.0, seed=3)
    wanted = [(o, p) for o, _, p in notes(tune) if o < 2 * bar]
    for score in made:
        assert [(o, p) for o, _, p in notes(score) if o < 2 * bar] == wanted
        assert 2 * bar < score.end <= 4 * bar
        assert (score.time_signatures[0].numerator, len(score.time_signatures)) == (metre[0], 1)
    assert notes(made[0]) != notes(made[1])


def test_a_note_held_into_the_last_bar_goes_on(model: MusicModel) -> None:
    held = Score((Track((Note(0, 2, 60), Note(2, 6, 64))),))
    made = continue_phrase(model, held, 2)[0]
    assert [n[:1] + n[2:] for n in notes(made)][:2] == [(0, 60), (2, 64)]
    assert notes(made)[1][1] >= 6


def test_what_completion_and_continuation_refuse(model: MusicModel, make_tune: MakeTune) -> None:
    tune = make_tune(0)
    refused: dict[str, Callable[[], object]] = {
        "The window has 32 time steps, but 3 flags were given.": lambda: complete(model, tune, [True] * 3),
        "All time steps are given, so there is nothing to fill.": lambda: complete(model, tune, [True] * 32),
        "count must be at least 1, got 0.": lambda: complete(model, tune, [False] * 32, 0),
        "temperature must be a number of at least 0, got -1.0.": lambda: complete(model, tune, [False] * 32, temperature=-1.0),
        "temperature must be a number of at least 0, got nan.": lambda: continue_phrase(model, tune, temperature=math.nan),
        "bars and count must be at least 1, got 0 and 1.": lambda: continue_phrase(model, tune, 0),
    }
    for message, call in refused.items():
        with pytest.raises(ParameterError) as error:
            call()
        assert str(error.value) == message


# Scales


def test_scales_worked_examples() -> None:
    assert sorted(Scale(2).pitch_classes) == [1, 2, 4, 6, 7, 9, 11]
    assert 62 in Scale(2) and 63 not in Scale(2)
    assert [Scale(9, kind).key for kind in ("major", "minor", "dorian", "blues", "whole-tone")] == [9, 21, 21, 21, 9]
    assert parse_scale(None) is None
    assert parse_scale("d") == parse_scale(" D major ") == parse_scale("D", "major") == Scale(2)
    assert parse_scale("F# minor") == parse_scale("Gb", "minor") == parse_scale("G♭ Minor", "minor") == Scale(6, "minor")
    assert parse_scale("Cb") == Scale(11) and parse_scale("B#") == Scale(0)


@pytest.mark.parametrize(
    ("key", "scale", "message"),
    [
        ("H", None, "There is no key 'H'. Tonics: Cb, C, C#, Db, "),
        ("D majorish", None, "There is no scale 'majorish'; did you mean 'major'? Scales: major, minor, harmonic-minor, "),
        ("D", "dorain", "There is no scale 'dorain'; did you mean 'dorian'? Scales: major, minor, harmonic-minor, "),
        (None, "dorian", "The scale 'dorian' needs a tonic; give a key too, such as D."),
        ("D minor", "dorian", "The key 'D minor' and the scale 'dorian' contradict each other; give one of them."),
    ],
)
def test_keys_that_do_not_exist(key: str | None, scale: str | None, message: str) -> None:
    with pytest.raises(ParameterError) as error:
        parse_scale(key, scale)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("kind", SCALES)
def test_a_scale_lock_lets_no_other_note_through(model: MusicModel, make_tune: MakeTune, kind: str) -> None:
    scale = Scale(5, kind)
    made = model.sample(3, temperature=1.5, scale=scale)
    made += model.interpolate(make_tune(0), make_tune(3), 3, scale=scale).scores
    assert all(pitch in scale for score in made for _, _, pitch in notes(score))
    assert all(score.keys[0].number == scale.key for score in made)
