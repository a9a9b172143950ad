"""Notes of consecutive windows become those of one track."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae.music.excerpts.piece import NoteIndex
from musicae.music.excerpts.stitching import Span, Stitch, strike_each, tie_across
from musicae.music.score import Note

HALF = 0.125


def index(*notes: tuple[float, float]) -> NoteIndex:
    """Return the notes of a file, by onset and duration."""
    return NoteIndex(tuple(Note(onset, duration, 60) for onset, duration in notes))


SPANS: list[Span] = [(0.0, 4.0, [Note(0.0, 4.0, 60)]), (4.0, 8.0, [Note(4.0, 2.0, 60), Note(6.0, 2.0, 62)])]


def test_equal_pitches_are_tied_where_the_file_holds_a_note() -> None:
    assert tie_across(SPANS, index((2.0, 4.0)), HALF, 8.0) == (Note(0.0, 6.0, 60), Note(6.0, 2.0, 62))
    assert tie_across(SPANS, index((0.0, 4.0), (4.0, 4.0)), HALF, 8.0) == (
        Note(0.0, 4.0, 60), Note(4.0, 2.0, 60), Note(6.0, 2.0, 62)
    )  # fmt: skip
    assert tie_across(SPANS, index((0.0, 4.1)), HALF, 8.0)[0] == Note(0.0, 4.0, 60), "less than half a step is no tie"


def test_a_tie_goes_over_many_spans_and_needs_one_pitch() -> None:
    spans: list[Span] = [(4.0 * i, 4.0 * i + 4, [Note(4.0 * i, 4.0, 60 + (i == 3))]) for i in range(4)]
    assert tie_across(spans, index((0.0, 16.0)), HALF, 16.0) == (Note(0.0, 12.0, 60), Note(12.0, 4.0, 61))


def test_notes_are_cut_at_the_borders_of_their_span() -> None:
    spans: list[Span] = [(0.0, 4.0, [Note(3.0, 3.0, 60), Note(4.0, 1.0, 62)]), (4.0, 8.0, [Note(3.5, 1.0, 64)])]
    assert tie_across(spans, index(), HALF, 8.0) == (Note(3.0, 1.0, 60), Note(4.0, 0.5, 64))


def test_hits_are_struck_once_and_may_anticipate_their_span() -> None:
    spans: list[Span] = [
        (0.0, 4.0, [Note(0.0, 0.25, 36), Note(3.9, 0.25, 38), Note(4.0, 0.25, 36)]),
        (4.0, 8.0, [Note(3.9, 0.25, 42), Note(3.8, 0.25, 46), Note(7.9, 0.25, 36)]),
    ]
    hits = strike_each(spans, index(), HALF, 8.0)
    assert [(n.onset, n.pitch) for n in hits] == [(0.0, 36), (3.9, 38), (3.9, 42), (7.9, 36)]
    assert hits[-1].end == pytest.approx(8.0), "none lasts beyond the end"


@pytest.mark.parametrize("stitch", [tie_across, strike_each])
@given(st.lists(st.tuples(st.integers(0, 31), st.integers(1, 8), st.integers(60, 63)), max_size=20))
def test_stitched_notes_are_sorted_and_lie_in_the_piece(stitch: Stitch, drawn: list[tuple[int, int, int]]) -> None:
    notes = [Note(onset / 4, length / 4, pitch) for onset, length, pitch in drawn]
    spans: list[Span] = [(s, s + 4, [n for n in notes if s <= n.onset < s + 4]) for s in (0.0, 4.0)]
    result = stitch(spans, NoteIndex(tuple(sorted(notes))), HALF, 8.0)
    assert list(result) == sorted(result)
    assert all(n.onset >= 0 and n.end <= 8.0 + 1e-9 and n.duration > 0 for n in result)
    assert {(n.onset, n.pitch) for n in result} <= {(n.onset, n.pitch) for n in notes}


def test_both_have_one_shape() -> None:
    functions: list[Callable[..., tuple[Note, ...]]] = [tie_across, strike_each]
    assert [f([], index(), HALF, 0.0) for f in functions] == [(), ()]
