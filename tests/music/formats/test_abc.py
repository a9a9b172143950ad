"""Reading ABC: short texts whose notes are worked out by hand."""

import pytest

from musicae.music.formats.abc_reading import tune_to_score

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:G\n"
G, A, B, C, D, E = 67, 69, 71, 72, 74, 76
F = 78  # sharp by the key


def notes(text: str, head: str = HEAD) -> list[tuple[float, float, int]]:
    """Return onset, duration and pitch of each note of a tune."""
    score = tune_to_score(head + text)
    assert len(score.tracks) == 1 and score.tracks[0].name == "melody"
    return [(n.onset, n.duration, n.pitch) for n in score.tracks[0].notes]


def metres(text: str, head: str = HEAD) -> list[tuple[float, int, int]]:
    """Return time, numerator and denominator of each time signature."""
    return [(s.time, s.numerator, s.denominator) for s in tune_to_score(head + text).time_signatures]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("G2A2B2c2|d8|", [(0, 1, G), (1, 1, A), (2, 1, B), (3, 1, C), (4, 4, D)]),
        ("G/2A/B//z/4c3/2d5|", [(0, 0.25, G), (0.25, 0.25, A), (0.5, 0.125, B), (0.75, 0.75, C), (1.5, 2.5, D)]),
        ("G2z2 A2z2|", [(0, 1, G), (2, 1, A)]),
        ("G,2G2g2g'2|", [(0, 1, G - 12), (1, 1, G), (2, 1, G + 12), (3, 1, G + 24)]),
        ("A2^A2_A2=A2|", [(0, 1, A), (1, 1, A + 1), (2, 1, A - 1), (3, 1, A)]),
        ("f2=f2 F2=F2|", [(0, 1, 78), (1, 1, 77), (2, 1, 66), (3, 1, 65)]),
        ("A>B c<d G4|", [(0, 0.75, A), (0.75, 0.25, B), (1, 0.25, C), (1.25, 0.75, D), (2, 2, G)]),
    ],
)  # fmt: skip
def test_pitches_and_lengths(text: str, expected: list[tuple[float, float, int]]) -> None:
    assert notes(text) == expected


def test_a_pick_up_stands_at_the_end_of_a_full_bar() -> None:
    assert notes("D2|G2A2B2c2|d8|")[:2] == [(3, 1, 62), (4, 1, G)]
    assert metres("D2|G2A2B2c2|d8|") == [(0, 4, 4)]


def test_a_short_last_bar_begins_at_its_bar_line() -> None:
    assert notes("D2|G2A2B2c2|d6|]") == [(3, 1, 62), (4, 1, G), (5, 1, A), (6, 1, B), (7, 1, C), (8, 3, D)]
    assert notes("G8|A6|") == [(0, 4, G), (4, 3, A)] and notes("G6|") == [(1, 3, G)]


def test_a_short_last_bar_of_a_section_begins_at_its_bar_line() -> None:
    assert notes("|:G8|A6:|B8|c8|]")[1:] == [(4, 3, A), (8, 4, B), (12, 4, C)]
    assert notes("G8|A6||B8|")[1:] == [(4, 3, A), (8, 4, B)]
    assert metres("|:G8|A6:|B8|c8|]") == [(0, 4, 4)]


def test_short_last_bars_of_endings_begin_at_their_bar_lines() -> None:
    expected = [(3, 1, 62), (4, 4, G), (8, 3, A), (12, 3, B), (16, 4, C)]
    for text in ("D2|:G8|1 A6:|2 B6||c8|]", "D2|:G8|[1 A6:|[2 B6||c8|]", "D2|:G8 [1|A6:| [2 B6||c8|]"):
        assert notes(text) == expected


def test_a_short_bar_within_a_section_has_a_metre_of_its_own() -> None:
    assert notes("G8|A6|B8|") == [(0, 4, G), (4, 3, A), (7, 4, B)], "no rest comes between"
    assert metres("G8|A6|B8|") == [(0, 4, 4), (4, 3, 4), (7, 4, 4)]


def test_a_short_bar_before_a_change_of_metre_keeps_its_length() -> None:
    text = "G8|A4|\nM:3/4\nB6|"
    assert notes(text) == [(0, 4, G), (4, 2, A), (6, 3, B)]
    assert metres(text) == [(0, 4, 4), (6, 3, 4)]


def test_an_accidental_holds_until_the_end_of_its_bar() -> None:
    assert notes("^G2G2=G2G2|G8|") == [(0, 1, G + 1), (1, 1, G + 1), (2, 1, G), (3, 1, G), (4, 4, G)]
    assert notes("f2=f2f2^f2|f8|")[:4] == [(0, 1, 78), (1, 1, 77), (2, 1, 77), (3, 1, 78)]
    assert notes("=f2F2f4|")[:2] == [(0, 1, 77), (1, 1, 66)], "in its octave, as in print"


def test_an_accidental_holds_along_a_tie_but_no_further() -> None:
    assert notes("^G8-|G4G4|") == [(0, 6, G + 1), (6, 2, G)]
    assert notes("=F8-|F8-|F4F4|") == [(0, 10, F - 13), (10, 2, F - 12)]
    assert notes("^G8-|=G8|") == [(0, 4, G + 1), (4, 4, G)], "a tie to another pitch joins nothing"


@pytest.mark.parametrize(("scope", "pitches"), [("octave", [77, 66, 77]), ("pitch", [77, 65, 77]), ("not", [77, 66, 78])])
def test_how_far_an_accidental_holds_can_be_chosen(scope: str, pitches: list[int]) -> None:
    for directive in ("%%", "I:"):
        head = HEAD.replace("K:G", f"{directive}propagate-accidentals {scope}\nK:G")
        assert [p for *_, p in notes("=f2F2f4|", head)] == pitches


BROKEN = [(0, 0.75, A), (0.75, 0.25, B), (1, 0.25, C), (1.25, 0.75, D), (2, 2, G)]


@pytest.mark.parametrize(
    "text",
    [
        *("A>.B c<vd G4|", 'A>"4"B c<"^slow".d G4|', "A> B c< d G4|", "(A>B) c<(d G4)|", "A>{c}B c<{ABc}d G4|"),
        *("A>!trill!B c<+fermata+d G4|", 'A>"Am"B c<[I:comment]d G4|', "A>(B c)<d G4|", "(A)>(B) c<\nd G4|", "A>~B c<Td G4|"),
        *("A >B c <d G4|", "A>`B c<`d G4|", "A3/B/ c/d3/ G4|"),
    ],
)
def test_a_broken_rhythm_survives_signs_between_its_notes(text: str) -> None:
    assert notes(text) == BROKEN


def test_broken_rhythms_of_chords_rests_and_more_dots() -> None:
    assert notes("z>A [GB]>c G4|") == [(0.75, 0.25, A), (1, 0.75, G), (1, 0.75, B), (1.75, 0.25, C), (2, 2, G)]
    assert notes("A>>B c<<d G4|")[:4] == [(0, 0.875, A), (0.875, 0.125, B), (1, 0.125, C), (1.125, 0.875, D)]
    assert notes("A>B>c2 z3/4 G4|")[:3] == [(0, 0.75, A), (0.75, 0.375, B), (1.125, 0.5, C)], "one after the other"


def test_a_decoration_takes_no_note_away() -> None:
    assert notes("HA2 vB2 Tc2 ~d2|uG4 .A4|") == [(0, 1, A), (1, 1, B), (2, 1, C), (3, 1, D), (4, 2, G), (6, 2, A)]
    assert notes("G6 Hx||A8|") == [(1, 3, G), (4, 4, A)], "a rest that carries a sign fills no time"


def test_repeats_are_read_once() -> None:
    assert notes("|:G8:|A8|") == [(0, 4, G), (4, 4, A)]
    assert notes("|:G8|1 A8:|2 B8|") == [(0, 4, G), (4, 4, A), (8, 4, B)]


def test_a_bar_cut_in_two_by_a_repeat_sign_is_joined() -> None:
    assert notes("D2|G8|A6:|B2|c8|") == [(3, 1, 62), (4, 4, G), (8, 3, A), (11, 1, B), (12, 4, C)]
    assert notes("D2|G8|A4:|:B4|c8|")[2:] == [(8, 2, A), (10, 2, B), (12, 4, C)]


def test_a_first_bar_is_not_joined_with_a_pick_up() -> None:
    assert notes("D4|G4:|B4|c8|") == [(2, 2, 62), (4, 2, G), (6, 2, B), (8, 4, C)]


def test_tied_notes_are_one() -> None:
    assert notes("G8-|G4A4|") == [(0, 6, G), (6, 2, A)]
    assert notes("G4-G4-|G8-|G4A4|") == [(0, 10, G), (10, 2, A)]
    assert notes("[GB]4-[GB]4|") == [(0, 4, G), (0, 4, B)]
    assert notes("[G-B]4[GA]4|") == [(0, 2, B), (0, 4, G), (2, 2, A)], "one note of a chord"
    assert notes("G4-A4|") == [(0, 2, G), (2, 2, A)], "a slur written as a tie joins nothing"
    assert notes("G4G4|") == [(0, 2, G), (2, 2, G)]


def test_tuplets() -> None:
    third = pytest.approx(1 / 3)
    assert notes("(3GAB c2d4|") == [(0, third, G), (third, third, A), (pytest.approx(2 / 3), third, B), (1, 1, C), (2, 2, D)]
    assert notes("(3:2:2G2A B2 d4|")[:3] == [(0, pytest.approx(2 / 3), G), (pytest.approx(2 / 3), third, A), (1, 1, B)]


def test_grace_notes_in_a_tuplet_take_no_place() -> None:
    third = pytest.approx(1 / 3)
    for text in ("(3{F}GAB c2d4|", "(3G{ab}AB c2d4|", "((3GA.B) c2d4|"):
        assert notes(text)[:4] == [(0, third, G), (third, third, A), (pytest.approx(2 / 3), third, B), (1, 1, C)]


@pytest.mark.parametrize(
    ("tuplet", "metre", "length"),
    [
        ("(2", "6/8", 0.75),
        ("(4", "6/8", 0.375),
        ("(5", "6/8", 0.3),
        ("(5", "4/4", 0.2),
        ("(6", "4/4", 1 / 6),
        ("(7:8", "4/4", 4 / 7),
    ],
)
def test_other_tuplets(tuplet: str, metre: str, length: float) -> None:
    _, duration, pitch = notes(f"{tuplet}GGGGGGGG|G8|", HEAD.replace("4/4", metre))[0]
    assert duration == pytest.approx(length) and pitch == G


def test_grace_notes_are_left_out() -> None:
    assert notes("{g}G4{ab}A4|") == [(0, 2, G), (2, 2, A)]


def test_chords_are_kept() -> None:
    assert notes("[GBd]4[ec]4|") == [(0, 2, G), (0, 2, B), (0, 2, D), (2, 2, C), (2, 2, E)]
    assert notes('["Am"G2B2]2 [G/B/]4 z2|')[:3] == [(0, 2, G), (0, 2, B), (2, 1, G)], "lengths inside and behind multiply"


def test_layers_of_one_bar() -> None:
    assert notes("G4B4 & D8|A8|") == [(0, 2, G), (0, 4, 62), (2, 2, B), (4, 4, A)]


def test_voices_are_tracks() -> None:
    lines = [
        'V:1 name="Lead"',
        'V:2 nm="Bass"',
        "[V:1] G8|A8|",
        "%%MIDI program 73",
        "[V:2] z8|D8-|",
        "V:1",
        "B8|",
        "V:2",
        "D8|",
    ]
    score = tune_to_score(HEAD + "\n".join(lines))
    assert [(t.name, t.program) for t in score.tracks] == [("Lead", 73), ("Bass", 0)]
    assert [[(n.onset, n.duration, n.pitch) for n in t.notes] for t in score.tracks] == [
        [(0, 4, G), (4, 4, A), (8, 4, B)],
        [(4, 8, 62)],
    ]
    header = HEAD.replace("K:G", "V:1\n%%MIDI program 40\nV:2\n%%MIDI program 32\nK:G")
    assert [t.program for t in tune_to_score(header + "V:1\nG8|\nV:2\nD8|").tracks] == [40, 32]
    assert [t.name for t in tune_to_score(HEAD + "V:T\nG8|\nV:B\nD8|").tracks] == ["voice T", "voice B"]


def test_rests_of_whole_bars_and_silence_at_the_end() -> None:
    score = tune_to_score(HEAD + "Z2|G8|Z3|")
    assert (score.tracks[0].notes[0].onset, score.length, len(score.bars())) == (8.0, 24.0, 6)
    assert tune_to_score(HEAD + "G8|A4z4|").length == 0.0


def test_a_change_of_metre() -> None:
    text = "G8|\nM:3/4\nA6|B6|\nM:6/8\nc6|"
    assert notes(text) == [(0, 4, G), (4, 3, A), (7, 3, B), (10, 3, C)]
    assert metres(text) == [(0, 4, 4), (4, 3, 4), (10, 6, 8)]


def test_a_bar_that_is_too_long_has_a_metre_of_its_own() -> None:
    assert notes("G8|G12|A8|") == [(0, 4, G), (4, 6, G), (10, 4, A)]
    assert metres("G8|G12|A8|") == [(0, 4, 4), (4, 6, 4), (10, 4, 4)]
