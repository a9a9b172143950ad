"""Books of ABC, and texts that were made to break a reader."""

import logging
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import FormatError
from musicae.music.formats.abc import read_abc, split_book
from musicae.music.formats.abc_reading import tune_to_score

BOOK = "% A book\n\nX:1\nT:One\nM:4/4\nL:1/8\nK:G\nG8|\n\nX: 7\nT:Seven\nM:3/4\nL:1/8\nK:D\nA6|\n"
HEAD = "X:1\nM:4/4\nL:1/8\nK:G\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a book of two tunes, number 1 and number 7."""
    path = tmp_path / "book.abc"
    path.write_text(BOOK)
    return path


def pitches(path: str | Path) -> list[int]:
    return [n.pitch for n in read_abc(path).tracks[0].notes]


def test_a_book_is_split_at_each_number(book: Path) -> None:
    first, second = BOOK[10:].split("X: 7")
    assert split_book(book) == {3: first, 10: "X: 7" + second}


def test_of_a_book_the_first_tune_is_read_and_another_can_be_named(book: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert pitches(book) == [67]
    assert caplog.messages == [f"{book} holds 2 tunes; the first is read, and {book}#1 names it"]
    caplog.clear()
    assert (pitches(f"{book}#7"), pitches(f"{book}#1")) == ([69], [67])
    assert caplog.messages == []


def test_a_tune_that_a_book_does_not_hold(book: Path) -> None:
    with pytest.raises(FormatError) as error:
        read_abc(f"{book}#2")
    assert str(error.value) == f"{book} holds no tune 2; choose one of 1, 7."
    book.write_text("".join(f"X:{i}\nM:4/4\nK:C\nC8|\n\n" for i in range(1, 21)))
    with pytest.raises(FormatError, match=r"choose one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 10 more\.$"):
        read_abc(f"{book}#99")


def test_a_text_without_a_number_is_one_tune(tmp_path: Path) -> None:
    path = tmp_path / "tune #1.abc"  # no number of a tune: the file has that name
    path.write_bytes("\ufeffT:Größe\r\nM:4/4\r\nL:1/8\r\nK:G\r\nG8|\r\n".encode())
    assert pitches(path) == [67]
    path.write_bytes(b"T:Gr\xf6\xdfe\rM:4/4\rL:1/8\rK:G\rA8|\r")
    assert pitches(path) == [69]


def test_errors_name_the_file_the_line_the_reason_and_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "x.abc"
    path.write_text(HEAD.replace("4/4", "four"))
    with pytest.raises(FormatError) as error:
        read_abc(path)
    reason = "has a metre that cannot be read, four, in its line 2"
    assert str(error.value) == f"{path} {reason}; fix it, or choose another tune."
    for name, text in (
        (tmp_path, "is a folder; name an ABC file in it."),
        ("none.abc", "cannot be read: no such file or directory."),
    ):
        with pytest.raises(FormatError) as error:
            read_abc(name)
        assert str(error.value) == f"{name} {text}"


def test_a_warning_tells_what_was_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.abc"
    path.write_text(HEAD + "G4 + 7A4|")
    assert pitches(path) == [67, 69]
    assert caplog.messages == [f"{path}: ignored 2 signs that cannot be read, the first of them '+'"]


N = 20_000
HOSTILE = {
    "notes": "G" * N,
    "braces": "{" * N,
    "brackets": "[" * N,
    "quotes in brackets": '["' * N,
    "fields": "[K:" * N,
    "a field of spaces": "K:C" + " " * N + "?",
    "colons": ":" * N,
    "bars of rest": "Z9999|" * N,
    "ties": "G-" * N,
    "chords": "[CEG-]" * N,
    "broken rhythms": "G>>>>" * N,
    "lengths": "".join(f"G{i % 9999}/{(i * 7 + 1) % 9999}" for i in range(N)),
    "voices": "".join(f"[V:{i}]G8|" for i in range(N)),
    "layers": "G8&" * N,
    "changes": "[M:3/4][K:D][Q:1/4=60]G6|[M:4/4][K:G][Q:1/4=61]G8|" * (N // 20),
    "exclamation marks": "!a" * N,
    "plus signs": "+a" * N,
    "a comment": "%" * N,
    "tuplets": "(9:9:999" * N + "G",
    "one long bar": "G9999" * 100,
}


@pytest.mark.parametrize("music", HOSTILE.values(), ids=HOSTILE)
def test_no_line_takes_long(music: str) -> None:
    start = time.process_time()
    try:
        tune_to_score(HEAD + music)
    except FormatError as error:
        assert str(error).startswith(("has ", "lasts "))
    assert time.process_time() - start < 4.0


def test_a_line_of_250_notes_takes_time_in_proportion_to_its_length() -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        tune_to_score(HEAD + "G>^c (3{ab}BAd [CEG]2- | " * count)
        return time.process_time() - start

    seconds(10)
    assert seconds(1000) < 40 * seconds(100) + 0.1


PIECES = [
    *(
        "G",
        "^c'",
        "_B,,",
        "z2",
        "A3/2",
        "d/",
        "[CEG]2",
        "[G-B]",
        "|",
        "||",
        "|:",
        ":|",
        "::",
        "|1",
        ":|2",
        "[2",
        "-",
        ">",
        "<<",
        "(",
    ),
    *(
        ")",
        "(3",
        "(5:4:3",
        "{ab}",
        '"Am"',
        "!trill!",
        "T",
        "~",
        "&",
        "Z2",
        "x",
        "y",
        "\\\n",
        "\n",
        " ",
        "[K:D]",
        "[M:6/8]",
        "[V:2]",
    ),
    *(
        "[L:1/4]",
        "[Q:1/4=90]",
        "%",
        "M:3/4",
        "K:Am",
        "V:2 name=x",
        "w:la",
        "%%MIDI program 3",
        "]",
        "[",
        '"',
        "!",
        "+",
        "{",
        "}",
    ),
    *("9", "0", "/", "$", "\x00", "é"),
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_mixture_is_read_or_refused_in_one_line(pieces: list[str]) -> None:
    try:
        score = tune_to_score(HEAD + "".join(pieces))
    except FormatError as error:
        assert str(error).startswith(("has ", "lasts ")) and "\n" not in str(error)
    else:
        assert len(score.bars()) >= 1 and score.tracks
        assert all(n.duration > 0 and n.onset >= 0 and 0 <= n.pitch <= 127 for t in score.tracks for n in t.notes)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.abc"
    path.write_bytes(HEAD.encode() + data)
    logging.disable()
    try:
        read_abc(path)
    except FormatError as error:
        assert str(error).startswith(f"{path} ") and str(error).endswith(".")
    finally:
        logging.disable(logging.NOTSET)
