"""Where the first full phrase of a track begins."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae.errors import MidiError, ParameterError
from musicae.music.excerpts.bars import choose_bars
from musicae.music.score import Bar, Note, Score, TimeSignature, Track

QUARTERS = Track(tuple(Note(float(i), 1.0, 60) for i in range(16)))


def phrase(*onsets: float, count: int = 2, metres: tuple[tuple[float, int, int], ...] = (), end: float = 0.0) -> int:
    """Return the bar where the phrase begins in a melody with these onsets; `end` makes the piece longer."""
    melody = Track(tuple(Note(onset, 0.25, 60) for onset in onsets))
    score = Score((melody, Track((Note(0.0, end, 40),))), time_signatures=tuple(TimeSignature(*m) for m in metres))
    return choose_bars(score, 0, count, "song.mid")


def test_a_phrase_begins_with_the_first_bar_in_which_a_note_starts() -> None:
    assert phrase(0.0, 4.0, 8.0) == 1
    assert phrase(8.0, 12.0) == 3


def test_a_pick_up_is_skipped() -> None:
    assert phrase(2.0, 3.0, 4.0, 8.0) == 2
    assert phrase(11.0, 12.0, 16.0) == 4, "after rests, too"


def test_notes_before_the_middle_of_the_bar_are_no_pick_up() -> None:
    assert phrase(1.75, 3.0, 4.0, 8.0) == 1


def test_only_the_first_sounding_bar_is_a_pick_up() -> None:
    assert phrase(0.0, 7.0, 11.0, count=3) == 1
    assert phrase(0.0, 11.0, 15.0) == 3


def test_a_rest_within_the_phrase_moves_it_on() -> None:
    assert phrase(0.0, 8.0, 12.0) == 3
    assert phrase(0.0, 4.0, 12.0, 16.0, 20.0, count=3) == 4


def test_without_a_full_phrase_it_begins_with_the_first_note() -> None:
    assert phrase(4.0, 12.0, end=20.0) == 2
    assert phrase(7.0, end=20.0) == 2, "even if that is a pick-up"
    assert phrase(0.0, count=4) == 1


def test_notes_in_the_last_bar_alone_are_no_full_phrase() -> None:
    assert phrase(0.0, 8.0) == 1


def test_a_pick_up_bar_of_its_own_metre_is_skipped() -> None:
    assert phrase(0.0, 1.0, 5.0, metres=((0.0, 1, 4), (1.0, 4, 4))) == 2


def test_bars_cut_short_or_of_several_metres_are_taken_only_if_there_are_no_others() -> None:
    change = ((0.0, 4, 4), (6.0, 3, 4))
    assert phrase(0.0, 4.0, 6.0, 9.0, metres=change) == 3
    assert phrase(0.0, 4.0, 6.0, metres=change) == 1


def test_bars_that_the_model_cannot_take_are_passed_over() -> None:
    score = Score((QUARTERS,), time_signatures=(TimeSignature(0.0, 4, 4), TimeSignature(8.0, 2, 4)))

    def short(bars: Sequence[Bar]) -> bool:
        return all(bar.length <= 2 for bar in bars)

    assert choose_bars(score, 0, 2, "song.mid", fits=short) == 3
    assert choose_bars(score, 0, 2, "song.mid", fits=lambda _: False) == 1


@given(st.lists(st.integers(0, 79).map(lambda n: n / 2), min_size=1, max_size=30), st.integers(1, 4))
def test_the_phrase_begins_where_a_note_starts_and_is_full_if_any_is(onsets: list[float], count: int) -> None:
    first = phrase(*sorted(onsets), count=count, end=40.0)
    sounding = {int(onset // 4) + 1 for onset in onsets}
    assert first in sounding
    later = sorted(sounding)[1:]
    if any({*range(i, i + count)} <= sounding for i in later):
        assert {*range(first, first + count)} <= sounding


def wanted_bars(first: int, last: int, count: int = 2) -> int:
    """Choose bars of a tune of 4 bars whose bar 3 is silent."""
    tune = Track(tuple(Note(float(i), 1.0, 60) for i in range(16) if not 8 <= i < 12))
    return choose_bars(Score((tune,)), 0, count, "song.mid", (first, last))


def test_bars_wanted() -> None:
    assert [wanted_bars(1, 2), wanted_bars(2, 3), wanted_bars(3, 4)] == [1, 2, 3]
    assert wanted_bars(4, 5) == 4, "past the end the metre goes on"
    assert wanted_bars(1, 4, count=4) == 1


@pytest.mark.parametrize("bars", [(5, 6), (0, 1), (-1, 0), (3, 2)])
def test_bars_wanted_that_do_not_exist(bars: tuple[int, int]) -> None:
    with pytest.raises(ParameterError) as caught:
        wanted_bars(*bars)
    assert str(caught.value) == f"song.mid has bars 1 to 4; there are no bars {bars[0]}-{bars[1]}."


def test_more_or_fewer_bars_wanted_than_the_model_takes() -> None:
    with pytest.raises(ParameterError) as caught:
        wanted_bars(2, 4)
    assert str(caught.value) == "song.mid: the model takes 2 bars, not 3; give 2-3, for example."


def test_silent_bars_wanted() -> None:
    with pytest.raises(MidiError) as caught:
        wanted_bars(3, 3, count=1)
    assert str(caught.value) == "song.mid: no note sounds in bars 3-3 of track 1; choose other bars."


def test_a_note_held_over_sounds_in_the_bars_wanted() -> None:
    score = Score((Track((Note(0.0, 9.0, 60),)),))
    assert choose_bars(score, 0, 1, "song.mid", (2, 2)) == 2


def test_bars_of_a_track_without_notes() -> None:
    score = Score((Track(()), QUARTERS))
    with pytest.raises(MidiError) as caught:
        choose_bars(score, 0, 2, "song.mid")
    assert str(caught.value) == "song.mid: track 1 has no notes; choose another track."
