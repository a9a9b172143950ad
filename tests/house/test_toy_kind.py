"""A new kind of music takes its own files and one line in each of three registries.

The files of the toy kind lie in `tests/house/toy_kind`. They are put into a copy of the three packages.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.house import FOLDERS, ROOT

TOY = Path(__file__).parent / "toy_kind"
FILES = ("kinds/rhythm.py", "metrics/rhythm.py", "models/rhythm_vae.py", "representations/rhythm.py")
LINES = {
    "core/registry.py": '        "rhythm-vae": "musicae.music.models.rhythm_vae:RhythmVAE",\n',
    "music/kinds/__init__.py": '        "rhythm": "musicae.music.kinds.rhythm:RHYTHM",\n',
    "music/representations/__init__.py": '        "rhythm": "musicae.music.representations.rhythm:RhythmGrid",\n',
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the packages, without the shipped weights, to which the toy kind is added."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
    for package, source in FOLDERS.items():
        target = folder / Path(*package.split("."))
        if target.is_symlink():
            target.unlink()
        shutil.copytree(ROOT / source, target, symlinks=True, ignore=ignored)
    for name in FILES:
        target = folder / "musicae" / "music" / name
        assert not target.exists()
        shutil.copy(TOY / name, target)
    for name, line in LINES.items():
        path = folder / "musicae" / name
        text = path.read_text(encoding="utf-8")
        assert text.count("\n    }\n)") == 1, f"{name} holds more than a registry"
        path.write_text(text.replace("\n    }\n)", f"\n{line}    }}\n)"), encoding="utf-8")
    return folder


def test_every_file_of_the_toy_is_used() -> None:
    assert {path.relative_to(TOY).as_posix() for path in TOY.rglob("*.py")} == {*FILES, "use.py"}


def test_own_files_and_three_lines_are_enough(copy: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(TOY / "use.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
