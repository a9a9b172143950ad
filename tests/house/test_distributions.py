"""What is built for others: a wheel with every package, the types and the weights, and a source distribution with the tests."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from support.house import ROOT, modules

WEIGHTS = sorted(
    path.name for path in (ROOT / "musicae" / "weights").iterdir() if path.suffix in (".safetensors", ".md", ".json")
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both distributions from a clean copy, by the setuptools that is installed, and return their folder."""
    folder, copy = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("source") / "musicae"
    ignored = shutil.ignore_patterns(
        ".*cache", ".hypothesis", ".git", ".venv", "__pycache__", "build", "dist", "runs", "*.egg-info"
    )
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def names(built: Path, suffix: str) -> set[str]:
    [path] = built.glob(f"*{suffix}")
    if suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return set(wheel.namelist())
    with tarfile.open(path) as source:
        return {member.name.partition("/")[2] for member in source.getmembers()}


def test_the_wheel_holds_every_module_the_types_and_the_weights(built: Path) -> None:
    found = names(built, ".whl")
    expected = {f"{name.replace('.', '/')}{'/__init__' if path.name == '__init__.py' else ''}.py" for name, path in modules()}
    assert expected <= found
    assert {"musicae/py.typed", *(f"musicae/weights/{name}" for name in WEIGHTS)} <= found


def test_the_wheel_holds_nothing_else(built: Path) -> None:
    tops = {name.partition("/")[0] for name in names(built, ".whl")}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"musicae"}


def test_the_source_distribution_holds_what_the_tests_and_the_site_need(built: Path) -> None:
    found = names(built, ".tar.gz")
    assert {"Makefile", "constraints.txt", "mkdocs.yml", "CHANGELOG.md", "CITATION.cff", "docs/hooks.py"} <= found
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py")} - found == set()
    assert {str(path.relative_to(ROOT)) for _, path in modules()} - found == set()


def test_the_distributions_can_be_published(built: Path) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
