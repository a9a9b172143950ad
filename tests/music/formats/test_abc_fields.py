"""Fields of ABC, and tunes that cannot be read."""

from fractions import Fraction

import pytest

from musicae.errors import FormatError
from musicae.music.formats.abc_fields import parse_key, parse_metre, parse_tempo, parse_unit
from musicae.music.formats.abc_reading import tune_to_score

HEAD = "X:1\nT:A tune\nM:4/4\nL:1/8\nK:G\n"
G, A = 67, 69


def notes(text: str, head: str = HEAD) -> list[tuple[float, float, int]]:
    """Return onset, duration and pitch of each note of a tune."""
    return [(n.onset, n.duration, n.pitch) for n in tune_to_score(head + text).tracks[0].notes]


def metres(text: str, head: str = HEAD) -> list[tuple[float, int, int]]:
    """Return time, numerator and denominator of each time signature."""
    return [(s.time, s.numerator, s.denominator) for s in tune_to_score(head + text).time_signatures]


@pytest.mark.parametrize(("metre", "expected"), [("C", (0, 4, 4)), ("C|", (0, 2, 2)), ("6/8", (0, 6, 8)), ("9/8", (0, 9, 8))])
def test_metres(metre: str, expected: tuple[float, int, int]) -> None:
    assert metres("G2A2|", f"X:1\nM:{metre}\nL:1/8\nK:G\n") == [expected]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        *(("G", "G major"), ("Dm", "D minor"), ("Bb", "Bb major"), ("F#m", "F# minor"), ("A Minor", "A minor")),
        *(("Emin % a comment", "E minor"), ("D Major clef=bass", "D major"), ("CM", "C minor")),
    ],
)
def test_keys(key: str, name: str) -> None:
    score = tune_to_score(f"X:1\nM:4/4\nL:1/8\nK:{key}\nG8|")
    assert [(k.time, k.name) for k in score.keys] == [(0.0, name)]


def test_keys_that_are_neither_major_nor_minor_are_left_out() -> None:
    score = tune_to_score("X:1\nM:4/4\nL:1/8\nK:Amix\nG4c4|")
    assert score.keys == () and [n.pitch for n in score.tracks[0].notes] == [67, 73]


@pytest.mark.parametrize(
    ("key", "alterations"),
    [
        *(("none", {}), ("HP", {}), ("Hp", {"F": 1, "C": 1}), ("Ddor", {}), ("C Lydian", {"F": 1}), ("Bloc", {})),
        *(("Dmix=c", {"F": 1}), ("D =c", {"F": 1}), ("D exp _b^f", {"B": -1, "F": 1}), ("Cb", dict.fromkeys("CDEFGAB", -1))),
        *(("G#", {**dict.fromkeys("CDEGAB", 1), "F": 2}), ("Aphr", {"B": -1})),
    ],
)
def test_alterations_of_keys(key: str, alterations: dict[str, int]) -> None:
    assert parse_key(key).alterations == alterations


def test_a_key_can_transpose() -> None:
    assert [n.pitch for n in tune_to_score(HEAD.replace("K:G", "K:G octave=-1") + "G8|").tracks[0].notes] == [G - 12]
    assert [n.pitch for n in tune_to_score(HEAD.replace("K:G", "K:G transpose=3") + "G8|").tracks[0].notes] == [G + 3]


def test_changes_of_key_tempo_and_note_length_in_and_between_lines() -> None:
    score = tune_to_score(
        HEAD.replace("K:", "Q:1/4=90\nK:") + "f8|[K:D][L:1/4]c4|\nK:Am\nQ:3/8=80\nc4|[Q:1/4=60]c2[Q:1/4=70]c2|"
    )
    assert [n.pitch for n in score.tracks[0].notes] == [78, 73, 72, 72, 72]
    assert [(k.time, k.name) for k in score.keys] == [(0, "G major"), (4, "D major"), (8, "A minor")]
    assert [(t.time, t.qpm) for t in score.tempos] == [(0, 90), (8, 120), (12, 60), (14, 70)]


@pytest.mark.parametrize(
    ("text", "qpm"),
    [
        *(("1/4=120", 120), ("3/8=80", 120), ("1/2 = 60", 120), ('"Allegro" 1/4=120', 120), ('1/4=80 "Slow"', 80)),
        *(("1/4 3/8 1/4=40", 140), ("120", 60), ("C=100", 50), ("1/4=96.5", 96.5), ('"Slow"', None), ("1/4=0", None)),
    ],
)
def test_tempos(text: str, qpm: float | None) -> None:
    assert parse_tempo(text, Fraction(1, 2)) == qpm


@pytest.mark.parametrize(
    ("text", "metre"),
    [
        *(("4/4", (4, 4)), ("C", (4, 4)), ("C|", (2, 2)), ("2+3/8", (5, 8)), ("(3+2+2)/8", (7, 8)), ("none", None)),
        *(("6/8 ", (6, 8)), ("FREI4/4", (4, 4)), ("", None)),
    ],
)
def test_more_metres(text: str, metre: tuple[int, int] | None) -> None:
    assert parse_metre(text) == metre


def test_without_a_note_length_the_metre_says_it() -> None:
    assert notes("G4|", "X:1\nM:2/4\nK:G\n") == [(1, 1, G)] and notes("G8|", "X:1\nM:4/4\nK:G\n") == [(0, 4, G)]
    assert parse_unit("1/16") == Fraction(1, 4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("X:1\nL:1/8\nK:G\nG8|", "has no metre such as M:4/4 above its notes, in its line 4"),
        ("X:1\nM:none\nL:1/8\nK:G\nG8|", "has no metre such as M:4/4 above its notes, in its line 5"),
        ("X:1\nM:2A99999/4\nL:1/8\nK:G\nG5|", "has a metre that cannot be read, 2A99999/4, in its line 2"),
        ("X:1\nM:4/4\nL:x\nK:G\nG5|", "has a note length that cannot be read, x, in its line 3"),
        ("X:1\nM:4/4\nK:Q\nG5|", "has a key that cannot be read, Q, in its line 3"),
        (HEAD + "G0/0|", "has a note whose length is divided by 0, in its line 6"),
        (HEAD + "g" + 7 * "'" + "|", "has a note out of the range of MIDI, g" + 7 * "'" + ", in its line 6"),
        (HEAD + "G\x008|", "has a sign that cannot be read, '\\x00', in its line 6"),
        ("X:1\nM:4/4\n", "has no key such as K:C above its notes"),
        ("garbage \x00 | [[[ }}", "has no key such as K:C above its notes"),
        (HEAD, "has no notes"),
        (HEAD + "z8|", "has no notes"),
    ],
)
def test_unusable_tunes_are_refused(text: str, reason: str) -> None:
    with pytest.raises(FormatError) as error:
        tune_to_score(text)
    assert str(error.value) == reason


def test_signs_that_cannot_be_read_are_ignored_and_named() -> None:
    ignored: list[str] = []
    score = tune_to_score(HEAD + "G4 + 7A4|", ignored)
    assert [n.pitch for n in score.tracks[0].notes] == [G, A] and ignored == ["+", "7"]


def test_what_mail_programs_leave_is_read() -> None:
    assert notes("=3DF4 G4 =20\nA8|=\nB8|")[:3] == [(0, 2, 65), (2, 2, G), (4, 4, A)]


def test_a_tune_ends_at_an_empty_line() -> None:
    assert notes("G8|\n\nSome words about it.\nA8|") == [(0, 4, G)]
    assert notes("%%begintext\nA8|\n%%endtext\nG8| % a comment\nw: la\n") == [(0, 4, G)]


def test_lines_of_music_may_begin_as_fields_do() -> None:
    assert notes("G8\n|:A8|\nd:|\n")[1] == (4, 4, A)
