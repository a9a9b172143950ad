"""Whole pieces: every bar is there again, in its metre and at its tempo, and notes are held over the borders of windows."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae import Note, Score, Track, load, read_midi, write_midi
from musicae.errors import MidiError, ParameterError, RepresentationError
from musicae.music.excerpts.bars import first_full_bar
from musicae.music.excerpts.phrase import Phrase
from musicae.music.model import MusicModel
from musicae.music.score import Control, KeySignature, Tempo, Text, TimeSignature
from musicae.music.tasks.whole_piece import Kept, assemble, cut, encode, interpolate, reconstruct
from support.pieces import Echo, echo, facts, four, melody, reread

GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.mid"))


@pytest.fixture(scope="module")
def small(small_checkpoint: Path) -> MusicModel:
    return load(small_checkpoint, device="cpu")


SIGNATURES = st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 4), (5, 8), (7, 16), (3, 2), (17, 8), (7, 32), (1, 4)])


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Draw a melody on sixteenths, other tracks, metres that change anywhere, and tempos."""
    time, notes = draw(st.integers(0, 20)), []
    for gap, length, pitch in draw(
        st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 9, 40]), st.integers(1, 20), PITCH), min_size=1)
    ):
        time += gap
        notes.append(Note(time / 4, length / 4, pitch))
        time += length
    changes, place = [], 0
    for metre, distance in draw(st.lists(st.tuples(SIGNATURES, st.integers(1, 90)), max_size=4)):
        changes.append(TimeSignature(place / 4, *metre))
        place += distance
    tempos = [Tempo(0.0, 6e7 / draw(MICROSECONDS))]
    for i in range(draw(st.integers(0, 4))):
        tempos.append(Tempo(tempos[-1].time + draw(st.integers(1, 999)) / 480, 6e7 / (draw(MICROSECONDS) + i)))
    others = [Note(t / 8, 1.0, 50 + t % 7, 90) for t in draw(st.lists(st.integers(0, 300), max_size=9, unique=True))]
    bass = Track(tuple(sorted(others)), 33, name="bass", controls=(Control(0.0, 7, 99),))
    tracks = (Track(tuple(notes), 5, name="melody"), *((bass,) if others else ()))
    return Score(tracks, tuple(tempos), _unequal(changes), (KeySignature(0.0, 3),))


PITCH = st.integers(40, 90)
MICROSECONDS = st.integers(150_000, 2_000_000)


def _unequal(changes: list[TimeSignature]) -> tuple[TimeSignature, ...]:
    """Leave out changes that change nothing, as readers do."""
    return tuple(
        c
        for i, c in enumerate(changes)
        if not i or (c.numerator, c.denominator) != (changes[i - 1].numerator, changes[i - 1].denominator)
    )


@given(scores(), st.integers(1, 4), st.sampled_from([8, 16, 32]))
@settings(max_examples=60)
def test_a_model_that_keeps_everything_gives_the_piece_back(score: Score, bars: int, longest: int) -> None:
    model = echo(bars, longest)
    try:
        piece = cut(model, score, track="melody")
    except RepresentationError:  # not one bar fits
        whole = score.bars()[first_full_bar(score, 0) - 1 :]
        notes = score.tracks[0].notes
        assert all(model.refusal([bar]) for bar in whole if any(bar.start <= n.onset < bar.end for n in notes))
        return
    again = reconstruct(model, piece, keep_tracks=True)
    assert again == score
    numbers = [n for k in piece.kept for n in range(k.first, k.last + 1)]
    for part in piece.parts:
        assert len(part.phrase.window.bar_steps) == bars
        numbers += [b.number for b in score.bars() if part.start <= b.start < part.end]
    assert sorted(numbers) == [b.number for b in score.bars()]


@given(scores(), st.booleans())
@settings(max_examples=15)
def test_generated_pieces_keep_bars_metres_and_tempos(
    small: MusicModel, tmp_path_factory: pytest.TempPathFactory, score: Score, keep: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    source = reread(score, folder)
    try:
        piece = cut(small, source, track="melody")
    except RepresentationError:
        return
    again = reread(reconstruct(small, piece, keep_tracks=keep), folder)
    assert facts(again) == facts(source)
    assert again.tempos == source.tempos
    if keep:
        assert again.tracks[1:] == source.tracks[1:]
        assert [t.controls for t in again.tracks[1:]] == [t.controls for t in source.tracks[1:]]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
@pytest.mark.parametrize("keep", [False, True])
def test_golden_files_keep_bars_metres_and_tempos(small: MusicModel, tmp_path: Path, path: Path, keep: bool) -> None:
    source = read_midi(path)
    piece = cut(small, source)
    again = reread(reconstruct(small, path, keep_tracks=keep), tmp_path)
    assert facts(again) == facts(source)
    assert again.tempos == source.tempos
    if keep:
        assert [t for i, t in enumerate(again.tracks) if i != piece.track] == [
            t for i, t in enumerate(source.tracks) if i != piece.track
        ]
    else:
        assert len(again.tracks) == 1
    for score in interpolate(small, path, GOLDEN[0], 2, keep_tracks=keep).scores[:1]:
        assert facts(reread(score, tmp_path)) == facts(source)


def test_a_melody_that_ends_before_the_others_keeps_the_bars(tmp_path: Path) -> None:
    bass = Track((Note(0.0, 38.0, 40),), 33, name="bass")
    score = Score((Track((Note(0.0, 2.0, 60),), name="melody"), bass))
    alone = reread(reconstruct(echo(), score), tmp_path)
    assert (alone.end, len(alone.bars()), len(alone.tracks)) == (2.0, 10, 1)
    assert len(reread(reconstruct(echo(), score, keep_tracks=True), tmp_path).bars()) == 10


def test_notes_held_over_the_border_of_windows_are_tied_and_repeated_ones_struck_anew() -> None:
    held = melody((6.0, 4.0, 60), (12.0, 2.0, 62), (14.0, 2.0, 64), (16.0, 4.0, 64))
    assert reconstruct(echo(), held).tracks[0].notes == held.tracks[0].notes
    over_all = melody((0.0, 40.0, 60))
    assert reconstruct(echo(), over_all).tracks[0].notes == over_all.tracks[0].notes
    # A note that sticks out by less than half a step, as when two are played legato, ends at the border.
    legato = melody((4.0, 4.05, 60), (8.0, 4.0, 60))
    assert reconstruct(echo(), legato).tracks[0].notes == (Note(4.0, 4.0, 60), Note(8.0, 4.0, 60))


def test_a_tie_needs_one_pitch_on_both_sides() -> None:
    class Other(Echo):
        def decode(self, z: torch.Tensor, like: list[Phrase], **options: object) -> list[Score]:
            return [melody((0.0, 8.0, 70 + i // 2)) for i in range(len(like))]

    model: Any = Other()
    notes = reconstruct(model, melody((0.0, 32.0, 60))).tracks[0].notes
    assert notes == (Note(0.0, 16.0, 70), Note(16.0, 16.0, 71))


def test_windows_reach_back_where_too_few_bars_are_left() -> None:
    piece = cut(echo(4), four(6))
    assert [(p.phrase.first_bar, p.offset, p.start, p.end) for p in piece.parts] == [(1, 0.0, 0.0, 16.0), (3, 8.0, 16.0, 24.0)]
    short = cut(echo(4), four(3)).parts[0]
    assert (short.start, short.end, short.phrase.window.bar_steps) == (0.0, 12.0, (16, 16, 16, 16))
    assert not short.phrase.window.tokens[-15:].any()


def test_what_is_kept_is_told_with_its_reason() -> None:
    changes = tuple(TimeSignature(*c) for c in ((0, 1, 4), (1, 4, 4), (9, 17, 8), (17.5, 7, 32), (18.375, 4, 4)))
    notes = [(0.0, 1.0, 60), *((1 + i, 1.0, 62) for i in range(8)), (9.0, 0.3, 64), (17.5, 0.1, 65), (50.5, 1.0, 66)]
    score = melody(*notes, time_signatures=changes)
    piece = cut(echo(), score)
    assert piece.kept == (
        Kept(1, 1, "pick-up"),
        Kept(4, 4, "too long"),
        Kept(5, 5, "off the grid"),
        Kept(6, 13, "silent"),
    )
    assert [k.bar_numbers for k in piece.kept] == ["1", "4", "5", "6-13"]
    kept = [n for n in reconstruct(echo(), piece).tracks[0].notes if n.onset < 1 or 9 <= n.onset < 18]
    assert kept == [Note(0.0, 1.0, 60), Note(9.0, 0.3, 64), Note(17.5, 0.1, 65)]


def test_velocity_follows_the_windows() -> None:
    notes = tuple(Note(float(i), 1.0, 60, 40 + i) for i in range(16))
    again = reconstruct(echo(), Score((Track(notes),)))
    assert [n.velocity for n in again.tracks[0].notes] == [44] * 8 + [52] * 8


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(RepresentationError, match=r"^the score: bar 1 \(17/8\) has 34 time steps, more than the model's 32; "):
        cut(echo(), melody((0.0, 20.0, 60), time_signatures=(TimeSignature(0.0, 17, 8),)))
    with pytest.raises(MidiError, match="has drums only"):
        cut(echo(), Score((Track((Note(0.0, 1.0, 38),), is_drum=True),)))
    with pytest.raises(MidiError, match=r"^x\.mid: track 2 has no notes; choose another track\.$"):
        cut(echo(), Score((*four(1).tracks, Track((), name="empty"))), track="2", where="x.mid")
    with pytest.raises(ParameterError, match=r"^A phrase is no whole piece; "):
        cut(echo(), cut(echo(), four(2)).phrases[0])
    with pytest.raises(ParameterError, match=r"^A path needs at least 2 steps"):
        interpolate(echo(), four(2), four(2), 1)


def test_a_piece_can_be_cut_once_and_used_again(small: MusicModel, tmp_path: Path) -> None:
    write_midi(four(5), tmp_path / "x.mid")
    piece = cut(small, tmp_path / "x.mid")
    assert cut(small, piece) is piece
    z = encode(small, piece)
    assert z.shape == (3, small.model.latent_size)
    assert assemble(small, piece, z) == reconstruct(small, tmp_path / "x.mid")


def test_lyrics_and_markers_stay_with_the_other_tracks(small: MusicModel, tmp_path: Path) -> None:
    words = tuple(Text(float(i), "lyrics", word) for i, word in enumerate(("Twin", "kle, ", "twin", "kle")))
    write_midi(four(4, texts=words), tmp_path / "song.mid")
    kept, left = (reread(reconstruct(small, tmp_path / "song.mid", keep_tracks=keep), tmp_path) for keep in (True, False))
    assert (kept.texts, left.texts) == (words, ())
