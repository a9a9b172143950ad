"""The lesson as pages: the scripts' text and code, with what each piece printed and drew when the assets were made.

    python -m builder.lesson [OPTION ...]

runs all chapters with the lesson's options, such as `--data-dir path/to/mnist`, and stores plots and printed lines.
"""

import contextlib
import io
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

__all__ = ["navigation", "pages"]

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "examples" / "lesson"
PLOTS = ROOT / "docs" / "assets" / "lesson"
# The shipped weights: the pages show what models can do, and a reader's own run trains them.
_WEIGHTS = ("vae-2d", "conv-vae", "cvae", "denoise", "superres")
_COLOURS = 64  # of a stored plot


def pages() -> dict[str, str]:
    """Return the Markdown of the chapters, by address."""
    return {f"tutorials/lesson-{path.stem[:2]}.md": _page(path) for path in _scripts()}


def navigation() -> list[dict[str, str]]:
    """Return the chapters' part of the navigation."""
    return [{_title(path): f"tutorials/lesson-{path.stem[:2]}.md"} for path in _scripts()]


def _scripts() -> list[Path]:
    return sorted(LESSON.glob("[0-9]*.py"))


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").split('"""')[1].splitlines()[0].rstrip(".")


def _page(path: Path) -> str:
    printed = json.loads((PLOTS / "printed.json").read_text(encoding="utf-8"))[path.stem]
    parts = [
        "---\nhide:\n  - toc\n---",
        f"# {_title(path)}",
        f"This is `examples/lesson/{path.name}`, with what it prints and draws.",
    ]
    for number, (kind, content) in enumerate(_cells(path)):
        if kind == "markdown":
            parts.append(re.sub(r"^## .*\n", "", content) if number == 0 else content)
        elif content:
            parts.append(f"```python\n{content}\n```")
            parts += _results(printed.get(str(number), ""))
    return "\n\n".join(parts) + "\n"


def _results(printed: str) -> Iterator[str]:
    """Yield what a cell printed, and the plots whose names are among it."""
    text = re.sub(r"^Plot: .*\n?", "", printed, flags=re.MULTILINE).rstrip()
    if text:
        yield f'``` {{ .text .wrapped title="output" }}\n{text}\n```'
    for name in re.findall(r"^Plot: .*?([\w-]+)\.png$", printed, re.MULTILINE):
        yield f"![{name[3:].replace('-', ' ')}](../assets/lesson/{name}.png)"


def _cells(path: Path) -> list[tuple[str, str]]:
    """Return the cells of a script, as the notebook has them."""
    sys.path.insert(0, str(LESSON))
    try:
        return list(import_module("make_notebook").split(path.read_text(encoding="utf-8")))
    finally:
        sys.path.remove(str(LESSON))


def run(options: list[str]) -> None:
    """Run all chapters and store their plots, and what their cells print, under docs/assets/lesson."""
    weights = [word for name in _WEIGHTS for word in ("--weights", name)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MUSICAE_LESSON"] = shlex.join([*weights, *options, "--output", folder])
        printed = {path.stem: _run(path) for path in _scripts()}
        PLOTS.mkdir(parents=True, exist_ok=True)
        for old in PLOTS.glob("*.png"):
            old.unlink()
        for plot in Path(folder).glob("*.png"):
            with Image.open(plot) as image:
                image.convert("RGB").quantize(_COLOURS).save(PLOTS / plot.name, optimize=True)
        text = json.dumps(printed, indent=1, ensure_ascii=False).replace(folder, "lesson")
    (PLOTS / "printed.json").write_text(f"{text}\n", encoding="utf-8")


def _run(path: Path) -> dict[str, str]:
    print(f"{path.name} ...", flush=True)
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = {}
    sys.path.insert(0, str(LESSON))
    for number, (kind, content) in enumerate(_cells(path)):
        if kind == "code" and content:
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(content, f"{path.name}, cell {number}", "exec"), names)
            if output.getvalue():
                printed[str(number)] = output.getvalue()
    sys.path.remove(str(LESSON))
    return printed


if __name__ == "__main__":
    run(sys.argv[1:])
