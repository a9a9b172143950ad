"""Bars of any metre, metre changes, tempo map."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae import Note, Score, Track
from musicae.errors import ParameterError
from musicae.music.score import Bar, KeySignature, Tempo, TimeSignature

METRES = st.builds(lambda n, d: (n, 2**d), st.integers(1, 16), st.integers(0, 5))


def score(end: float, *metres: tuple[float, int, int], tempos: tuple[Tempo, ...] = ()) -> Score:
    """Return one note that lasts from the start to `end`, in the metres given as (time, numerator, denominator)."""
    return Score((Track((Note(0.0, end, 60),)),), tempos, tuple(TimeSignature(*m) for m in metres))


@given(METRES, st.integers(1, 40))
def test_bars_of_one_metre_are_even_and_numbered_from_one(metre: tuple[int, int], count: int) -> None:
    length = 4 * metre[0] / metre[1]
    bars = score(count * length, (0.0, *metre)).bars()
    assert bars == tuple(Bar(i + 1, i * length, length, *metre) for i in range(count))
    assert all(bar.end == bar.start + length and bar.full_length == length for bar in bars)


@pytest.mark.parametrize(
    ("metre", "length"), [((4, 4), 4.0), ((3, 4), 3.0), ((6, 8), 3.0), ((2, 2), 4.0), ((9, 8), 4.5), ((7, 16), 1.75)]
)
def test_length_of_a_bar_in_quarters(metre: tuple[int, int], length: float) -> None:
    assert TimeSignature(0.0, *metre).bar_length == length


def test_last_bar_is_whole_though_the_music_ends_within_it() -> None:
    assert [(b.start, b.end) for b in score(6.5, (0.0, 3, 4)).bars()] == [(0.0, 3.0), (3.0, 6.0), (6.0, 9.0)]


@pytest.mark.parametrize("empty", [Score(), Score((Track(()),)), score(0.0)])
def test_silence_has_one_bar_of_four_quarters(empty: Score) -> None:
    assert empty.end == 0.0
    assert empty.bars() == (Bar(1, 0.0, 4.0, 4, 4),)


def test_silence_has_one_bar_of_its_metre() -> None:
    assert Score(time_signatures=(TimeSignature(0.0, 9, 8),)).bars() == (Bar(1, 0.0, 4.5, 9, 8),)


def test_metre_change_on_a_bar_line() -> None:
    bars = score(13.0, (0.0, 4, 4), (8.0, 3, 4), (11.0, 2, 4)).bars()
    assert [(b.start, b.length, b.numerator) for b in bars] == [(0, 4, 4), (4, 4, 4), (8, 3, 3), (11, 2, 2)]
    assert [b.number for b in bars] == [1, 2, 3, 4]


def test_metre_change_in_mid_bar_cuts_that_bar_short() -> None:
    bars = score(9.0, (0.0, 4, 4), (6.0, 3, 4)).bars()
    assert bars == (Bar(1, 0.0, 4.0, 4, 4), Bar(2, 4.0, 2.0, 4, 4), Bar(3, 6.0, 3.0, 3, 4))
    assert [b.full_length for b in bars] == [4.0, 4.0, 3.0]


def test_pick_up_written_as_a_short_first_metre() -> None:
    bars = score(9.0, (0.0, 1, 4), (1.0, 4, 4)).bars()
    assert [(b.number, b.start, b.end) for b in bars] == [(1, 0.0, 1.0), (2, 1.0, 5.0), (3, 5.0, 9.0)]


def test_music_before_the_first_metre_is_in_four_four() -> None:
    bars = score(11.0, (5.0, 3, 4)).bars()
    assert [(b.start, b.length, b.numerator) for b in bars] == [(0, 4, 4), (4, 1, 4), (5, 3, 3), (8, 3, 3)]


def test_metre_after_the_last_note_makes_no_bars() -> None:
    assert score(8.0, (0.0, 4, 4), (8.0, 3, 4), (20.0, 2, 4)).bars() == score(8.0, (0.0, 4, 4)).bars()


@given(st.lists(st.tuples(st.integers(1, 40), METRES), max_size=6), st.integers(1, 400))
def test_bars_cover_the_music_without_gap_or_overlap(changes: list[tuple[int, tuple[int, int]]], sixteenths: int) -> None:
    time, metres = 0.0, []
    for step, metre in changes:
        metres.append((time, *metre))
        time += step / 4
    bars = score(sixteenths / 4, *metres).bars()
    assert bars[0].start == 0.0 and bars[-1].start < sixteenths / 4 <= bars[-1].end
    assert all(a.end == b.start and b.number == a.number + 1 for a, b in pairwise(bars))
    assert all(0 < b.length <= b.full_length for b in bars)
    sounding = {m[0] for m in metres if m[0] < sixteenths / 4}
    assert sounding <= {b.start for b in bars}, "every metre change begins a bar"


def test_bar_range_inside_the_score() -> None:
    piece = score(16.0, (0.0, 4, 4))
    assert piece.bar_range(2, 2) == piece.bars()[1:3]


def test_bar_range_goes_on_past_the_end_in_the_last_metre() -> None:
    piece = score(7.0, (0.0, 4, 4), (4.0, 6, 8))
    assert piece.bar_range(2, 3) == (Bar(2, 4.0, 3.0, 6, 8), Bar(3, 7.0, 3.0, 6, 8), Bar(4, 10.0, 3.0, 6, 8))
    assert piece.bar_range(5, 2) == (Bar(5, 13.0, 3.0, 6, 8), Bar(6, 16.0, 3.0, 6, 8))


@pytest.mark.parametrize(("first", "count"), [(0, 2), (-1, 1), (1, 0)])
def test_bar_range_refuses_numbers_below_one(first: int, count: int) -> None:
    message = f"Bars are numbered from 1, got bar {first} and a count of {count}."
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        score(8.0).bar_range(first, count)


def test_replacing_a_field_lays_the_bars_out_anew() -> None:
    piece = score(12.0, (0.0, 4, 4))
    assert len(piece.bars()) == 3
    assert len(replace(piece, time_signatures=(TimeSignature(0.0, 2, 4),)).bars()) == 6


def test_laid_out_bars_change_neither_equality_nor_repr() -> None:
    one, other = score(12.0), score(12.0)
    text = repr(one)
    one.bars()
    assert one == other and repr(one) == text


TEMPOS = (Tempo(0.0, 60.0), Tempo(4.0, 120.0), Tempo(6.0, 30.0))


@pytest.mark.parametrize(("time", "qpm"), [(0.0, 60.0), (3.99, 60.0), (4.0, 120.0), (5.0, 120.0), (6.0, 30.0), (99.0, 30.0)])
def test_tempo_at(time: float, qpm: float) -> None:
    assert score(8.0, tempos=TEMPOS).tempo_at(time) == qpm


@pytest.mark.parametrize(("time", "seconds"), [(0.0, 0.0), (2.0, 2.0), (4.0, 4.0), (5.0, 4.5), (6.0, 5.0), (8.0, 9.0)])
def test_seconds_at(time: float, seconds: float) -> None:
    assert score(8.0, tempos=TEMPOS).seconds_at(time) == pytest.approx(seconds)


@pytest.mark.parametrize("tempos", [(), (Tempo(2.0, 60.0),)])
def test_before_any_tempo_it_is_120_as_in_midi(tempos: tuple[Tempo, ...]) -> None:
    piece = score(8.0, tempos=tempos)
    assert piece.tempo_at(1.0) == 120.0
    assert piece.seconds_at(1.0) == 0.5


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(20, 300)), max_size=5), st.floats(0, 40), st.floats(0.01, 5))
def test_seconds_grow_by_the_tempo_that_rules(changes: list[tuple[int, int]], time: float, step: float) -> None:
    tempos = tuple(Tempo(float(t), float(q)) for t, q in sorted(dict(changes).items()))
    piece = score(8.0, tempos=tempos)
    spent = piece.seconds_at(time + step) - piece.seconds_at(time)
    inside = {piece.tempo_at(time), *(t.qpm for t in tempos if time < t.time < time + step)}
    assert 60 * step / max(inside) - 1e-6 <= spent <= 60 * step / min(inside) + 1e-6


@pytest.mark.parametrize(
    ("number", "words"), [(0, "C major"), (6, "F# major"), (10, "Bb major"), (21, "A minor"), (18, "F# minor")]
)
def test_names_of_keys(number: int, words: str) -> None:
    assert KeySignature(0.0, number).name == words


def test_end_is_that_of_the_longest_note_in_any_track() -> None:
    long, late = Note(0.0, 9.0, 60), Note(7.0, 1.0, 60)
    assert long.end == 9.0
    assert Score((Track((late,)), Track((long, late)))).end == 9.0


def test_fifths_of_keys_agree_with_their_numbers() -> None:
    for minor in (False, True):
        for fifths in range(-5, 7):
            key = KeySignature.of(0.0, fifths, minor=minor)
            assert (key.fifths, key.minor) == (fifths, minor)
    assert [KeySignature.of(0.0, f).name for f in (-7, -6, 7)] == ["B major", "F# major", "Db major"]
    assert {KeySignature.of(0.0, f, minor=m).number for f in range(-5, 7) for m in (False, True)} == set(range(24))


def test_a_summary_tells_length_tempo_metre_key_and_tracks() -> None:
    flute = Track((Note(0.0, 1.0, 60), Note(1.0, 3.0, 67)), 73, name="lead")
    kit = Track((Note(0.0, 1.0, 36),), is_drum=True)
    tempos, metres = (Tempo(0.0, 90.0), Tempo(1.0, 60.0)), (TimeSignature(0.0, 3, 4),)
    assert str(Score((flute, kit), tempos, metres, (KeySignature(0.0, 9),))).splitlines() == [
        "Score: 2 bars, 3 notes, 3.7 s",
        "├─ tempo: 90 quarter notes per minute, 1 change",
        "├─ metre: 3/4",
        "├─ key: A major",
        "├─ track 1 'lead': Flute, 2 notes, C4 to G4",
        "└─ track 2: drums, 1 note",
    ]
    empty = "Score: 1 bar, 0 notes, 0.0 s\n├─ tempo: 120 quarter notes per minute\n├─ metre: 4/4\n└─ key: none"
    assert str(Score()) == empty
