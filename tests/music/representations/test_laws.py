"""Laws of every registered representation, and the worked example of the melody grid."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import ParameterError, RepresentationError
from musicae.music.kinds import kind_of
from musicae.music.representations import (
    REPRESENTATIONS,
    GridWindow,
    MelodyGrid,
    Representation,
    TripletGrid,
    representation_from_dict,
)
from musicae.music.representations.melody import FIRST_ONSET, HOLD, OFF
from musicae.music.score import Bar, Note, Score, TimeSignature

# For each registered name, constructor arguments to try besides none.
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "melody": [{"steps_per_quarter": 24}, {"lowest": 60, "highest": 71}, {"steps_per_quarter": 3, "lowest": 0, "highest": 127}],
    "melody-triplets": [{"lowest": 60, "highest": 71}],
}
EVERY = [cls(**arguments) for name, cls in REPRESENTATIONS.items() for arguments in [{}, *ARGUMENTS.get(name, [])]]
every = pytest.mark.parametrize("grid", EVERY, ids=lambda g: "-".join(str(v) for v in g.to_dict().values()))

METRES = [(4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4), (2, 2)]
TIMES = st.floats(-6, 30) | st.integers(-24, 120).map(lambda n: n / 4) | st.integers(-18, 90).map(lambda n: n / 3)
NOTES = st.builds(Note, TIMES, st.floats(0, 8) | st.integers(0, 16).map(lambda n: n / 4), st.integers(0, 127))

SEEDS = st.integers(0, 2**32 - 1)


def bars(*metres: tuple[int, int], start: float = 0.0, per: int = 4) -> tuple[Bar, ...]:
    """Return bars in a row, of those metres in which a bar is a whole number of steps (at least one bar)."""
    made: list[Bar] = []
    for metre in metres:
        length = 4 * metre[0] / metre[1]
        if (length * per).is_integer():
            made.append(Bar(len(made) + 1, start, length, *metre))
            start += length
    return tuple(made) or (Bar(1, start, 4.0, 4, 4),)


@every
@settings(max_examples=50)
@given(
    st.lists(NOTES, max_size=20),
    st.lists(st.sampled_from(METRES), min_size=1, max_size=4),
    st.sampled_from([0.0, 1.0, 4.5, 12.0]),
)
def test_encoding_again_what_was_decoded_changes_nothing(
    grid: Representation, notes: list[Note], metres: list[tuple[int, int]], start: float
) -> None:
    window = grid.encode(notes, bars(*metres, start=start, per=grid.steps_per_quarter))
    assert window.tokens.dtype == np.int64 and np.all((window.tokens >= 0) & (window.tokens < grid.depth))
    again = grid.encode(grid.decode(window), bars(*metres, per=grid.steps_per_quarter))
    assert again.bar_steps == window.bar_steps
    assert again.tokens.tolist() == window.tokens.tolist()


def random_window(grid: Representation, layout: tuple[Bar, ...], seed: int) -> GridWindow:
    """Draw any tokens for the bars; half of them are 0, so that notes have some length."""
    steps = grid.bar_steps(layout)
    random = np.random.default_rng(seed)
    return GridWindow(random.integers(0, grid.depth, sum(steps)) * random.integers(0, 2, sum(steps)), steps)


@every
@settings(max_examples=50)
@given(st.lists(st.sampled_from(METRES), min_size=1, max_size=4), SEEDS)
def test_any_tokens_decode_to_notes_that_encoding_keeps(grid: Representation, metres: list[tuple[int, int]], seed: int) -> None:
    layout = bars(*metres, per=grid.steps_per_quarter)
    window = random_window(grid, layout, seed)
    notes = grid.decode(window, velocity=33)
    assert grid.decode(grid.encode(notes, layout), velocity=33) == notes
    for note in notes:
        assert 0 <= note.onset < note.end <= layout[-1].end + 1e-9
        assert 0 <= note.pitch <= 127 and note.velocity == 33


@every
@settings(max_examples=30)
@given(st.lists(NOTES, max_size=10), st.integers(-11, 11))
def test_moving_window_and_notes_together_changes_nothing(grid: Representation, notes: list[Note], quarters: int) -> None:
    moved = [Note(n.onset + 4 * quarters, n.duration, n.pitch) for n in notes]
    here = grid.encode([Note(m.onset - 4 * quarters, m.duration, m.pitch) for m in moved], bars((4, 4)))
    assert grid.encode(moved, bars((4, 4), start=4.0 * quarters)).tokens.tolist() == here.tokens.tolist()


@every
@settings(max_examples=50)
@given(SEEDS, st.integers(-40, 40))
def test_transposed_tokens_stay_in_range_and_keep_their_rhythm(grid: Representation, seed: int, semitones: int) -> None:
    window = random_window(grid, bars((4, 4)), seed)
    moved = grid.transpose(window.tokens, semitones)
    if "scale" in kind_of(grid).unsupported:  # music without keys
        assert moved.tolist() == window.tokens.tolist()
        return
    assert moved.dtype == np.int64 and np.all((moved >= 0) & (moved < grid.depth))
    before, after = (grid.decode(GridWindow(t, window.bar_steps)) for t in (window.tokens, moved))
    assert [(n.onset, n.duration) for n in before] == [(n.onset, n.duration) for n in after]
    assert all((b.pitch - a.pitch - semitones) % 12 == 0 for a, b in zip(before, after, strict=True))
    reach = [n.pitch for n in grid.decode(GridWindow(np.arange(grid.depth), (grid.depth,)))]
    if before and all(min(reach) <= n.pitch + semitones <= max(reach) for n in before):
        assert [b.pitch - a.pitch for a, b in zip(before, after, strict=True)] == [semitones] * len(before)
        assert grid.transpose(moved, -semitones).tolist() == window.tokens.tolist()


@every
def test_transposing_many_rows_each_by_its_own_interval(grid: Representation) -> None:
    rows = np.tile(np.arange(grid.depth), (3, 1))
    moved = grid.transpose(rows, np.array([[-5], [0], [7]]))
    for row, semitones in zip(moved, (-5, 0, 7), strict=True):
        assert row.tolist() == grid.transpose(rows[0], semitones).tolist()
    assert moved[1].tolist() == rows[1].tolist()


@every
def test_description_builds_the_same_representation(grid: Representation) -> None:
    again = representation_from_dict(grid.to_dict())
    assert type(again) is type(grid)
    assert again.to_dict() == grid.to_dict() and again.depth == grid.depth
    assert again == grid and hash(again) == hash(grid) and grid != grid.to_dict()
    assert sum(other == grid for other in EVERY) == 1
    assert REPRESENTATIONS[grid.name] is type(grid)


@every
def test_silence_is_a_legal_window(grid: Representation) -> None:
    window = grid.encode([], bars((4, 4), (4, 4)))
    assert len(window.tokens) == sum(window.bar_steps) == 8 * grid.steps_per_quarter
    assert grid.decode(window) == ()


@every
def test_bar_that_is_no_whole_number_of_steps(grid: Representation) -> None:
    odd = Bar(3, 8.0, 4 * 5 / 128, 5, 128)
    message = (
        "Bar 3 (5/128) lasts 0.15625 quarter notes, which is not a whole number of steps at "
        f"{grid.steps_per_quarter} per quarter note; choose other bars."
    )
    with pytest.raises(RepresentationError, match=f"^{re.escape(message)}$"):
        grid.encode([], [*bars((4, 4), (4, 4)), odd])


def test_steps_of_bars_in_many_metres() -> None:
    grid = MelodyGrid()
    assert [grid.bar_steps(bars(m))[0] for m in METRES] == [16, 12, 8, 12, 18, 24, 20, 16]


@pytest.mark.parametrize("metre", [(1, 64), (1, 32), (3, 32)])
def test_bar_shorter_than_a_step_or_between_two(metre: tuple[int, int]) -> None:
    score = Score(time_signatures=(TimeSignature(0.0, *metre),))
    with pytest.raises(
        RepresentationError, match=rf"^Bar 1 \({metre[0]}/{metre[1]}\) lasts .* at 4 per quarter note; choose other bars\.$"
    ):
        MelodyGrid().bar_steps(score.bars())


def test_bar_steps_of_a_window_must_fill_its_tokens() -> None:
    with pytest.raises(RepresentationError, match=r"^5 tokens do not fill bars of \(4, 4\) steps\.$"):
        GridWindow(np.zeros(5, dtype=np.int64), (4, 4))


def grid_of(*notes: Note, metres: tuple[tuple[int, int], ...] = ((2, 4), (2, 4)), start: float = 0.0) -> list[int]:
    """Return the melody grid's tokens of `notes`."""
    tokens: list[int] = MelodyGrid().encode(notes, bars(*metres, start=start)).tokens.tolist()
    return tokens


def test_worked_example_of_the_melody_grid() -> None:
    notes = (Note(0.0, 1.0, 60), Note(1.0, 0.5, 64), Note(2.0, 2.0, 67))
    window = MelodyGrid().encode(notes, bars((2, 4), (2, 4)))
    assert window.tokens.tolist() == [41, 0, 0, 0, 45, 0, 1, 0, 48, 0, 0, 0, 0, 0, 0, 0]
    assert window.bar_steps == (8, 8)
    assert MelodyGrid().decode(window) == notes


def test_tokens_of_the_melody_grid() -> None:
    assert (HOLD, OFF, FIRST_ONSET, MelodyGrid().depth) == (0, 1, 2, 90)
    assert grid_of(Note(0.0, 9.0, 21))[0] == 2 and grid_of(Note(0.0, 9.0, 108))[0] == 89


def test_note_that_already_sounds_is_an_onset_at_the_start() -> None:
    tied = Note(-1.0, 1.5, 60)
    assert grid_of(tied, metres=((2, 4),)) == [41, 0, 1, 0, 0, 0, 0, 0]
    assert grid_of(Note(3.0, 1.5, 60), metres=((2, 4),), start=4.0) == grid_of(tied, metres=((2, 4),))


def test_note_that_ends_at_the_start_is_silent() -> None:
    assert grid_of(Note(-1.0, 1.0, 60), Note(-1.0, 1.05, 62), Note(-4.0, 1.0, 64)) == [0] * 16


def test_note_that_begins_at_the_end_is_left_out() -> None:
    assert grid_of(Note(4.0, 1.0, 60), Note(3.95, 1.0, 62)) == [0] * 16


@pytest.mark.parametrize("order", [lambda n: n, lambda n: n[::-1]])
def test_highest_of_simultaneous_onsets_is_kept(order: Callable[[list[Note]], list[Note]]) -> None:
    chord = [Note(0.0, 1.0, 60), Note(0.0, 0.5, 67), Note(0.05, 2.0, 64)]
    assert grid_of(*order(chord), metres=((2, 4),)) == [48, 0, 1, 0, 0, 0, 0, 0]


def test_an_onset_replaces_a_higher_note_that_already_sounds() -> None:
    assert grid_of(Note(-1.0, 4.0, 72), Note(0.1, 1.0, 60), metres=((2, 4),)) == [41, 0, 0, 0, 1, 0, 0, 0]


def test_new_onset_ends_the_note_before() -> None:
    assert grid_of(Note(0.0, 4.0, 60), Note(0.5, 0.25, 62), metres=((2, 4),)) == [41, 0, 43, 1, 0, 0, 0, 0]


def test_times_go_to_the_nearest_step_and_no_note_vanishes() -> None:
    assert grid_of(Note(0.13, 0.01, 60), Note(0.62, 0.26, 62), metres=((2, 4),)) == [0, 41, 43, 0, 1, 0, 0, 0]


def test_window_that_is_short_or_begins_with_rests() -> None:
    assert grid_of(Note(0.0, 0.25, 60), metres=((1, 16),)) == [41]
    assert grid_of(Note(1.75, 0.25, 60), metres=((2, 4),)) == [0] * 7 + [41]


def test_decoding_skips_note_offs_where_nothing_sounds() -> None:
    window = GridWindow(np.array([1, 1, 41, 1, 1, 0, 41, 41]), (8,))
    assert MelodyGrid().decode(window) == (Note(0.5, 0.25, 60), Note(1.5, 0.25, 60), Note(1.75, 0.25, 60))


@pytest.mark.parametrize(("pitch", "kept"), [(0, 24), (20, 32), (21, 21), (108, 108), (109, 97), (127, 103)])
def test_pitches_outside_the_range_are_moved_by_octaves(pitch: int, kept: int) -> None:
    assert grid_of(Note(0.0, 1.0, pitch))[0] == kept - 19


@given(st.sets(st.integers(0, 95), min_size=1))
def test_fine_grid_puts_triplets_and_thirty_seconds_where_they_were(places: set[int]) -> None:
    notes = [Note(place / 24, 0.01, 60) for place in sorted(places)]
    again = [n.onset for n in MelodyGrid(24).decode(MelodyGrid(24).encode(notes, bars((4, 4))))]
    assert again == pytest.approx([n.onset for n in notes], abs=1e-12)


def test_worked_example_of_the_triplet_grid() -> None:
    thirds = [Note(place, length, pitch) for place, length, pitch in ((0, 1 / 3, 60), (1 / 3, 1 / 3, 62), (2 / 3, 1 / 3, 64))]
    notes = (*thirds, Note(1, 0.25, 60), Note(1.25, 0.25, 62), Note(1.5, 0.5, 64))
    window = TripletGrid().encode(notes, bars((2, 4)))
    assert window.tokens.tolist() == [41, 0, 43, 0, 45, 0, 41, 43, 0, 45, 0, 0]
    again = TripletGrid().decode(window)
    assert [n.onset for n in again] == pytest.approx([n.onset for n in notes])
    assert [n.duration for n in again] == pytest.approx([n.duration for n in notes])


def test_bars_of_the_triplet_grid_end_wherever_sixteenths_do() -> None:
    grid = TripletGrid()
    lengths = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 3.0, 4.5]
    steps = grid.bar_steps([Bar(1, 0.0, length, 1, 4) for length in lengths])
    assert steps == (1, 3, 5, 6, 7, 9, 18, 27)
    assert [grid.quarters([n]) for n in steps] == pytest.approx(lengths)
    assert grid.quarters(steps) == pytest.approx(sum(lengths))


@pytest.mark.parametrize(
    ("time", "step"), [(-0.13, -1), (-0.12, 0), (0.12, 0), (0.13, 1), (0.3, 2), (0.4, 2), (0.42, 3), (0.9, 6)]
)
def test_times_go_to_the_nearest_step_of_unequal_ones(time: float, step: int) -> None:
    assert TripletGrid().nearest_step(time, (12,)) == step
    assert TripletGrid().nearest_step(time + 1, (12,)) == step + 6


@pytest.mark.parametrize("arguments", [(0,), (97,), (4, 60, 70), (4, -1, 60), (4, 60, 128)])
def test_melody_grid_refuses_absurd_arguments(arguments: tuple[int, ...]) -> None:
    steps, lowest, highest = (*arguments, *(4, 21, 108)[len(arguments) :])
    message = (
        "MelodyGrid needs 1 to 96 steps per quarter note and a range of at least an octave within 0 to 127; got "
        f"steps_per_quarter={steps}, lowest={lowest}, highest={highest}."
    )
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}$"):
        MelodyGrid(*arguments)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "melodi"}, "Unknown representation 'melodi'; did you mean 'melody'? Known: "),
        ({}, "Unknown representation ''. Known: "),
        ({"name": "melody", "steps": 4}, "Representation 'melody' does not take these arguments: "),
    ],
)
def test_build_refuses_unknown_names_and_arguments(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=f"^{re.escape(message)}"):
        representation_from_dict(values)
    assert values in ({"name": "melodi"}, {}, {"name": "melody", "steps": 4}), "the description is left as it was"
