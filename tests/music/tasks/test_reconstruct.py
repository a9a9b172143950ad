"""Reconstructions of phrases; those of whole pieces are in `test_pieces.py`."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import musicae
from musicae import MusicModel, Note, Score, Track, interpolate, reconstruct
from musicae.errors import RepresentationError
from musicae.music.score import Tempo, TimeSignature
from support.pieces import notes

MakeTune = Callable[..., Score]


def test_reconstruct_keeps_what_the_model_has_learnt(model: MusicModel, make_tune: MakeTune) -> None:
    for metre, length in (((4, 4), 8.0), ((3, 4), 6.0), ((6, 8), 6.0)):
        score = make_tune(2, metre=metre, qpm=77.0, program=12)
        again = reconstruct(model, score)
        assert notes(again) == [n for n in notes(score) if n[0] < length]
        assert again.tempos == (Tempo(0.0, 77.0),)
        assert again.time_signatures == (TimeSignature(0.0, *metre),)
        assert again.keys == score.keys
        assert (again.tracks[0].program, again.tracks[0].name) == (12, "lead")
        assert {n.velocity for n in again.tracks[0].notes} == {72}
        metrics = model.compare(score)
        assert (metrics["note_f1"], metrics["step_accuracy"], metrics["exact"]) == (1.0, 1.0, 1.0)


def test_decode_of_encode_is_reconstruct(model: MusicModel, make_tune: MakeTune) -> None:
    phrases = [model.phrase(make_tune(seed, metre=metre)) for seed, metre in ((0, (4, 4)), (1, (6, 8)), (2, (4, 4)))]
    z = model.encode(*phrases).mode
    assert model.decode(z, phrases) == [reconstruct(model, p) for p in phrases]
    assert model.decode(z[1], phrases[1]) == [reconstruct(model, phrases[1])]


def test_bars_too_long_for_the_model_are_refused(model: MusicModel) -> None:
    score = Score((Track((Note(0.0, 9.0, 60),)),), time_signatures=(TimeSignature(0.0, 9, 4),))
    text = (
        "the score: bar 1 (9/4) has 36 time steps, more than the model's 32; choose other bars, or write the tune in "
        "shorter ones."
    )
    calls: list[Callable[[Score], object]] = [
        model.phrase,
        model.encode,
        lambda s: reconstruct(model, s),
        model.compare,
        lambda s: interpolate(model, s, s),
    ]
    for call in calls:
        with pytest.raises(RepresentationError, match=f"^{re.escape(text)}$"):
            call(score)


def wild(make_tune: MakeTune) -> Score:
    """Return two bars that the model does not keep at once: the notes of a tune, moved about by octaves and fifths."""
    tune = [n for n in make_tune(1).tracks[0].notes if n.onset < 8]
    moved = [replace(n, pitch=n.pitch + (0, 7, -5, 12)[(i * i + 1) % 4]) for i, n in enumerate(tune)]
    moved[-1] = replace(moved[-1], duration=8 - moved[-1].onset)
    return Score((Track(tuple(moved)),))


@pytest.fixture(scope="module")
def shipped() -> MusicModel:
    return musicae.load("melody-2bar", device="cpu")


def test_exact_reconstructions_have_the_notes_of_the_source(shipped: MusicModel, make_tune: MakeTune) -> None:
    tune = wild(make_tune)
    assert notes(reconstruct(shipped, tune)) != notes(tune)
    assert notes(reconstruct(shipped, tune, exact=True)) == notes(tune)
    plain, exact = shipped.compare(tune), shipped.compare(tune, exact=True)
    assert plain["exact"] == 0.0 and exact["exact"] == exact["note_f1"] == 1.0
    assert exact["kl_bits"] == plain["kl_bits"]


def test_exact_morphs_begin_and_end_with_the_sources(shipped: MusicModel, make_tune: MakeTune) -> None:
    a, b = wild(make_tune), make_tune(2, bars=2, metre=(6, 8))
    morph = interpolate(shipped, a, b, 4, exact=True, decoding=musicae.Decoding(1.0))
    assert morph.exact == (True, True)
    assert (notes(morph.scores[0]), notes(morph.scores[-1])) == (notes(a), notes(b))
