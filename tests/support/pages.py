"""Apply a page of the documentation that adds something to musicae: write its files in a copy of the code and edit the rest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from builder.blocks import ROOT, Block, blocks

_COPIED = ("benchmarks", "cli", "datasets", "docs", "examples", "musicae", "tests")
_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "constraints.txt", "mkdocs.yml")


def copy_code(folder: Path) -> None:
    """Copy the code, the tests and the documentation; the weights are linked where links are possible."""
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.png", "*.mp3", "*.ogg")
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in _FILES:
        shutil.copy(ROOT / name, folder / name)
    for weights in (ROOT / "musicae" / "weights").glob("*.safetensors"):
        target = folder / "musicae" / "weights" / weights.name
        try:
            target.symlink_to(weights)
        except OSError:  # Windows without the right to make links
            shutil.copy(weights, target)


def files_of(page: Path) -> list[Block]:
    """Return the blocks of a page that are files or changes of files, in their order."""
    listing = blocks(page.read_text(encoding="utf-8"))
    return [block for block in listing if "/" in block.attributes.get("title", "")]


def apply(page: Path, folder: Path) -> tuple[list[str], dict[str, int]]:
    """Write the files of a page and make its changes.

    Returns:
        The new files, and of each changed file the number of lines added to it.
    """
    new: list[str] = []
    changed: dict[str, int] = {}
    for block in files_of(page):
        name = block.attributes["title"]
        if block.language == "diff":
            changed[name] = changed.get(name, 0) + _change(folder / name, block.text)
        else:
            assert not (folder / name).exists(), f"{page.name}: {name} exists"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text + "\n", encoding="utf-8")
            new.append(name)
    return new, changed


def _change(path: Path, text: str) -> int:
    """Make one change, as a diff without line numbers; return the number of lines added."""
    lines = text.splitlines()
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1, f"{path.name} holds these lines {content.count(before)} times:\n{before}"
    path.write_text(content.replace(before, after), encoding="utf-8")
    return sum(line.startswith("+") for line in lines)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the changed copy."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
