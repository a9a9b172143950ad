"""What is installed, what is imported when, and that imports go one way: cli to datasets to the core."""

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS = {"musicae": "musicae", "musicae.cli": "cli", "musicae.datasets": "datasets"}
MIDI_LIBRARIES = {"pretty_midi", "symusic", "mido", "miditoolkit"}


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the full name and the file of every module; the links musicae/cli and musicae/datasets are not followed."""
    for package, folder in FOLDERS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            if package == "musicae" and parts[0] in ("cli", "datasets"):
                continue
            yield ".".join([package, *parts]).removesuffix(".__init__"), path


@cache
def imported(path: Path) -> frozenset[str]:
    """Return what a module imports, at once or later."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            names |= {str(node.module), *(f"{node.module}.{a.name}" for a in node.names)}
    return frozenset(names)


def within(name: str, *packages: str) -> bool:
    """Return whether a module lies in one of the packages."""
    return any(name == p or name.startswith(f"{p}.") for p in packages)


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


def test_the_core_knows_neither_data_sets_nor_commands_and_data_sets_know_no_commands() -> None:
    for name, path in modules():
        names = imported(path)
        if not within(name, "musicae.cli"):
            assert not {n for n in names if within(n, "musicae.cli", "click", "rich")}, name
        if not within(name, "musicae.cli", "musicae.datasets"):
            assert not {n for n in names if within(n, "musicae.datasets")}, name
        if not within(name, "musicae.cli", "musicae.datasets", "musicae.notation"):
            assert not {n for n in names if within(n, "music21")}, name


def test_representations_know_no_model_and_models_no_trainer() -> None:
    for name, path in modules():
        names = imported(path)
        if within(name, "musicae.representations", "musicae.score", "musicae.midi", "musicae.selection"):
            assert not {n for n in names if within(n, "torch", "musicae.models", "musicae.batch", "musicae.nn")}, name
        if within(name, "musicae.models"):
            later = ("training", "checkpoint", "latent", "hub", "presets", "music", "midi", "metrics", "runs")
            assert not {n for n in names if within(n, *(f"musicae.{m}" for m in later))}, name


def test_only_the_modules_of_midi_know_a_midi_library() -> None:
    assert imported(ROOT / "musicae" / "midi.py") >= {"pretty_midi", "symusic"}
    for name, path in modules():
        if name not in ("musicae.midi", "musicae.midi_events"):
            assert not {n for n in imported(path) if within(n, *MIDI_LIBRARIES)}, name


@pytest.mark.parametrize(
    "statement",
    [
        "import musicae",
        "import musicae.cli.main as m; m.cli.main(['--help'], standalone_mode=False)",
        "import musicae.cli.main as m; m.cli.main(['interpolate', '--help'], standalone_mode=False)",
        "from musicae import read_midi, write_midi, MelodyGrid, Score",
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
