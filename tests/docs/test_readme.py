"""The README's commands are run as they stand there, by a shell, and print what stands below them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from builder.blocks import blocks, commands, matches

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [pair for block in blocks(README) if block.language == "console" for pair in commands(block)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder with the example tunes and songs, as a user's checkout has them."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("tunes", "songs"):
        shutil.copytree(ROOT / "examples" / name, folder / "examples" / name)
    return folder


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return an environment with the installed command at hand and a terminal as wide as the README's."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return {**os.environ, "COLUMNS": "100"}


@pytest.mark.parametrize(("line", "expected"), COMMANDS, ids=[line.split()[1] for line, _ in COMMANDS])
def test_a_command_runs_and_prints_what_it_shows(line: str, expected: str, place: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        line, shell=True, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert expected, f"the output of `{line}` is missing; run `make docs-outputs`"
    assert matches(expected, done.stdout), f"run `make docs-outputs`\n{done.stdout}"


def test_the_commands_write_what_they_name(place: Path) -> None:
    written = {str(path.relative_to(place)) for path in place.rglob("*.mid") if "examples" not in path.parts}
    steps = {f"morph/step-{i:02d}.mid" for i in range(1, 8)}
    samples = {f"samples/sample-{i:02d}.mid" for i in range(1, 3)}
    assert {"again.mid", "played.mid", "calmer.mid", "morph/interpolation.mid", *steps, *samples} <= written
    assert len(list((place / "ways").glob("*.mid"))) == 2 and len(list((place / "varied").glob("*.mid"))) == 1


def test_the_python_block_runs(place: Path, environment: dict[str, str]) -> None:
    [block] = [block for block in blocks(README) if block.language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (place / "morph.mid").read_bytes().startswith(b"MThd")


def test_it_is_short_and_shows_ten_commands() -> None:
    assert len(README.splitlines()) <= 130
    assert len(COMMANDS) == 10
    assert "make demo" in README and "make test" in README


def test_its_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if not link.startswith("http")]
    assert len(links) >= 8 and all((ROOT / link).exists() for link in links)
