"""Grids between two and four tunes."""

from collections.abc import Callable

import pytest
import torch

from musicae import MusicModel, Score, grid, interpolate, reconstruct
from musicae.core.latent import slerp
from musicae.errors import ParameterError
from support.pieces import notes

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
