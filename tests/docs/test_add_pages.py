"""The pages that add something to musicae are followed word for word, in a copy of the code, with a toy."""

from pathlib import Path

import pytest

from builder.blocks import ROOT, blocks, commands
from support.pages import apply, copy_code, run

PAGES = sorted((ROOT / "docs" / "how-to").glob("add-a-*.md"))
# What a page may change in addition to its own files: lines added per file.
CHANGES = {
    "add-a-representation": {"musicae/music/representations/__init__.py": 1},
    "add-a-model": {"musicae/core/registry.py": 1},
    "add-a-kind": {
        "musicae/core/registry.py": 1,
        "musicae/music/kinds/__init__.py": 1,
        "musicae/music/representations/__init__.py": 1,
    },
    "add-a-collection": {"datasets/music/collections/__init__.py": 1},
    "add-a-command": {"cli/main.py": 1},
    "add-a-format": {"musicae/music/formats/__init__.py": 1},
}
FIRST = {"add-a-kind": "add-a-model"}  # pages that build on another


def test_every_page_is_followed() -> None:
    assert {page.stem for page in PAGES} == set(CHANGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_adds_what_it_promises(page: Path, tmp_path: Path) -> None:
    copy_code(tmp_path)
    new, changed = apply(page, tmp_path)
    if page.stem in FIRST:
        new, changed = _joined((new, changed), apply(page.with_stem(FIRST[page.stem]), tmp_path))
    assert changed == CHANGES[page.stem]
    ruff = run(tmp_path, "-m", "ruff", "check", "--no-cache", *new)
    assert ruff.returncode == 0, ruff.stdout
    tested = [
        block for block in blocks(page.read_text(encoding="utf-8")) if block.attributes.get("no-run", "").startswith("runs in")
    ]
    assert tested, "the page names no test"
    for block in tested:
        for command, _ in commands(block):
            words = command.split()
            assert words[0] == "python", command
            done = run(tmp_path, *words[1:])
            assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


def _joined(a: tuple[list[str], dict[str, int]], b: tuple[list[str], dict[str, int]]) -> tuple[list[str], dict[str, int]]:
    assert not set(a[1]) & set(b[1])
    return a[0] + b[0], a[1] | b[1]
