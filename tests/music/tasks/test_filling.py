"""Bars of whole pieces filled: which windows they are filled in, and that everything else stays note for note."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae import Decoding, MusicModel, Note, Scale, Score, Track, complete, continuation, load
from musicae.errors import ParameterError, RepresentationError
from musicae.music.excerpts.piece import Piece
from musicae.music.latent.infill import Infilled
from musicae.music.score import Tempo, TimeSignature, bar_index
from musicae.music.tasks import filling
from musicae.music.tasks.filling import plan
from support.drums import beat, feel, kit
from support.pieces import echo, facts, four, melody, notes
from support.scores import scores

MakeTune = Callable[..., Score]


def numbers(bars: int, free: Sequence[int], size: int) -> list[tuple[list[int], list[int]]]:
    """Return the windows in which bars of `four(bars)` are filled: their bars, and those that are filled."""
    steps = plan(four(bars).bars(), [i + 1 in free for i in range(bars)], echo(size).spec)
    return [
        ([b.number for b in step.bars], [b.number for b, is_free in zip(step.bars, step.free, strict=True) if is_free])
        for step in steps
    ]


def test_windows_hold_given_bars_where_they_can() -> None:
    assert numbers(8, [4], 2) == [([3, 4], [4])]
    assert numbers(8, [1], 2) == [([1, 2], [1])]
    assert numbers(8, [4, 5], 2) == [([3, 4], [4]), ([4, 5], [5])]
    assert numbers(8, [1, 2], 2) == [([2, 3], [2]), ([1, 2], [1])], "from the music on, backwards"
    assert numbers(8, [7, 8], 4) == [([5, 6, 7, 8], [7, 8])]
    assert numbers(12, [5, 6, 7, 8, 9, 10, 11, 12], 4) == [
        ([3, 4, 5, 6], [5, 6]),
        ([5, 6, 7, 8], [7, 8]),
        ([7, 8, 9, 10], [9, 10]),
        ([9, 10, 11, 12], [11, 12]),
    ], "half of a window is given"
    assert numbers(3, [1, 2, 3], 2) == [([1, 2], [1, 2]), ([2, 3], [3])], "where nothing is given, all is new"
    assert numbers(2, [2], 4) == [([1, 2], [2])]


def test_windows_have_bars_of_one_metre() -> None:
    metres = (TimeSignature(0.0, 4, 4), TimeSignature(8.0, 3, 4), TimeSignature(11.0, 4, 4))
    bars = melody((0.0, 19.0, 60), time_signatures=metres).bars()
    steps = plan(bars, [False, True, True, True, False], echo().spec)
    assert [[b.number for b in step.bars] for step in steps] == [[1, 2], [4, 5], [3]]


@given(scores(), st.data())
@settings(max_examples=40)
def test_every_bar_to_fill_is_filled_once(score: Score, data: st.DataObject) -> None:
    bars = score.bars()
    free = data.draw(st.lists(st.booleans(), min_size=len(bars), max_size=len(bars)))
    spec = echo(data.draw(st.integers(1, 4))).spec
    fits = all(spec.problem([bar]) is None for bar, is_free in zip(bars, free, strict=True) if is_free)
    try:
        steps = plan(bars, free, spec)
    except RepresentationError as error:
        assert not fits and str(error).startswith("A bar to fill does not fit the model: ")
        return
    filled = [b.number for step in steps for b, is_free in zip(step.bars, step.free, strict=True) if is_free]
    assert sorted(filled) == [bar.number for bar, is_free in zip(bars, free, strict=True) if is_free]
    for step in steps:
        assert any(step.free) and len(step.bars) <= spec.bars
        assert len({(b.numerator, b.denominator) for b in step.bars}) == 1
        assert [b.number for b in step.bars] == list(range(step.bars[0].number, step.bars[-1].number + 1))


def anything(network: Any, x: Any, given: torch.Tensor, *, seed: int, **options: object) -> Infilled:
    """Infill with random tokens: mostly no event, some onsets, some ends."""
    generator = torch.Generator().manual_seed(seed)
    onsets = torch.randint(0, 90, x.tokens.shape, generator=generator)
    events = torch.rand(x.tokens.shape, generator=generator) < 0.4
    return Infilled(x.with_tokens(torch.where(given, x.tokens, onsets * events)), torch.zeros(len(x), 1), given.all(1))


@given(scores(), st.data())
@settings(max_examples=60)
def test_given_bars_stay_note_for_note(small_checkpoint: Path, score: Score, data: st.DataObject) -> None:
    model = load(small_checkpoint, device="cpu")
    try:
        piece = model.piece(score, track="melody", keep_tracks=True)
    except RepresentationError:
        return
    bars, half = score.bars(), model.representation.half_step
    free = data.draw(st.lists(st.booleans(), min_size=len(bars), max_size=len(bars)).filter(any))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "infill", anything)
        try:
            [filled] = complete(model, piece, [not is_free for is_free in free], decoding=Decoding(seed=len(bars)))
        except RepresentationError:
            return
    assert (facts(filled), filled.tempos, filled.tracks[1:]) == (facts(score), score.tempos, score.tracks[1:])

    def home(note: Note) -> int:
        return bar_index(min(note.onset + half + 1e-6, bars[-1].end - 1e-3), bars)

    def is_cut(note: Note) -> bool:
        """Return whether a note of the file is held into a bar to fill, where it may end otherwise."""
        return any(is_free and note.onset < bar.start < note.end for bar, is_free in zip(bars, free, strict=True))

    after = [n for n in filled.tracks[0].notes if not free[home(n)]]
    for note in (n for n in piece.notes.notes if not free[home(n)]):
        [same] = [n for n in after if (n.onset, n.pitch, n.velocity) == (note.onset, note.pitch, note.velocity)]
        assert same.duration == note.duration or is_cut(note)
        after.remove(same)
    edges = [b.start for i, b in enumerate(bars) if i and not free[i] and free[i - 1]]
    for rest in after:  # what sounds of a note that is held out of a bar to fill
        assert rest.onset in edges
        [whole] = [n for n in piece.notes.notes if n.onset < rest.onset < n.end]
        assert (rest.pitch, rest.velocity) == (whole.pitch, whole.velocity)
        assert rest.end == whole.end or is_cut(replace(rest, duration=whole.end - rest.onset))


def infilled(monkeypatch: pytest.MonkeyPatch, *tokens: int) -> None:
    """Let infilling give these tokens in the bars to fill, and nothing new after them."""

    def infill(network: Any, x: Any, given: torch.Tensor, **options: object) -> Infilled:
        result = x.tokens.clone()
        result[~given] = 0
        for row, mask in zip(result, given, strict=True):
            places = torch.nonzero(~mask)[: len(tokens), 0]
            row[places] = torch.tensor(tokens, dtype=torch.int64)
        return Infilled(x.with_tokens(result), torch.zeros(len(x), 1), torch.ones(len(x), dtype=torch.bool))

    monkeypatch.setattr(filling, "infill", infill)


C, E, OFF = 60 - 21 + 2, 64 - 21 + 2, 1  # tokens


@pytest.mark.parametrize(
    ("before", "tokens", "after"),
    [
        ([(2.0, 4.0, 60)], (0,), [(2.0, 6.0, 60)]),  # held in the file, and by the model
        ([(2.0, 4.0, 60)], (0, 0, OFF), [(2.0, 2.5, 60)]),
        ([(2.0, 4.0, 60)], (OFF,), [(2.0, 2.0, 60)]),  # held in the file, not by the model
        ([(2.0, 4.0, 60)], (E, 0, OFF), [(2.0, 2.0, 60), (4.0, 0.5, 64)]),
        ([(2.0, 2.0, 60), (8.0, 1.0, 62)], (0,), [(2.0, 2.0, 60), (8.0, 1.0, 62)]),  # held by the model alone
        (
            [(0.0, 1.0, 60), (6.0, 4.0, 64)],
            (OFF, 0, C),
            [(0.0, 1.0, 60), (4.5, 3.5, 60), (8.0, 2.0, 64)],
        ),  # held out of the bar
        ([(0.0, 1.0, 60), (4.0, 8.25, 64)], (OFF,), [(0.0, 1.0, 60), (8.0, 4.25, 64)]),
    ],
)
def test_notes_at_the_bar_lines(
    monkeypatch: pytest.MonkeyPatch,
    model: MusicModel,
    before: list[tuple[float, float, int]],
    tokens: tuple[int, ...],
    after: list[tuple[float, float, int]],
) -> None:
    infilled(monkeypatch, *tokens)
    piece = model.piece(melody(*before, (12.0, 4.0, 50)))
    [filled] = complete(model, piece, [True, False, True, True])
    assert notes(filled) == [*after, (12.0, 4.0, 50)]


def test_a_new_note_is_held_into_the_next_new_bar_if_the_model_holds_it(
    monkeypatch: pytest.MonkeyPatch, model: MusicModel
) -> None:
    infilled(monkeypatch)
    piece = model.piece(melody((0.0, 6.0, 60), (16.0, 4.0, 50)))
    [filled] = complete(model, piece, [True, False, False, True, True])
    assert notes(filled) == [(0.0, 12.0, 60), (16.0, 4.0, 50)], "held in the file over one bar line, by the model over two"


def test_silent_bars_are_filled_as_loud_as_the_piece(monkeypatch: pytest.MonkeyPatch, model: MusicModel) -> None:
    infilled(monkeypatch, C, 0, 0, 0, OFF)
    score = Score((Track(tuple(Note(float(i), 1.0, 60, 33) for i in range(8, 12))),), length=32.0)
    [filled] = complete(model, model.piece(score), [bar.number != 7 for bar in score.bars()])
    assert [(n.onset, n.velocity) for n in filled.tracks[0].notes if n.onset > 12] == [(24.0, 33)]
    assert len(filled.bars()) == 8


def test_a_metre_after_the_end_stays_there(monkeypatch: pytest.MonkeyPatch, model: MusicModel) -> None:
    infilled(monkeypatch, C)
    score = melody((0.0, 6.0, 60), time_signatures=(TimeSignature(0.0, 4, 4), TimeSignature(7.0, 3, 4)))
    [filled] = complete(model, model.piece(score), [True, False])
    assert notes(filled) == [(0.0, 4.0, 60), (4.0, 3.0, 60)] and facts(filled) == facts(score)


def test_hits_of_given_bars_stay_as_they_were_played(drum_checkpoint: Path) -> None:
    drummer = load(drum_checkpoint, device="cpu")
    score = Score((kit(*map(feel, beat(6))),))
    [filled] = complete(drummer, drummer.piece(score), [True, True, False, True, True, True])
    half = drummer.representation.half_step
    for stretch in ((-1.0, 8.0 - half), (12.0 - half, 99.0)):
        was, now = ([n for n in s.tracks[0].notes if stretch[0] <= n.onset < stretch[1]] for s in (score, filled))
        assert was == now and was
    new = [n for n in filled.tracks[0].notes if 8.0 - half <= n.onset < 12.0 - half]
    assert len(new) >= 4 and len({n.velocity for n in new}) > 1


# Completion and continuation of pieces


def test_a_piece_is_completed_in_several_ways(model: MusicModel, make_tune: MakeTune) -> None:
    piece = model.piece(make_tune(2, bars=6))
    flags = [True, True, False, False, True, True]
    first, again, other = (complete(model, piece, flags, 2, Decoding(1.5, seed)) for seed in (3, 3, 4))
    assert first == again != other and notes(first[0]) != notes(first[1])
    hidden = [n for n in piece.score.tracks[0].notes if not 8 <= n.onset < 16]
    blank = replace(piece.score, tracks=(replace(piece.score.tracks[0], notes=tuple(hidden)),))
    assert complete(model, model.piece(blank), flags, 2, Decoding(1.5, 3)) == first, "what is hidden is not looked at"


def test_new_notes_keep_to_the_scale_and_given_ones_need_not(model: MusicModel, make_tune: MakeTune) -> None:
    piece, scale = model.piece(make_tune(2, bars=4)), Scale(1)
    for score in complete(model, piece, [True, False, True, True], 3, Decoding(1.0, scale=scale)):
        new = [p for o, _, p in notes(score) if 4 <= o < 8]
        assert new and all(pitch in scale for pitch in new)
    assert not all(n.pitch in scale for n in piece.score.tracks[0].notes)


def song(make_tune: MakeTune, bars: int = 5, metre: tuple[int, int] = (4, 4)) -> Score:
    """Return a melody and a bass, with two tempos, that end with a rest."""
    tune = make_tune(2, bars=bars, metre=metre)
    bass = Track(tuple(Note(float(i), 1.0, 40) for i in range(6)), 33, name="bass")
    return replace(tune, tracks=(tune.tracks[0], bass), tempos=(Tempo(0.0, 100.0), Tempo(4.0, 60.0)))


@pytest.mark.parametrize("metre", [(4, 4), (6, 8)])
@pytest.mark.parametrize("keep", [False, True])
def test_a_continuation_follows_the_piece(model: MusicModel, make_tune: MakeTune, metre: tuple[int, int], keep: bool) -> None:
    score = song(make_tune, metre=metre)
    results = continuation(model, model.piece(score, keep_tracks=keep), 3, 2, Decoding(1.0, 3))
    end = score.bars()[-1].end
    for longer in results:
        assert longer.tracks[0].notes[: len(score.tracks[0].notes)] == score.tracks[0].notes
        assert all(n.onset >= end for n in longer.tracks[0].notes[len(score.tracks[0].notes) :])
        assert longer.bars()[: len(score.bars())] == score.bars() and len(longer.bars()) == len(score.bars()) + 3
        assert (longer.tempos, longer.keys, longer.tracks[1:]) == (score.tempos, score.keys, score.tracks[1:] if keep else ())
    assert notes(results[0]) != notes(results[1])


def test_a_long_model_continues_from_as_many_bars_as_it_writes(monkeypatch: pytest.MonkeyPatch, make_tune: MakeTune) -> None:
    calls: list[np.ndarray[Any, Any]] = []

    def infill(network: Any, x: Any, given: torch.Tensor, **options: object) -> Infilled:
        calls.append(given.reshape(len(x), 16, -1)[0, :, 0].numpy())
        return Infilled(x, torch.zeros(len(x), 1), torch.ones(len(x), dtype=torch.bool))

    monkeypatch.setattr(filling, "infill", infill)
    model = load("melody-16bar", device="cpu")
    [longer] = continuation(model, model.piece(make_tune(1, bars=12)), 10)
    assert [call.tolist() for call in calls] == [[True] * 8 + [False] * 8, [True] * 14 + [False] * 2]
    assert len(longer.bars()) == 22


def test_a_metre_after_the_end_does_not_cut_the_new_bars(model: MusicModel) -> None:
    score = melody(
        *((float(i), 1.0, 60) for i in range(7)), time_signatures=(TimeSignature(0.0, 4, 4), TimeSignature(7.0, 3, 4))
    )
    [longer] = continuation(model, model.piece(score), 2)
    assert [(b.numerator, b.length) for b in longer.bars()] == [(4, 4.0)] * 4


def too_long(model: MusicModel) -> Piece:
    """Return a piece whose third bar is too long for the model."""
    metres = (TimeSignature(0.0, 4, 4), TimeSignature(8.0, 17, 8))
    return model.piece(melody(*((float(i), 1.0, 60) for i in range(16)), time_signatures=metres))


def test_errors(model: MusicModel, make_tune: MakeTune) -> None:
    piece = model.piece(make_tune(0))
    refused: dict[str, Callable[[], object]] = {
        "The piece has 4 bars, but 3 flags were given.": lambda: complete(model, piece, [False] * 3),
        "All bars are given, so there is nothing to fill.": lambda: complete(model, piece, [True] * 4),
        "count must be at least 1, got 0.": lambda: complete(model, piece, [False] * 4, 0),
        "bars and count must be at least 1, got 0 and 1.": lambda: continuation(model, piece, 0),
    }
    for message, call in refused.items():
        with pytest.raises(ParameterError) as error:
            call()
        assert str(error.value) == message
    text = r"^A bar to fill does not fit the model: bar 3 \(17/8\) has 34 time steps, more than the model's 32; "
    with pytest.raises(RepresentationError, match=text):
        complete(model, too_long(model), [True, True, False])
    with pytest.raises(RepresentationError, match=r"^A bar to fill does not fit the model: bar 4 \(17/8\) "):
        continuation(model, too_long(model), 1)
