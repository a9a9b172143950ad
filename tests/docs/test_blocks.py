"""Every block of commands and of Python on every page runs, and prints what the page shows."""

import os
import re
from pathlib import Path

import click
import pytest

from builder.blocks import ROOT, blocks, commands, matches, pages, prepare, run_page
from musicae.cli.main import cli

PAGES = [path for path in pages() if path.name != "README.md"]
RUNNING = [path for path in PAGES if any(block.runs for block in blocks(path.read_text(encoding="utf-8")))]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with the examples."""
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.mark.parametrize("page", RUNNING, ids=lambda path: str(path.relative_to(ROOT / "docs")))
def test_the_blocks_of_a_page_run(page: Path, checkout: Path) -> None:
    for block, expected, output in run_page(page):
        assert matches(expected, output), f"{page.name}, line {block.line}: run `make docs-outputs`\n{expected}\n---\n{output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT / "docs")))
def test_a_block_that_does_not_run_has_a_reason(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.language, f"{page.name}, line {block.line}: a fence without a language"
        assert block.attributes.get("no-run", "a reason"), f"{page.name}, line {block.line}"


def test_every_command_has_a_how_to_page() -> None:
    used: set[str] = set()
    for page in (ROOT / "docs" / "how-to").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        used |= set(re.findall(r"musicae ([a-z]+)", text))
    assert isinstance(cli, click.Group)
    assert set(cli.list_commands(click.Context(cli))) - used == set()


@pytest.mark.parametrize(
    ("expected", "output", "equal"),
    [
        ("a 1.25 b", "a 1.31  b", True),
        ("a 1 b", "a 2 b", False),
        ("one ... three", "one two three", True),
        ("...", "anything", True),
        ("", "anything", False),
        ("done", "training: 142 of 200, about 11 s left\ndone", True),
    ],
)
def test_output_is_compared_but_for_decimals_and_dots(expected: str, output: str, *, equal: bool) -> None:
    assert matches(expected, output) is equal


def test_a_block_is_read_with_its_attributes() -> None:
    text = 'Text\n\n``` { .console no-run="long" title="x" }\n$ one \\\n    two\nout\n$ three\n```\n'
    [block] = blocks(text)
    assert (block.language, block.attributes, block.line, block.runs) == ("console", {"no-run": "long", "title": "x"}, 4, False)
    assert commands(block) == [("one two", "out"), ("three", "")]


def test_the_width_of_outputs_is_that_of_the_pages(checkout: Path) -> None:
    assert os.environ["COLUMNS"] == "100" and (checkout / "examples" / "tunes" / "a-reel.mid").exists()
