"""The reference: one page per package folder, with the docstrings of its modules; a new module appears by itself."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import musicae

__all__ = ["modules", "navigation", "pages", "public_names"]

ROOT = Path(__file__).resolve().parents[2]
# Commands are documented by the command-line reference, weights by their model cards.
_ELSEWHERE = ("musicae.cli.commands", "musicae.weights")


def modules() -> dict[str, list[str]]:
    """Return the public modules of every package folder, by the package's full name."""
    folders: dict[str, list[str]] = {}
    for name, path in sorted(_packages()):
        files = sorted(p.stem for p in path.glob("*.py") if not p.stem.startswith("_"))
        if not name.startswith(_ELSEWHERE):
            folders[name] = [f"{name}.{stem}" for stem in files]
    return folders


def pages() -> dict[str, str]:
    """Return the Markdown of the reference pages, by address."""
    return {_address(name): "\n".join(_page(name, members)) for name, members in modules().items()}


def navigation() -> list[Any]:
    """Return the reference's part of the navigation: the core's folders, then those of each wing."""
    return [{name.removeprefix("musicae.") or name: _address(name)} for name in modules()]


def public_names() -> str:
    """Return a table of the names importable from `musicae`, each linked to its docstring."""
    rows = ["| name | what it is |", "| --- | --- |"]
    for name in musicae.__all__:
        value = getattr(musicae, name)
        summary = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
        rows.append(f"| [`{name}`][{value.__module__}.{value.__qualname__}] | {summary} |")
    return "\n".join(rows)


def _address(name: str) -> str:
    return f"reference/{name}.md"


def _page(name: str, members: list[str]) -> Iterator[str]:
    yield from (f"# {name}", "", f"::: {name}")
    own = ", ".join(_definitions(name))
    listed = f"      members: [{own}]" if own else "      members: false"
    yield from ("    options:", listed, "      show_root_heading: false", "      heading_level: 2", "")
    for member in members:
        yield from (f"::: {member}", "    options:", "      heading_level: 2", "")


def _definitions(package: str) -> list[str]:
    """Return the public functions and classes that a package's own file defines."""
    tree = ast.parse((dict(_packages())[package] / "__init__.py").read_text(encoding="utf-8"))
    return [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]


def _packages() -> Iterator[tuple[str, Path]]:
    """Yield full name and folder of every package; the links musicae/cli and musicae/datasets are not followed."""
    for package, folder in (("musicae", "musicae"), ("musicae.cli", "cli"), ("musicae.datasets", "datasets")):
        for path in (ROOT / folder).rglob("__init__.py"):
            parts = path.parent.relative_to(ROOT / folder).parts
            if package != "musicae" or not parts or parts[0] not in ("cli", "datasets"):
                yield ".".join([package, *parts]), path.parent
