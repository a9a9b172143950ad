"""Morphs of phrases and of whole pieces: how bars, metres, tempos and other tracks pass from one to the other."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from musicae import Decoding, MusicModel, Note, Score, Track, interpolate, reconstruct
from musicae.errors import ParameterError
from musicae.music.excerpts.phrase import Phrase
from musicae.music.metrics.melody import window_distance
from musicae.music.models.batch import GridBatch
from musicae.music.score import Control, KeySignature, Tempo, TimeSignature
from support.pieces import Echo, echo, four, melody, notes

MakeTune = Callable[..., Score]


# Phrases


def test_interpolate_returns_scores_codes_and_all_in_a_row(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, qpm=60.0), make_tune(3, metre=(3, 4), qpm=120.0, program=40)
    b = replace(b, keys=(KeySignature(0.0, 7),))
    morph = interpolate(model, a, b, steps=5)
    assert (len(morph.scores), morph.z.shape) == (5, (5, 16))
    assert (morph.scores[0], morph.scores[-1]) == (reconstruct(model, a), reconstruct(model, b))
    assert torch.equal(morph.z[0], model.encode(a).mode[0])
    assert torch.equal(morph.z[4], model.encode(b).mode[0])
    assert [s.tempos[0].qpm for s in morph.scores] == pytest.approx([60, 60 * 2**0.25, 60 * 2**0.5, 60 * 2**0.75, 120])
    assert morph.joined.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(16.0, 3, 4))
    assert morph.joined.keys == (KeySignature(0.0, 0), KeySignature(16.0, 7))
    assert sum(len(t.notes) for t in morph.joined.tracks) == sum(len(notes(s)) for s in morph.scores)
    assert {t.program for t in morph.joined.tracks} == {0, 40}


def test_interpolating_a_tune_with_itself_stays_there(model: MusicModel, make_tune: MakeTune) -> None:
    morph = interpolate(model, make_tune(1), make_tune(1), steps=4)
    assert morph.scores == [reconstruct(model, make_tune(1))] * 4


def test_interpolate_needs_two_steps(model: MusicModel, make_tune: MakeTune) -> None:
    for a, b in ((make_tune(0), make_tune(1)), (model.piece(four(2)), model.piece(four(2)))):
        with pytest.raises(ParameterError, match=r"^A path needs at least 2 steps, its two ends; got 1\.$"):
            interpolate(model, a, b, steps=1)


def test_both_ends_are_phrases_or_both_are_pieces(model: MusicModel, make_tune: MakeTune) -> None:
    piece = model.piece(make_tune(0))
    for a, b in ((piece, make_tune(1)), (make_tune(1), piece)):
        with pytest.raises(ParameterError, match=r"^Whole pieces and phrases do not go together; give pieces only, or "):
            interpolate(model, a, b)
    with pytest.raises(ParameterError, match=r"^Even steps are chosen for one phrase; "):
        interpolate(model, piece, piece, even=True)


def test_seeds_repeat_and_the_global_generator_does_not_matter(model: MusicModel, make_tune: MakeTune) -> None:
    def both(seed: int) -> tuple[list[Score], list[Score]]:
        torch.manual_seed(torch.seed() % 1000)
        morph = interpolate(model, make_tune(0), make_tune(3), 4, decoding=Decoding(1.5, seed))
        return model.sample(4, decoding=Decoding(1.0, seed)), morph.scores

    first, again, other = both(3), both(3), both(4)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_a_morph_lists_where_its_codes_lie(model: MusicModel, make_tune: MakeTune) -> None:
    morph = interpolate(model, make_tune(0), make_tune(3), 4)
    assert (morph.alphas, morph.exact) == ((0.0, 1 / 3, 2 / 3, 1.0), None)


@pytest.mark.parametrize("steps", [2, 5, 9])
def test_even_morphs_keep_their_ends_and_go_forward(model: MusicModel, make_tune: MakeTune, steps: int) -> None:
    a, b = make_tune(0), make_tune(3)
    plain, even = (interpolate(model, a, b, steps, even=flag) for flag in (False, True))
    assert (even.scores[0], even.scores[-1]) == (plain.scores[0], plain.scores[-1])
    assert torch.equal(even.z[[0, -1]], plain.z[[0, -1]])
    assert (even.alphas[0], even.alphas[-1], len(even.alphas)) == (0.0, 1.0, steps)
    assert list(even.alphas) == sorted(set(even.alphas))


def test_even_morphs_are_more_even(model: MusicModel, make_tune: MakeTune) -> None:
    ratios = []
    for even in (False, True):
        morph = interpolate(model, make_tune(0), make_tune(3), 6, even=even)
        batch = GridBatch.from_windows([model.phrase(score).window for score in morph.scores])
        steps = window_distance(batch.tokens[:-1], batch.tokens[1:], batch.mask[1:])
        ratios.append(float(steps.max() / steps.mean()))
    assert ratios[1] < ratios[0]


# Whole pieces


def test_ends_of_a_morph_are_the_two_pieces_whole(model: MusicModel) -> None:
    waltz = melody(*((float(i), 1.0, 70 + i % 4) for i in range(33)), time_signatures=(TimeSignature(0.0, 3, 4),))
    a = four(5, tempos=(Tempo(0.0, 100.0), Tempo(8.0, 50.0)))
    first, last = model.piece(a), model.piece(waltz)
    morph = interpolate(model, first, last, 5)
    assert morph.scores[0] == reconstruct(model, first)
    assert morph.scores[-1] == reconstruct(model, last)
    assert [len(s.bars()) for s in morph.scores] == [5, 5, 11, 11, 11]
    assert [s.time_signatures for s in morph.scores] == [a.time_signatures] * 2 + [waltz.time_signatures] * 3
    assert morph.alphas == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert morph.z.shape == (2 * 3 + 3 * 6, model.network.latent_size)
    assert len(morph.joined.bars()) == 5 + 5 + 11 + 11 + 11


def test_a_piece_without_a_time_signature_is_in_4_4_after_one_in_3_4(model: MusicModel) -> None:
    waltz = melody(*((float(i), 1.0, 70 + i % 4) for i in range(12)), time_signatures=(TimeSignature(0.0, 3, 4),))
    plain = melody(*((float(i), 1.0, 60 + i % 4) for i in range(16)))
    joined = interpolate(model, model.piece(waltz), model.piece(plain), 2).joined
    assert joined.time_signatures == (TimeSignature(0.0, 3, 4), TimeSignature(12.0, 4, 4))
    assert len(joined.bars()) == 4 + 4


def test_tempo_maps_glide_towards_the_mean_tempo_of_the_other_piece(model: MusicModel) -> None:
    a, b = four(4, tempos=(Tempo(0.0, 100.0), Tempo(8.0, 50.0))), four(4, tempos=(Tempo(0.0, 240.0),))
    mean = 60 * 16 / (8 * 0.6 + 8 * 1.2)
    morph = interpolate(model, model.piece(a), model.piece(b), 4)
    factor = (240 / mean) ** (1 / 3)
    assert [t.qpm for t in morph.scores[1].tempos] == pytest.approx([100 * factor, 50 * factor])
    assert [t.qpm for t in morph.scores[2].tempos] == pytest.approx([240 / factor])
    assert math.isclose(morph.scores[0].tempos[1].qpm, 50.0)


def test_the_shorter_piece_is_repeated() -> None:
    class Codes(Echo):
        def encode(self, *phrases: Phrase) -> Any:
            return SimpleNamespace(mode=torch.tensor([[float(p.first_bar)] for p in phrases]))

    model: Any = Codes()
    morph = interpolate(model, model.piece(four(10)), model.piece(four(4)), 3)
    assert morph.z[:5, 0].tolist() == [1, 3, 5, 7, 9]
    assert morph.z[5:7, 0].tolist() == [1, 3]  # half way the second is nearer; both have these bars
    back = interpolate(model, model.piece(four(4)), model.piece(four(10)), 3)
    assert back.z[2:7, 0].tolist() == [(x + y) / 2 for x, y in zip([1, 3, 1, 3, 1], [1, 3, 5, 7, 9], strict=True)]


def test_each_step_has_the_other_tracks_of_the_nearer_piece(model: MusicModel) -> None:
    drums = Track(tuple(Note(float(i), 0.5, 38) for i in range(8)), is_drum=True, name="kit", controls=(Control(1.0, 7, 90),))
    a = Score((*four(2).tracks, drums))
    morph = interpolate(model, model.piece(a, keep_tracks=True), model.piece(four(2), keep_tracks=True), 3)
    assert [len(s.tracks) for s in morph.scores] == [2, 1, 1]
    assert morph.scores[0].tracks[1] == drums
    assert [t.is_drum for t in morph.joined.tracks] == [False, True]
    assert [c.time for c in morph.joined.tracks[1].controls] == [1.0]
    assert len(interpolate(model, model.piece(a), model.piece(four(2)), 3).scores[0].tracks) == 1


def test_a_seed_makes_the_same_morph(model: MusicModel) -> None:
    a, b = model.piece(four(4)), model.piece(four(6))
    results = [interpolate(model, a, b, 3, decoding=Decoding(1.0, seed)).joined for seed in (1, 1, 2)]
    assert results[0] == results[1] != results[2]


def test_a_row_of_pieces_that_end_with_rests_has_all_their_bars() -> None:
    bass = Track((Note(0.0, 38.0, 40),), 33, name="bass")
    score = Score((Track((Note(0.0, 2.0, 60),), name="melody"), bass))
    piece = echo().piece(score)
    assert len(interpolate(echo(), piece, piece, 2).joined.bars()) == 20


def test_exact_pieces(model: MusicModel, make_tune: Callable[..., Score]) -> None:
    a, b = make_tune(0, bars=2), make_tune(1, bars=2, metre=(3, 4))
    first, last = model.piece(a), model.piece(b)
    assert reconstruct(model, first, exact=True).tracks == a.tracks
    morph = interpolate(model, first, last, 3, exact=True, decoding=Decoding(1.0))
    assert (morph.exact, morph.scores[0].tracks, morph.scores[-1].tracks) == ((True, True), a.tracks, b.tracks)
