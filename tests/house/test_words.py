"""The list of avoided words finds what it should, and nothing else."""

from pathlib import Path

import pytest

from builder.cli_page import text as help_pages
from support.words import findings, in_comments, in_module, in_names, in_text


def words(text: str) -> list[str]:
    return [finding.word for finding in in_text(text, "text")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a picture of a digit", "picture"),
        ("the figures of a model", "figures"),
        ("the model is told the tokens", "told"),
        ("rows are left\nout", "left out"),
        ("bars a window", "bars a window"),
        ("0.7 s a step", "s a step"),
        ("beside the baseline", "beside"),
        ("of drums if there are any, of melodies else.", "else"),
    ],
)
def test_an_avoided_word_is_found(text: str, word: str) -> None:
    assert words(text) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "a matplotlib figure",
        "the class `Figure` and the key `hold_accuracy`",
        "```text\nall figures\n```",
        "bars per window",
        "nothing else happens",
        "[the page](how-to/figures.md)",
    ],
)
def test_what_is_allowed_is_not_found(text: str) -> None:
    assert words(text) == []


def test_a_finding_names_its_line() -> None:
    [finding] = in_text("one\ntwo pictures\nthree", "page.md", line=10)
    assert str(finding) == "page.md:11: 'pictures' -> image"


def test_docstrings_messages_names_and_comments_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.words.ROOT", tmp_path)
    path = tmp_path / "module.py"
    path.write_text('"""Some pictures."""\nmade = 1  # behind it\nprint(f"{made} figures found")\n')
    assert [f.line for f in in_module(path)] == [1, 3]
    assert [f.word for f in in_names(path)] == ["made"]
    assert [(f.line, f.word) for f in in_comments(path)] == [(2, "behind")]


def test_no_avoided_word_stands_in_pages_docstrings_messages_names_or_comments() -> None:
    found = findings()
    assert not found, "\n".join(map(str, found))


def test_no_avoided_word_stands_in_the_help_of_a_command() -> None:
    found = list(in_text(help_pages().replace("`", ""), "--help"))
    assert not found, "\n".join(map(str, found))
