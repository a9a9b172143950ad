"""Morphs of whole pieces: how bars, metres, tempos and other tracks pass from one to the other."""

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from musicae import Note, Score, Track, load
from musicae.music.excerpts.phrase import Phrase
from musicae.music.model import MusicModel
from musicae.music.score import Control, Tempo, TimeSignature
from musicae.music.tasks.whole_piece import interpolate, reconstruct
from support.pieces import Echo, echo, facts, four, melody, reread


@pytest.fixture(scope="module")
def small(small_checkpoint: Path) -> MusicModel:
    return load(small_checkpoint, device="cpu")


def test_ends_of_a_morph_are_the_two_pieces_whole(small: MusicModel) -> None:
    waltz = melody(*((float(i), 1.0, 70 + i % 4) for i in range(33)), time_signatures=(TimeSignature(0.0, 3, 4),))
    a = four(5, tempos=(Tempo(0.0, 100.0), Tempo(8.0, 50.0)))
    morph = interpolate(small, a, waltz, 5)
    assert morph.scores[0] == reconstruct(small, a)
    assert morph.scores[-1] == reconstruct(small, waltz)
    assert [len(s.bars()) for s in morph.scores] == [5, 5, 11, 11, 11]
    assert [s.time_signatures for s in morph.scores] == [a.time_signatures] * 2 + [waltz.time_signatures] * 3
    assert morph.alphas == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert morph.z.shape == (2 * 3 + 3 * 6, small.model.latent_size)
    assert len(morph.joined.bars()) == 5 + 5 + 11 + 11 + 11


def test_a_piece_without_a_time_signature_is_in_4_4_after_one_in_3_4(small: MusicModel) -> None:
    waltz = melody(*((float(i), 1.0, 70 + i % 4) for i in range(12)), time_signatures=(TimeSignature(0.0, 3, 4),))
    plain = melody(*((float(i), 1.0, 60 + i % 4) for i in range(16)))
    joined = interpolate(small, waltz, plain, 2).joined
    assert joined.time_signatures == (TimeSignature(0.0, 3, 4), TimeSignature(12.0, 4, 4))
    assert len(joined.bars()) == 4 + 4


def test_tempo_maps_glide_towards_the_mean_tempo_of_the_other_piece(small: MusicModel) -> None:
    a, b = four(4, tempos=(Tempo(0.0, 100.0), Tempo(8.0, 50.0))), four(4, tempos=(Tempo(0.0, 240.0),))
    mean = 60 * 16 / (8 * 0.6 + 8 * 1.2)
    morph = interpolate(small, a, b, 4)
    factor = (240 / mean) ** (1 / 3)
    assert [t.qpm for t in morph.scores[1].tempos] == pytest.approx([100 * factor, 50 * factor])
    assert [t.qpm for t in morph.scores[2].tempos] == pytest.approx([240 / factor])
    assert math.isclose(morph.scores[0].tempos[1].qpm, 50.0)


def test_the_shorter_piece_begins_anew() -> None:
    class Codes(Echo):
        def encode(self, *phrases: Phrase) -> Any:
            return SimpleNamespace(mode=torch.tensor([[float(p.first_bar)] for p in phrases]))

    model: Any = Codes()
    morph = interpolate(model, four(10), four(4), 3)
    assert morph.z[:5, 0].tolist() == [1, 3, 5, 7, 9]
    assert morph.z[5:7, 0].tolist() == [1, 3]  # half way the second is nearer; both have these bars
    back = interpolate(model, four(4), four(10), 3)
    assert back.z[2:7, 0].tolist() == [(x + y) / 2 for x, y in zip([1, 3, 1, 3, 1], [1, 3, 5, 7, 9], strict=True)]


def test_each_step_has_the_other_tracks_of_the_nearer_piece(small: MusicModel) -> None:
    drums = Track(tuple(Note(float(i), 0.5, 38) for i in range(8)), is_drum=True, name="kit", controls=(Control(1.0, 7, 90),))
    a = Score((*four(2).tracks, drums))
    morph = interpolate(small, a, four(2), 3, keep_tracks=True)
    assert [len(s.tracks) for s in morph.scores] == [2, 1, 1]
    assert morph.scores[0].tracks[1] == drums
    assert [t.is_drum for t in morph.joined.tracks] == [False, True]
    assert [c.time for c in morph.joined.tracks[1].controls] == [1.0]
    assert len(interpolate(small, a, four(2), 3).scores[0].tracks) == 1


def test_a_seed_makes_the_same_morph(small: MusicModel) -> None:
    made = [interpolate(small, four(4), four(6), 3, temperature=1.0, seed=seed).joined for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_a_row_of_pieces_that_end_with_rests_has_all_their_bars() -> None:
    bass = Track((Note(0.0, 38.0, 40),), 33, name="bass")
    score = Score((Track((Note(0.0, 2.0, 60),), name="melody"), bass))
    assert len(interpolate(echo(), score, score, 2).joined.bars()) == 20


def test_exact_pieces(small: MusicModel, make_tune: Callable[..., Score]) -> None:
    a, b = make_tune(0, bars=2), make_tune(1, bars=2, metre=(3, 4))
    assert reconstruct(small, a, exact=True).tracks == a.tracks
    morph = interpolate(small, a, b, 3, exact=True, temperature=1.0)
    assert (morph.exact, morph.scores[0].tracks, morph.scores[-1].tracks) == ((True, True), a.tracks, b.tracks)


def test_a_metre_after_the_end_stays_there(tmp_path: Path) -> None:
    class Long(Echo):
        def decode(self, z: torch.Tensor, like: list[Phrase], **options: object) -> list[Score]:
            return [melody((0.0, 99.0, 70)) for _ in like]

    metres = (TimeSignature(0.0, 4, 4), TimeSignature(7.0, 3, 4))
    score = melody((0.0, 6.0, 60), time_signatures=metres)
    model: Any = Long()
    again = reread(reconstruct(model, score), tmp_path)
    assert (again.end, facts(again)) == (7.0, facts(score))
    bass = Track((Note(0.0, 5.0, 40),), name="bass")
    again = reread(reconstruct(echo(), Score((Track((Note(0.0, 1.0, 60),), name="lead"), bass), (), metres)), tmp_path)
    assert (again.end, again.length, facts(again)) == (1.0, 5.0, facts(score))
