"""What is installed, what is imported when, and that imports go one way: cli to datasets to the core."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from support.house import FOLDERS, ROOT, imported, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]


def test_the_list_of_packages_equals_the_folders() -> None:
    found = {name for name, path in modules() if path.name == "__init__.py"}
    assert found == set(SETUPTOOLS["packages"]) and SETUPTOOLS["package-dir"] == FOLDERS


def test_every_folder_of_modules_is_a_package() -> None:
    for name, path in modules():
        assert (path.parent / "__init__.py").exists(), name


def test_the_links_make_an_uninstalled_checkout_work() -> None:
    for name in ("cli", "datasets"):
        link = ROOT / "musicae" / name
        assert link.is_symlink() and link.readlink() == Path("..") / name


def test_types_and_weights_are_shipped() -> None:
    assert SETUPTOOLS["package-data"] == {"musicae": ["py.typed"], "musicae.weights": ["*.safetensors", "*.md", "*.json"]}
    assert (ROOT / "musicae" / "py.typed").exists()


def test_what_is_imported_is_declared() -> None:
    given = PROJECT["project"]["dependencies"] + [
        d for extra in PROJECT["project"]["optional-dependencies"].values() for d in extra
    ]
    declared = {d.split(">")[0].split("=")[0].strip().replace("-", "_") for d in given} | {"musicae"}
    for name, path in modules():
        for module in imported(path):
            top = {"PIL": "pillow"}.get(module.split(".")[0], module.split(".")[0])
            assert top in declared or top in sys.stdlib_module_names, f"{name} imports {top}"


@pytest.mark.parametrize(
    "statement",
    [
        "import musicae",
        "import musicae.cli.main as m; m.cli.main(['--help'], standalone_mode=False)",
        "import musicae.cli.main as m; m.cli.main(['interpolate', '--help'], standalone_mode=False)",
        "from musicae import read, write, Score; from musicae.music.representations import MelodyGrid",
    ],
)
def test_help_and_the_bare_package_load_no_torch(statement: str) -> None:
    code = f"import json, sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "musicae" in loaded
    assert not loaded & {"torch", "music21", "matplotlib", "symusic", "pretty_midi", "rich.table"}
    if "cli" in statement:
        assert "numpy" not in loaded and "Usage: " in done.stdout


def test_public_names_are_there() -> None:
    import musicae

    assert musicae.__all__ == sorted(musicae.__all__) == dir(musicae)
    for name in musicae.__all__:
        assert getattr(musicae, name).__name__ == name
    with pytest.raises(AttributeError, match=r"^module 'musicae' has no attribute 'nothing'$"):
        musicae.nothing  # noqa: B018
