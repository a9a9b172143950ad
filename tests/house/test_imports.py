"""The import rules, stated over folders so that every new file is born under them.

A module may import modules of its own layer's folder and of lower layers; two folders of one layer never import each other.
"""

import subprocess
import sys
from functools import cache

import pytest

from support.house import imported, modules, within

# From low to high. Folders on one line are strangers to each other; a module below a folder belongs to its longest prefix.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("musicae.errors", "musicae.weights"),
    ("musicae.core",),
    ("musicae.checkpoints",),
    ("musicae.training",),
    ("musicae.music.score", "musicae.images"),
    ("musicae.music.scales", "musicae.music.general_midi"),
    ("musicae.music.decoding", "musicae.music.summary", "musicae.music.formats", "musicae.music.representations"),
    ("musicae.music.excerpts",),
    ("musicae.music.models",),
    ("musicae.music.metrics",),
    ("musicae.music.kinds",),
    ("musicae.music.latent", "musicae.music.windows"),
    ("musicae.music.model", "musicae.music.recipes"),
    ("musicae.music.tasks", "musicae.music.experiment"),
    ("musicae.music.evaluation",),
    ("musicae.sound",),
    ("musicae.plots",),
    ("musicae", "musicae.music"),
    ("musicae.datasets",),
    ("musicae.cli",),
)
RANK = {folder: rank for rank, layer in enumerate(LAYERS) for folder in layer}
PARTS = {name for name, _ in modules()}
# A score or a morph shows or converts itself when asked; nothing else looks up.
EXCEPTIONS = {
    ("musicae.music.score", "musicae.music.formats.midi_objects"),
    ("musicae.music.score", "musicae.music.summary"),
    ("musicae.music.score", "musicae.plots.notebook"),
    ("musicae.music.tasks.interpolate", "musicae.plots.notebook"),
}

NO_TORCH = ("score", "scales", "general_midi", "summary", "decoding", "formats", "representations", "excerpts")
MIDI_LIBRARIES = ("pretty_midi", "symusic", "mido", "miditoolkit")


def place(name: str) -> str:
    """Return the folder (or single module) of `LAYERS` that a module belongs to."""
    while name not in RANK:
        name = name.rpartition(".")[0]
    return name


@cache
def ours(name: str) -> frozenset[str]:
    """Return the modules of the house that a module imports, at once or later."""
    found = {n if n in PARTS else n.rpartition(".")[0] for n in imported(dict(modules())[name]) if within(n, "musicae")}
    return frozenset(n for n in found if n in PARTS and n != name)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_module_imports_lower_layers_and_its_own_folder_only(name: str) -> None:
    here = place(name)
    for other in ours(name):
        there = place(other)
        allowed = there == here or RANK[there] < RANK[here] or (name, other) in EXCEPTIONS
        assert allowed, f"{name} imports {other}"


def test_the_wings_never_import_each_other() -> None:
    for name in PARTS:
        for wing, other in (("musicae.music", "musicae.images"), ("musicae.images", "musicae.music")):
            assert not within(name, wing) or not any(within(n, other) for n in ours(name)), name


def test_an_exception_is_used() -> None:
    assert all(other in ours(name) for name, other in EXCEPTIONS)


def test_no_circle_within_a_folder_or_between_folders() -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"a circle: {' -> '.join([*path[path.index(name) :], name])}"
        if name not in done:
            for other in ours(name):
                if (name, other) not in EXCEPTIONS:
                    visit(other, (*path, name))
            done.add(name)

    for name in sorted(PARTS):
        visit(name, ())


def test_only_the_midi_format_knows_a_midi_library() -> None:
    for name, path in modules():
        if not name.startswith("musicae.music.formats.midi"):
            assert not any(within(n, *MIDI_LIBRARIES) for n in imported(path)), name


def test_only_the_writer_of_musicxml_imports_music21() -> None:
    for name, path in modules():
        if name != "musicae.music.formats.musicxml_writing":
            assert not any(within(n, "music21") for n in imported(path)), name


def test_only_the_command_line_knows_click_and_rich() -> None:
    for name, path in modules():
        if not within(name, "musicae.cli"):
            assert not any(within(n, "click", "rich", "fastapi") for n in imported(path)), name


def test_what_needs_no_tensors_loads_no_torch() -> None:
    folders = [f"musicae.music.{f}" for f in NO_TORCH] + ["musicae.sound", "musicae.plots.piano_roll"]
    names = sorted(n for n in PARTS if within(n, *folders))
    code = (
        f"import sys, importlib\nfor n in {names!r}:\n    importlib.import_module(n)\n    assert 'torch' not in sys.modules, n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
