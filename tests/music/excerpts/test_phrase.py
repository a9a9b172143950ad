"""Phrases: bars taken from a file with their manner, mixed, and turned back into scores."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicae.errors import MidiError, ParameterError, RepresentationError
from musicae.music.excerpts.phrase import Manner, Phrase, blend, empty_phrase, join, take_phrase, to_score
from musicae.music.excerpts.tracks import MELODY_TRACK
from musicae.music.formats import read
from musicae.music.representations import MelodyGrid, WindowSpec
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

GOLDEN = Path(__file__).parents[2] / "golden"
GRID = MelodyGrid()


def take(source: Path | Score, count: int = 2, limits: tuple[int | None, int | None] = (None, None), **more: Any) -> Phrase:
    """Take a phrase of so many bars for a model with these limits of a window and of a bar."""
    return take_phrase(source, WindowSpec(GRID, count, *limits), MELODY_TRACK, **more)


def silent(count: int, metre: str, qpm: float = 120.0, *, max_bar_steps: int | None = None) -> Phrase:
    """Return a silent phrase of so many bars."""
    return empty_phrase(WindowSpec(GRID, count, max_bar_steps=max_bar_steps), MELODY_TRACK, metre, qpm)


def test_pick_up_is_passed_and_the_tempo_is_that_of_the_bars() -> None:
    taken = take(GOLDEN / "pickup.mid")
    assert (taken.track, taken.first_bar, taken.bar_numbers) == (1, 2, "2-3")
    assert taken.manner == Manner(96.0, 80, 73, "Melody", ((4, 4), (4, 4)), 7)
    assert [n.pitch for n in GRID.decode(taken.window)] == [67, 67, 69, 71, 67, 71, 69, 62]
    later = take(GOLDEN / "pickup.mid", bars=(3, 4))
    assert later.manner.qpm == pytest.approx(132.0, abs=1e-3)


def test_jig_has_bars_of_twelve_steps() -> None:
    taken = take(GOLDEN / "jig.mid")
    assert (taken.window.bar_steps, taken.manner.metres) == ((12, 12), ((6, 8), (6, 8)))
    assert taken.window.tokens[:8].tolist() == [45, 0, 48, 0, 52, 0, 57, 0]
    assert taken.manner.key == 16 and taken.manner.velocity == 80


def test_lead_of_a_band_is_taken_or_the_track_asked_for() -> None:
    path = GOLDEN / "band.mid"
    assert (take(path).track, take(path).manner.name) == (3, "Lead")
    bass = take(path, track="bass")
    assert (bass.track, bass.manner.program, bass.manner.velocity) == (1, 33, 90)
    assert take(path, track="2").track == 2


def test_whole_bars_of_one_metre_are_preferred() -> None:
    path = GOLDEN / "metres.mid"
    assert take(path).bar_numbers == "3-4"
    cut = take(path, 3, bars=(1, 3))
    assert cut.window.bar_steps == (16, 8, 12) and cut.manner.metres == ((4, 4), (4, 4), (3, 4))


def test_bars_that_the_model_cannot_take_are_passed_over_or_refused() -> None:
    path = GOLDEN / "metres.mid"
    assert take(path, 1, (None, 12)).bar_numbers == "3-3"
    assert take(path, 2, (24, None)).bar_numbers == "3-4"
    ending = "; choose other bars, or write the tune in shorter ones."
    for steps, bar_steps, longest in ((None, 12, 12), (32, None, 16), (30, 17, 15)):
        with pytest.raises(RepresentationError) as caught:
            take(path, 2, (steps, bar_steps), bars=(5, 6))
        assert str(caught.value) == f"{path}: bar 5 (9/8) has 18 time steps, more than the model's {longest}{ending}"


def test_bars_that_do_not_fit_the_grid() -> None:
    score = Score((Track((Note(0.0, 1.0, 60),)),), time_signatures=(TimeSignature(0.0, 1, 64),))
    expected = (
        "the score: Bar 1 (1/64) lasts 0.0625 quarter notes, which is not a whole number of steps at 4 per quarter note; "
        "choose other bars."
    )
    with pytest.raises(RepresentationError, match=f"^{re.escape(expected)}$"):
        take(score)


def test_errors_name_the_source() -> None:
    nothing = Score((Track(()),))
    with pytest.raises(MidiError, match=r"^the score has no notes; choose another file\.$"):
        take(nothing)
    with pytest.raises(MidiError, match=r"^tune 7 has no notes; choose another file\.$"):
        take(nothing, where="tune 7")
    path = GOLDEN / "jig.mid"
    with pytest.raises(ParameterError, match=f"^{re.escape(str(path))} has no track '2'; its tracks are 1 'Jig'\\.$"):
        take(path, track="2")


def test_manner_of_notes_without_key_or_name_at_the_median_velocity() -> None:
    notes = tuple(Note(float(i), 1.0, 60, v) for i, v in enumerate((10, 20, 90, 100, 127, 127, 1, 1)))
    taken = take(Score((Track(notes),), (Tempo(0.0, 77.0),)), 1)
    assert taken.manner == Manner(77.0, 55, 0, "melody", ((4, 4),), None)


def test_key_is_the_last_before_the_bars() -> None:
    keys = (KeySignature(0.0, 0), KeySignature(4.0, 9), KeySignature(6.0, 2))
    score = Score((Track(tuple(Note(float(i), 1.0, 60) for i in range(12))),), keys=keys)
    assert [take(score, 1, bars=(i, i)).manner.key for i in (1, 2, 3)] == [0, 9, 2]


@pytest.mark.parametrize("name", ["band", "jig", "metres", "pickup"])
def test_phrase_turned_into_a_score_gives_the_phrase_again(name: str) -> None:
    taken = take(GOLDEN / f"{name}.mid")
    score = to_score(taken.window, taken.manner, GRID)
    assert {n.velocity for n in score.tracks[0].notes} == {taken.manner.velocity}
    again = take(score, bars=(1, 2))
    assert again.manner == taken.manner
    assert again.window.tokens.tolist() == taken.window.tokens.tolist()


def test_score_of_a_phrase_in_several_metres() -> None:
    taken = take(GOLDEN / "metres.mid", 3, bars=(1, 3))
    score = to_score(taken.window, taken.manner, GRID)
    assert score.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(6.0, 3, 4))
    original = read(GOLDEN / "metres.mid").tracks[0].notes
    assert score.tracks[0].notes == tuple(n for n in original if n.onset < 9.0)


def test_empty_phrase() -> None:
    silence = silent(3, "9/8", 70.0)
    assert silence.window.tokens.tolist() == [0] * 54 and silence.window.bar_steps == (18, 18, 18)
    assert silence.manner == Manner(qpm=70.0, metres=((9, 8),) * 3)
    assert (silence.track, silence.first_bar) == (0, 0)
    assert to_score(silence.window, silence.manner, GRID).tracks[0].notes == ()


@pytest.mark.parametrize("metre", ["4", "4/", "/4", "0/4", "65/4", "4/3", "4/64", "-4/4", "4/4/4", "²/4", "four/four", ""])
def test_empty_phrase_refuses_what_is_no_time_signature(metre: str) -> None:
    with pytest.raises(ParameterError) as caught:
        silent(2, metre)
    assert str(caught.value) == f"{metre!r} is not a time signature; give one such as 4/4, 3/4 or 6/8."


def test_empty_phrase_refuses_bars_off_the_grid_or_too_long() -> None:
    with pytest.raises(ParameterError) as caught:
        silent(2, "3/32")
    expected = "A bar of 3/32 is not a whole number of time steps at 4 per quarter note; choose another metre."
    assert str(caught.value) == expected
    with pytest.raises(ParameterError) as caught:
        silent(2, "5/4", max_bar_steps=19)
    assert str(caught.value) == "A bar of 5/4 has 20 time steps, more than the model's 19; choose a shorter metre."
    assert silent(2, "5/4", max_bar_steps=20).window.bar_steps == (20, 20)


SLOW = Manner(60.0, 40, 73, "flute", ((3, 4),), 2)
FAST = Manner(240.0, 120, 40, "violin", ((4, 4),), None)


def test_blend_ends_at_its_ends() -> None:
    assert blend(SLOW, FAST, 0.0) == SLOW and blend(SLOW, FAST, 1.0) == FAST


def test_blend_mixes_tempo_by_ratio_and_velocity_evenly() -> None:
    middle = blend(SLOW, FAST, 0.5)
    assert middle.qpm == pytest.approx(120.0) and middle.velocity == 80
    assert (middle.name, middle.program, middle.key, middle.metres) == ("violin", 40, None, ((4, 4),))
    assert blend(SLOW, FAST, 0.49).name == "flute"


@given(st.floats(0, 1), st.floats(0, 1))
def test_blend_goes_one_way(first: float, second: float) -> None:
    a, b = (blend(SLOW, FAST, alpha) for alpha in sorted((first, second)))
    assert 60 - 1e-9 <= a.qpm <= b.qpm + 1e-9 <= 240 + 2e-9 and 40 <= a.velocity <= b.velocity <= 120


def test_join_puts_notes_tempos_and_metres_in_a_row() -> None:
    jig, tune = take(GOLDEN / "jig.mid"), take(GOLDEN / "pickup.mid")
    first, last = to_score(jig.window, jig.manner, GRID), to_score(tune.window, tune.manner, GRID)
    joined = join([first, first, last], [6.0, 6.0, 8.0])
    assert joined.tempos == (Tempo(0.0, 120.0), Tempo(12.0, 96.0))
    assert joined.time_signatures == (TimeSignature(0.0, 6, 8), TimeSignature(12.0, 4, 4))
    assert joined.keys == (KeySignature(0.0, 16), KeySignature(12.0, 7))
    assert [(t.name, t.program, len(t.notes)) for t in joined.tracks] == [("Jig", 21, 24), ("Melody", 73, 8)]
    assert [b.length for b in joined.bars()] == [3.0, 3.0, 3.0, 3.0, 4.0, 4.0]
    again = [n.onset for n in joined.tracks[0].notes[12:]]
    assert again == [n.onset + 6.0 for n in first.tracks[0].notes]
    assert joined.tracks[1].notes[0].onset == 12.0


def test_join_of_one_and_of_none() -> None:
    jig = take(GOLDEN / "jig.mid")
    score = to_score(jig.window, jig.manner, GRID)
    assert join([score], [6.0]) == score
    assert join([], []) == Score()


def test_join_needs_a_length_for_each_score() -> None:
    with pytest.raises(ValueError, match="zip"):
        join([Score()], [])
