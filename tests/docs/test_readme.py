"""The README's five minutes are run as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIVE_MINUTES = (ROOT / "README.md").read_text(encoding="utf-8").split("## In five minutes")[1].split("\n## ")[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder with the example tunes, as a user's checkout has them, and the installed command at hand."""
    shutil.copytree(ROOT / "examples" / "tunes", tmp_path / "examples" / "tunes")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return tmp_path


def test_the_commands_run_and_write_what_they_say(place: Path) -> None:
    [block] = re.findall(r"```console\n(.*?)```", FIVE_MINUTES, re.DOTALL)
    lines = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    assert len(lines) >= 4
    for line in lines:
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    written = sorted(str(path.relative_to(place)) for path in place.rglob("*.mid") if "tunes" not in path.parts)
    steps = [f"morph/step-{i:02d}.mid" for i in range(1, 8)]
    samples = [f"samples/sample-{i:02d}.mid" for i in range(1, 5)]
    assert written == ["again.mid", "morph/interpolation.mid", *steps, *samples]


def test_the_python_block_runs(place: Path) -> None:
    [block] = re.findall(r"```python\n(.*?)```", FIVE_MINUTES, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (place / "morph.mid").read_bytes().startswith(b"MThd")
