"""The tune in the middle of several."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from musicae import MusicModel, Note, Score, Track, interpolate, mean, reconstruct
from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.tasks.mean import mean_code
from musicae.music.tasks.pieces import codes_of, decode_windows
from support.pieces import facts, notes

MakeTune = Callable[..., Score]


def test_the_mean_lies_in_the_middle(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, qpm=80), make_tune(3, qpm=125)
    middle = mean(model, [a, b])
    assert notes(middle) == notes(interpolate(model, a, b, 3).scores[1])
    assert middle.tempos[0].qpm == pytest.approx(100)
    with pytest.raises(ParameterError, match=r"^A mean needs at least two tunes, got 1\.$"):
        mean(model, [a])


def test_mean_codes() -> None:
    a, b = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(mean_code(torch.stack([a, 3 * b])), slerp(a, 3 * b, 0.5))
    torch.testing.assert_close(mean_code(torch.stack([a, a, a])), a)
    assert torch.equal(mean_code(torch.stack([a, -a])), torch.zeros(16))


# Whole pieces


def test_the_mean_of_pieces_has_the_layout_of_the_first(model: MusicModel, make_tune: MakeTune) -> None:
    a, b = make_tune(0, bars=5, qpm=80), make_tune(3, bars=9, metre=(3, 4), qpm=125)
    bass = Track((Note(0.0, 8.0, 40),), 33, name="bass")
    first, second = model.piece(replace(a, tracks=(*a.tracks, bass)), keep_tracks=True), model.piece(b)
    middle = mean(model, [first, second])
    assert facts(middle) == facts(a) and middle.tracks[1] == bass
    assert [t.qpm for t in middle.tempos] == pytest.approx([100])
    codes, others = (codes_of(model, piece)[0] for piece in (first, second))
    z = torch.stack([mean_code(torch.stack([codes[i], others[i]])) for i in range(3)])
    assert notes(middle) == notes(decode_windows(model, first, z))


def test_the_mean_of_a_piece_with_itself_is_its_reconstruction(model: MusicModel, make_tune: MakeTune) -> None:
    piece = model.piece(make_tune(2, bars=6))
    assert mean(model, [piece] * 3) == reconstruct(model, piece)


def test_a_shorter_piece_is_repeated(model: MusicModel, make_tune: MakeTune) -> None:
    long, short = model.piece(make_tune(0, bars=6)), model.piece(make_tune(3, bars=2))
    codes, other = codes_of(model, long)[0], codes_of(model, short)[0]
    z = torch.stack([mean_code(torch.stack([code, other[0]])) for code in codes])
    assert notes(mean(model, [long, short])) == notes(decode_windows(model, long, z))


def test_pieces_and_phrases_do_not_go_together(model: MusicModel, make_tune: MakeTune) -> None:
    with pytest.raises(ParameterError, match=r"^Whole pieces and phrases do not go together; "):
        mean(model, [make_tune(1), model.piece(make_tune(0))])
