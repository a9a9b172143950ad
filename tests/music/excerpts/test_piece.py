"""Whole pieces cut into windows: where windows begin and end, which bars are kept as they are and why, and errors."""

import pytest

from musicae import Note, Score, Track, reconstruct
from musicae.errors import MidiError, ParameterError, RepresentationError
from musicae.music.excerpts.piece import KeptBars, cut
from musicae.music.score import TimeSignature
from support.pieces import echo, four, melody


def test_windows_reach_back_where_too_few_bars_are_left() -> None:
    windows = echo(4).piece(four(6)).windows
    assert [(w.phrase.first_bar, w.offset, w.start, w.end) for w in windows] == [(1, 0.0, 0.0, 16.0), (3, 8.0, 16.0, 24.0)]
    short = echo(4).piece(four(3)).windows[0]
    assert (short.start, short.end, short.phrase.window.bar_steps) == (0.0, 12.0, (16, 16, 16, 16))
    assert not short.phrase.window.tokens[-15:].any()


def test_what_is_kept_is_listed_with_its_reason() -> None:
    changes = tuple(TimeSignature(*c) for c in ((0, 1, 4), (1, 4, 4), (9, 17, 8), (17.5, 7, 32), (18.375, 4, 4)))
    notes = [(0.0, 1.0, 60), *((1 + i, 1.0, 62) for i in range(8)), (9.0, 0.3, 64), (17.5, 0.1, 65), (50.5, 1.0, 66)]
    piece = echo().piece(melody(*notes, time_signatures=changes))
    assert piece.kept == (
        KeptBars(1, 1, "pick-up"),
        KeptBars(4, 4, "too long"),
        KeptBars(5, 5, "off the grid"),
        KeptBars(6, 13, "silent"),
    )
    assert [k.bar_numbers for k in piece.kept] == ["1", "4", "5", "6-13"]
    same = [n for n in reconstruct(echo(), piece).tracks[0].notes if n.onset < 1 or 9 <= n.onset < 18]
    assert same == [Note(0.0, 1.0, 60), Note(9.0, 0.3, 64), Note(17.5, 0.1, 65)]


def test_errors() -> None:
    model = echo()
    with pytest.raises(RepresentationError, match=r"^the score: bar 1 \(17/8\) has 34 time steps, more than the model's 32; "):
        model.piece(melody((0.0, 20.0, 60), time_signatures=(TimeSignature(0.0, 17, 8),)))
    with pytest.raises(MidiError, match="has drums only"):
        model.piece(Score((Track((Note(0.0, 1.0, 38),), is_drum=True),)))
    with pytest.raises(MidiError, match=r"^x\.mid: track 2 has no notes; choose another track\.$"):
        model.piece(Score((*four(1).tracks, Track((), name="empty"))), track="2", where="x.mid")
    with pytest.raises(ParameterError, match=r"^A phrase is not a whole piece; "):
        cut(model.piece(four(2)).phrases[0], model.spec, model.kind.tracks)
