"""The modules of the house and what each imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {"musicae": "musicae", "musicae.cli": "cli", "musicae.datasets": "datasets"}


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


@cache
def documentation() -> str:
    """Return the text of the README and of all pages of the documentation that are written by hand."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)
