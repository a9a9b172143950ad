"""The example scripts run as they are, and the example tunes are what their script exports."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from musicae.checkpoints.shipped import shipped
from musicae.music.formats.midi import read_midi, score_to_bytes

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, folder: Path) -> str:
    """Run a script in a folder and return what it prints."""
    assert "melody-2bar" in shipped(), "musicae/weights/melody-2bar.safetensors is missing"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", str(EXAMPLES / script)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_script_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {"morph.py", "sample_and_measure.py"}


def test_morph(tmp_path: Path) -> None:
    out = run("morph.py", tmp_path)
    assert len(re.findall(r"^\d  +\d+\.\d ", out, re.MULTILINE)) == 9
    assert len(read_midi(tmp_path / "demo" / "morph.mid").bars()) == 18


def test_sample_and_measure(tmp_path: Path) -> None:
    out = run("sample_and_measure.py", tmp_path)
    rows = [line.rsplit(maxsplit=4) for line in out.splitlines()[1:5]]
    assert [row[0].strip() for row in rows] == ["sampled in 4/4", "sampled in 6/8", "sampled in 9/8", "reconstructions"]
    assert all(0 < float(share) <= 1 for row in rows for share in row[-2:])
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == ["sample-4-4.mid", "sample-6-8.mid", "sample-9-8.mid"]


def test_tunes_are_what_their_script_exports() -> None:
    script = runpy.run_path(str(EXAMPLES / "tunes" / "export.py"))
    assert sorted(script["TUNES"]) == sorted(path.name for path in (EXAMPLES / "tunes").glob("*.mid"))
    for name, tune in script["TUNES"].items():
        assert (EXAMPLES / "tunes" / name).read_bytes() == score_to_bytes(script["read"](*tune))


def test_songs_are_what_their_script_exports() -> None:
    script = runpy.run_path(str(EXAMPLES / "songs" / "export.py"))
    assert sorted(script["SONGS"]) == sorted(path.name for path in (EXAMPLES / "songs").glob("*.mid"))
    for name, song in script["SONGS"].items():
        assert (EXAMPLES / "songs" / name).read_bytes() == score_to_bytes(song)


@pytest.mark.parametrize("folder", ["tunes", "songs"])
def test_tunes_and_songs_are_described(folder: str) -> None:
    text = (EXAMPLES / folder / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(.+?)` \|", text, re.MULTILINE)) == {p.name for p in (EXAMPLES / folder).glob("*.mid")}


@pytest.mark.parametrize("name", ["morph.py", "sample_and_measure.py"])
def test_scripts_say_how_to_run_them(name: str) -> None:
    assert f"\n    python examples/{name}\n" in (EXAMPLES / name).read_text(encoding="utf-8")
