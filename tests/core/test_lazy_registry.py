"""Registries of names whose values are imported on first use."""

import subprocess
import sys
from typing import Any

import pytest

from musicae.core.lazy_registry import Registry, import_path
from musicae.core.registry import MODELS
from musicae.datasets.music.collections import COLLECTIONS
from musicae.music.kinds import KINDS
from musicae.music.representations import REPRESENTATIONS

ALL: dict[str, Registry[Any]] = {
    "MODELS": MODELS,
    "COLLECTIONS": COLLECTIONS,
    "KINDS": KINDS,
    "REPRESENTATIONS": REPRESENTATIONS,
}


def test_a_registry_is_a_mapping_in_the_order_of_its_lines() -> None:
    registry: Registry[object] = Registry({"b": "math:pi", "a": "collections.abc:Mapping"})
    assert list(registry) == ["b", "a"] and len(registry) == 2 and "a" in registry and "c" not in registry
    assert registry["b"] == pytest.approx(3.14159, abs=1e-5) and registry.get("c") is None
    with pytest.raises(KeyError):
        registry["c"]


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys\nfrom musicae.core.lazy_registry import Registry\n"
        "r = Registry({'x': 'wave:open'})\nassert 'x' in r and list(r) == ['x'] and 'wave' not in sys.modules\n"
        "r['x']\nassert 'wave' in sys.modules and not {'numpy', 'torch'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_import_path_without_an_object_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_path("musicae.nothing:Thing")
    with pytest.raises(AttributeError):
        import_path("musicae.errors:Nothing")


@pytest.mark.parametrize("name", ALL)
def test_every_line_of_every_registry_names_its_value(name: str) -> None:
    for key, value in ALL[name].items():
        assert value.name == key
