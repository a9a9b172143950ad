"""Every function that `musicae` exports has an example in its docstring, and the examples print what they show."""

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

import musicae
from builder.blocks import prepare
from support.house import modules

WITH_EXAMPLES = [name for name, path in modules() if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", [name for name in musicae.__all__ if inspect.isfunction(getattr(musicae, name))])
def test_an_exported_function_has_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(getattr(musicae, name)) or "")


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_print_what_they_show(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0 and result.failed == 0
