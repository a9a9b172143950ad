"""Reading ABC: short texts whose notes are worked out by hand, and one tune of each collection that music21 brings along."""

from pathlib import Path

import pytest

from musicae.datasets.music.collections import COLLECTIONS
from musicae.datasets.music.reading import read_collection
from musicae.errors import DataError
from musicae.music.formats.abc import read_abc, split_book
from musicae.music.kinds.melody import MELODY

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:G\n"
G, A, B, C, D, E = 67, 69, 71, 72, 74, 76


def notes(text: str, head: str = HEAD) -> list[tuple[float, float, int]]:
    """Return onset, duration and pitch of each note of a tune."""
    score = read_abc(head + text)
    assert len(score.tracks) == 1 and score.tracks[0].name == "melody"
    return [(n.onset, n.duration, n.pitch) for n in score.tracks[0].notes]


def metres(text: str, head: str = HEAD) -> list[tuple[float, int, int]]:
    """Return time, numerator and denominator of each time signature."""
    return [(s.time, s.numerator, s.denominator) for s in read_abc(head + text).time_signatures]


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


def test_an_accidental_holds_until_the_end_of_its_bar() -> None:
    assert notes("^G2G2=G2G2|G8|") == [(0, 1, G + 1), (1, 1, G + 1), (2, 1, G), (3, 1, G), (4, 4, G)]
    assert notes("f2=f2f2^f2|f8|")[:4] == [(0, 1, 78), (1, 1, 77), (2, 1, 77), (3, 1, 78)]
    assert notes("=f2F2f4|")[:2] == [(0, 1, 77), (1, 1, 66)], "in its octave, as in print"


def test_a_broken_rhythm_survives_signs_between_its_notes() -> None:
    for text in ("A>.B c<vd G4|", 'A>"4"B c<"^slow".d G4|', "A> B c< d G4|"):
        assert notes(text) == notes("A>B c<d G4|") == [(0, 0.75, A), (0.75, 0.25, B), (1, 0.25, C), (1.25, 0.75, D), (2, 2, G)]


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
    assert notes("[GB]4-[GB]4|") == [(0, 4, B)]
    assert notes("G4-A4|") == [(0, 2, G), (2, 2, A)], "a slur written as a tie joins nothing"
    assert notes("G4G4|") == [(0, 2, G), (2, 2, G)]


def test_tuplets() -> None:
    third = pytest.approx(1 / 3)
    assert notes("(3GAB c2d4|") == [(0, third, G), (third, third, A), (pytest.approx(2 / 3), third, B), (1, 1, C), (2, 2, D)]
    assert notes("(3:2:2G2A B2 d4|")[:3] == [(0, pytest.approx(2 / 3), G), (pytest.approx(2 / 3), third, A), (1, 1, B)]


def test_grace_notes_are_left_out() -> None:
    assert notes("{g}G4{ab}A4|") == [(0, 2, G), (2, 2, A)]


def test_of_a_chord_the_highest_note_is_kept() -> None:
    assert notes("[GBd]4[ec]4|") == [(0, 2, D), (2, 2, E)]


def test_a_change_of_metre() -> None:
    text = "G8|\nM:3/4\nA6|B6|\nM:6/8\nc6|"
    assert notes(text) == [(0, 4, G), (4, 3, A), (7, 3, B), (10, 3, C)]
    assert metres(text) == [(0, 4, 4), (4, 3, 4), (10, 6, 8)]


def test_a_bar_that_is_too_long_has_a_metre_of_its_own() -> None:
    assert notes("G8|G12|A8|") == [(0, 4, G), (4, 6, G), (10, 4, A)]
    assert metres("G8|G12|A8|") == [(0, 4, 4), (4, 6, 4), (10, 4, 4)]


@pytest.mark.parametrize(("metre", "expected"), [("C", (0, 4, 4)), ("C|", (0, 2, 2)), ("6/8", (0, 6, 8)), ("9/8", (0, 9, 8))])
def test_metres(metre: str, expected: tuple[float, int, int]) -> None:
    assert metres("G2A2|", f"X:1\nM:{metre}\nL:1/8\nK:G\n") == [expected]


@pytest.mark.parametrize(("key", "name"), [("G", "G major"), ("Dm", "D minor"), ("Bb", "Bb major"), ("F#m", "F# minor")])
def test_keys(key: str, name: str) -> None:
    score = read_abc(f"X:1\nM:4/4\nL:1/8\nK:{key}\nG8|")
    assert [(k.time, k.name) for k in score.keys] == [(0.0, name)]


def test_keys_that_are_neither_major_nor_minor_are_left_out() -> None:
    score = read_abc("X:1\nM:4/4\nL:1/8\nK:Amix\nG4c4|")
    assert score.keys == () and [n.pitch for n in score.tracks[0].notes] == [67, 73]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD + "V:1\nG8|\nV:2\nG8|", "has several voices"),
        ("X:1\nL:1/8\nK:G\nG8|", "has no metre"),
        ("X:1\nM:none\nL:1/8\nK:G\nG8|", "has no metre"),
        ("X:1\nM:2+3/8\nL:1/8\nK:G\nG5|", "has a metre that cannot be read, 2+3/8"),
        (HEAD, "has no notes"),
        (HEAD + "z8|", "has no notes"),
    ],
)
def test_unusable_tunes_are_refused(text: str, reason: str) -> None:
    with pytest.raises(DataError) as error:
        read_abc(text)
    assert str(error.value) == reason


@pytest.mark.parametrize("text", ["garbage \x00 | [[[ }}", "X:1\nM:4/4\nL:x\nK:Q\n^^^^^|"])
def test_what_music21_cannot_read_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(DataError, match=r"^music21 cannot read it \(.+\)$"):
        read_abc(text)


def test_a_book_is_split_at_each_number(tmp_path: Path) -> None:
    path = tmp_path / "book.abc"
    path.write_text("% A book\n\nX:1\nT:One\nK:G\nG8|\n\nX: 7\nT:Seven\nK:D\nA8|\n")
    assert split_book(path) == {3: "X:1\nT:One\nK:G\nG8|\n\n", 8: "X: 7\nT:Seven\nK:D\nA8|\n"}


# The first notes as the books print them: pick-ups, ties, accidentals, and a letter's octave.
FIRST_NOTES: dict[tuple[str, str], tuple[str, list[tuple[float, float, int]]]] = {
    ("ryans", "ryans/42dHighlandRegimentStrathspey:1"): (
        "4/4",
        [(3.5, 0.5, 76), (4.0, 0.25, 72), (4.25, 0.75, 69), (5.0, 0.75, 69), (5.75, 0.25, 71)],
    ),
    ("oneills", "oneills/0001-0050:2"): (
        "2/4",
        [(0, 0.75, 67), (0.75, 0.25, 69), (1, 0.25, 70), (1.25, 0.25, 72), (1.5, 0.25, 74), (1.75, 0.25, 76), (2, 1, 77)],
    ),
    ("airds", "airds/book1:8"): ("2/2", [(3, 0.5, 69), (3.5, 0.5, 67), (4, 1, 71), (5, 1, 71), (6, 1, 71), (7, 0.5, 69)]),
    ("essen", "essen/altdeu10:2"): ("4/2", [(6, 2, 67), (8, 2, 70), (10, 2, 70), (12, 2, 72), (14, 2, 72), (16, 4, 74)]),
    ("chorales", "chorales/bwv66.6"): ("4/4", [(3, 0.5, 73), (3.5, 0.5, 71), (4, 1, 69), (5, 1, 71), (6, 1, 73), (7, 1, 76)]),
}
SIZES = {"ryans": 1059, "oneills": 2009, "airds": 1180, "essen": 8514, "chorales": 408}


@pytest.mark.parametrize(("name", "tune"), FIRST_NOTES)
def test_a_tune_of_each_collection(name: str, tune: str) -> None:
    collection = COLLECTIONS[name]()
    items = collection.items()
    assert len(items) == SIZES[name] and len({i.tune for i in items}) == len(items)
    score = collection.read(next(i for i in items if i.tune == tune))
    metre, expected = FIRST_NOTES[name, tune]
    first = score.time_signatures[0]
    assert f"{first.numerator}/{first.denominator}" == metre and first.time == 0.0
    assert [(n.onset, n.duration, n.pitch) for n in score.tracks[0].notes[: len(expected)]] == expected
    assert [t.name for t in score.tracks] == (["Soprano", "Alto", "Tenor", "Bass"] if name == "chorales" else ["melody"])
    assert all(tuple(sorted(t.notes)) == t.notes for t in score.tracks)


def test_only_what_may_be_trained_on_is_trained_on() -> None:
    assert {n: c.test_only for n, c in COLLECTIONS.items()} == {n: n == "essen" for n in COLLECTIONS}
    assert set(MELODY.collections) == {"ryans", "oneills", "airds", "chorales"}
    essen = COLLECTIONS["essen"]()
    assert essen.fixed_split(essen.items()[0]) == "test" and "non-commercial" in essen.licence


def test_an_unreadable_chorale_is_rejected_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bwv0.mxl").write_bytes(b"no music")
    monkeypatch.setattr("musicae.datasets.music.collections.corpora._corpus", lambda folder: tmp_path)
    tunes, rejections = read_collection(COLLECTIONS["chorales"](), jobs=0)
    assert tunes == [] and [r.name for r in rejections] == ["chorales/bwv0"]
    assert rejections[0].reason.startswith("music21 cannot read it (")
