"""Grids between two and four tunes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from musicae import Decoding, MusicModel, Note, Score, Track, grid, interpolate, reconstruct
from musicae.core.latent import slerp
from musicae.errors import ParameterError
from support.pieces import facts, notes

MakeTune = Callable[..., Score]


def test_the_corners_of_a_grid_are_the_reconstructions(model: MusicModel, make_tune: MakeTune) -> None:
    tunes = [make_tune(seed, qpm=80 + 20 * seed, program=seed, metre=metre) for seed, metre in enumerate([(4, 4), (6, 8)] * 2)]
    result = grid(model, tunes, 3, 4)
    assert [len(row) for row in result.scores] == [4, 4, 4] and result.z.shape == (3, 4, model.network.latent_size)
    corners = [result.scores[0][0], result.scores[0][-1], result.scores[-1][0], result.scores[-1][-1]]
    assert [notes(s) for s in corners] == [notes(reconstruct(model, t)) for t in tunes]
    assert [s.tempos[0].qpm for s in corners] == pytest.approx([80, 100, 120, 140])
    assert [[s.tracks[0].program for s in row] for row in result.scores] == [[0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    codes = model.encode(*tunes).mode
    edges = slerp(codes[0], codes[1], 1 / 3), slerp(codes[2], codes[3], 1 / 3)
    torch.testing.assert_close(result.z[1, 1], slerp(*edges, 0.5))
    assert len(result.joined.bars()) == 24


def test_a_grid_between_two_tunes_is_a_morph(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0), make_tune(3)
    result, morph = grid(model, [a, b], 1, 5), interpolate(model, a, b, 5)
    torch.testing.assert_close(result.z[0], morph.z)
    assert result.scores[0] == morph.scores


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


# Whole pieces


def test_a_grid_between_two_pieces_is_a_morph(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = model.piece(make_tune(0, bars=5, qpm=60)), model.piece(make_tune(3, bars=8, metre=(3, 4), qpm=120))
    for decoding in (Decoding(), Decoding(1.0, 3)):
        result, morph = grid(model, [a, b], 1, 4, decoding), interpolate(model, a, b, 4, decoding=decoding)
        assert (result.scores, result.joined) == ([morph.scores], morph.joined)
        assert torch.equal(result.z, morph.z)


def test_the_corners_of_a_grid_of_pieces_are_the_pieces(model: MusicModel, make_tune: MakeTune) -> None:
    forms = [(4, (4, 4)), (7, (6, 8)), (5, (3, 4)), (6, (4, 4))]
    tunes = [make_tune(i, bars=bars, metre=metre, qpm=60 * 2**i) for i, (bars, metre) in enumerate(forms)]
    bass = Track((Note(0.0, 8.0, 40),), 33, name="bass")
    pieces = [model.piece(replace(t, tracks=(*t.tracks, bass)), keep_tracks=True) for t in tunes]
    result = grid(model, pieces, 3, 4)
    corners = [result.scores[0][0], result.scores[0][-1], result.scores[-1][0], result.scores[-1][-1]]
    assert corners == [reconstruct(model, piece) for piece in pieces]
    nearest = [[0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert [[facts(s) for s in row] for row in result.scores] == [[facts(tunes[i]) for i in row] for row in nearest]
    assert all(score.tracks[1] == bass for row in result.scores for score in row)
    exponents = [[0, 1 / 3, 2 / 3, 1], [1, 4 / 3, 5 / 3, 2], [2, 7 / 3, 8 / 3, 3]]
    assert [[s.tempos[0].qpm for s in row] for row in result.scores] == [
        pytest.approx([60 * 2**e for e in row], rel=1e-6) for row in exponents
    ], "geometric means"
    windows = [len(p.windows) for p in pieces]
    assert result.z.shape == (sum(windows[i] for row in nearest for i in row), 16)
    assert len(result.joined.bars()) == sum(forms[i][0] for row in nearest for i in row)


def test_pieces_and_phrases_do_not_go_together(model: MusicModel, make_tune: MakeTune) -> None:
    with pytest.raises(ParameterError, match=r"^Whole pieces and phrases do not go together; give pieces only, or "):
        grid(model, [model.piece(make_tune(0)), make_tune(1)], 1, 3)
