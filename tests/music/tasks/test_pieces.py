"""Whole pieces: every bar is there again, in its metre and at its tempo, and notes are held over the borders of windows."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae import MusicModel, Note, Score, Track, interpolate, reconstruct
from musicae.errors import RepresentationError
from musicae.music.excerpts.bars import first_full_bar
from musicae.music.excerpts.phrase import Phrase
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.score import Text, TimeSignature
from musicae.music.tasks.pieces import codes_of, decode_windows
from support.pieces import Echo, echo, facts, four, melody, reread
from support.scores import scores

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.mid"))


@given(scores(), st.integers(1, 4), st.sampled_from([8, 16, 32]))
@settings(max_examples=60)
def test_a_model_that_keeps_everything_gives_the_piece_back(score: Score, bars: int, longest: int) -> None:
    model = echo(bars, longest)
    try:
        piece = model.piece(score, track="melody", keep_tracks=True)
    except RepresentationError:  # not one bar fits
        whole = score.bars()[first_full_bar(score, 0) - 1 :]
        notes = score.tracks[0].notes
        assert all(model.spec.problem([bar]) for bar in whole if any(bar.start <= n.onset < bar.end for n in notes))
        return
    again = reconstruct(model, piece)
    assert again == score
    numbers = [n for k in piece.kept for n in range(k.first, k.last + 1)]
    for window in piece.windows:
        assert len(window.phrase.window.bar_steps) == bars
        numbers += [b.number for b in score.bars() if window.start <= b.start < window.end]
    assert sorted(numbers) == [b.number for b in score.bars()]


@given(scores(), st.booleans())
@settings(max_examples=15)
def test_generated_pieces_keep_bars_metres_and_tempos(
    model: MusicModel, tmp_path_factory: pytest.TempPathFactory, score: Score, keep: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    source = reread(score, folder)
    try:
        piece = model.piece(source, track="melody", keep_tracks=keep)
    except RepresentationError:
        return
    again = reread(reconstruct(model, piece), folder)
    assert facts(again) == facts(source)
    assert again.tempos == source.tempos
    if keep:
        assert again.tracks[1:] == source.tracks[1:]
        assert [t.controls for t in again.tracks[1:]] == [t.controls for t in source.tracks[1:]]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
@pytest.mark.parametrize("keep", [False, True])
def test_golden_files_keep_bars_metres_and_tempos(model: MusicModel, tmp_path: Path, path: Path, keep: bool) -> None:
    source, piece = read_midi(path), model.piece(path, keep_tracks=keep)
    again = reread(reconstruct(model, piece), tmp_path)
    assert facts(again) == facts(source)
    assert again.tempos == source.tempos
    if keep:
        assert [t for i, t in enumerate(again.tracks) if i != piece.track] == [
            t for i, t in enumerate(source.tracks) if i != piece.track
        ]
    else:
        assert len(again.tracks) == 1
    for score in interpolate(model, piece, model.piece(GOLDEN[0], keep_tracks=keep), 2).scores[:1]:
        assert facts(reread(score, tmp_path)) == facts(source)


def test_a_melody_that_ends_before_the_others_keeps_the_bars(tmp_path: Path) -> None:
    bass = Track((Note(0.0, 38.0, 40),), 33, name="bass")
    score = Score((Track((Note(0.0, 2.0, 60),), name="melody"), bass))
    alone = reread(reconstruct(echo(), echo().piece(score)), tmp_path)
    assert (alone.end, len(alone.bars()), len(alone.tracks)) == (2.0, 10, 1)
    assert len(reread(reconstruct(echo(), echo().piece(score, keep_tracks=True)), tmp_path).bars()) == 10


def test_notes_held_over_the_border_of_windows_are_tied_and_repeated_ones_struck_again() -> None:
    held = melody((6.0, 4.0, 60), (12.0, 2.0, 62), (14.0, 2.0, 64), (16.0, 4.0, 64))
    assert reconstruct(echo(), echo().piece(held)).tracks[0].notes == held.tracks[0].notes
    over_all = melody((0.0, 40.0, 60))
    assert reconstruct(echo(), echo().piece(over_all)).tracks[0].notes == over_all.tracks[0].notes
    # A note that sticks out by less than half a step, as when two are played legato, ends at the border.
    legato = melody((4.0, 4.05, 60), (8.0, 4.0, 60))
    assert reconstruct(echo(), echo().piece(legato)).tracks[0].notes == (Note(4.0, 4.0, 60), Note(8.0, 4.0, 60))


def test_a_tie_needs_one_pitch_on_both_sides() -> None:
    class Other(Echo):
        def decode(self, z: torch.Tensor, like: list[Phrase], *options: object) -> list[Score]:
            return [melody((0.0, 8.0, 70 + i // 2)) for i in range(len(like))]

    model: Any = Other()
    notes = reconstruct(model, model.piece(melody((0.0, 32.0, 60)))).tracks[0].notes
    assert notes == (Note(0.0, 16.0, 70), Note(16.0, 16.0, 71))


def test_velocity_follows_the_windows() -> None:
    notes = tuple(Note(float(i), 1.0, 60, 40 + i) for i in range(16))
    again = reconstruct(echo(), echo().piece(Score((Track(notes),))))
    assert [n.velocity for n in again.tracks[0].notes] == [44] * 8 + [52] * 8


def test_a_piece_can_be_cut_once_and_used_again(model: MusicModel, tmp_path: Path) -> None:
    write_midi(four(5), tmp_path / "x.mid")
    piece = model.piece(tmp_path / "x.mid")
    assert model.piece(piece) is piece
    z = codes_of(model, piece)[0]
    assert z.shape == (3, model.network.latent_size)
    assert decode_windows(model, piece, z) == reconstruct(model, model.piece(tmp_path / "x.mid"))


def test_lyrics_and_markers_stay_with_the_other_tracks(model: MusicModel, tmp_path: Path) -> None:
    words = tuple(Text(float(i), "lyrics", word) for i, word in enumerate(("Twin", "kle, ", "twin", "kle")))
    write_midi(four(4, texts=words), tmp_path / "song.mid")
    pieces = [model.piece(tmp_path / "song.mid", keep_tracks=keep) for keep in (True, False)]
    with_tracks, without = (reread(reconstruct(model, piece), tmp_path) for piece in pieces)
    assert (with_tracks.texts, without.texts) == (words, ())


def test_a_metre_after_the_end_stays_there(tmp_path: Path) -> None:
    class Long(Echo):
        def decode(self, z: torch.Tensor, like: list[Phrase], *options: object) -> list[Score]:
            return [melody((0.0, 99.0, 70)) for _ in like]

    metres = (TimeSignature(0.0, 4, 4), TimeSignature(7.0, 3, 4))
    score = melody((0.0, 6.0, 60), time_signatures=metres)
    model: Any = Long()
    again = reread(reconstruct(model, model.piece(score)), tmp_path)
    assert (again.end, facts(again)) == (7.0, facts(score))
    bass = Track((Note(0.0, 5.0, 40),), name="bass")
    two = Score((Track((Note(0.0, 1.0, 60),), name="lead"), bass), (), metres)
    again = reread(reconstruct(echo(), echo().piece(two)), tmp_path)
    assert (again.end, again.length, facts(again)) == (1.0, 5.0, facts(score))
