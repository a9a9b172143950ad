"""Generate lesson.ipynb from the scripts, so that the two never differ.

    python examples/lesson/make_notebook.py

The docstring of a script and every block of comments after a line `# %%` become prose; the rest becomes code. No output is
stored.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NOTEBOOK = HERE / "lesson.ipynb"
_INTRODUCTION = """# The autoencoder lesson

Seven chapters, from compressed digits to tunes. Text and code are those of the scripts in the folder of this notebook;
`make_notebook.py` generates it from them. Every chapter stands alone and takes about a minute on one CPU core.

The next cell holds the options of all chapters: `--data-dir FOLDER` with the official files of MNIST (without it, the digits
come from the cache, a download, or the 5,000 of the extra `images`), `--steps 2000` for longer training, `--full` for the whole
schedule of each preset, `--weights MODEL` for weights instead of training."""
_OPTIONS = '''import os

os.environ["MUSICAE_LESSON"] = "--output lesson"'''


def scripts() -> list[Path]:
    """Return the chapters in their order."""
    return sorted(HERE.glob("[0-9]*.py"))


def split(text: str) -> Iterator[tuple[str, str]]:
    """Yield the cells of a script: `markdown` or `code`, and the content."""
    _, head, rest = text.split('"""', 2)
    title, _, prose = head.partition("\n")
    yield "markdown", f"## {title.removesuffix('.')}\n{prose.rstrip()}"
    first, *parts = rest.split("\n# %%\n")
    yield "code", first.strip()
    for part in parts:
        lines = part.splitlines()
        code = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        yield "markdown", "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:code])
        yield "code", "\n".join(lines[code:]).strip()


def cell(kind: str, content: str, name: str) -> dict[str, Any]:
    """Return a cell of notebook format 4.5."""
    result: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": content.splitlines(keepends=True)}
    if kind == "code":
        result |= {"execution_count": None, "outputs": []}
    return result


def notebook() -> str:
    """Return the content of the notebook file."""
    cells = [cell("markdown", _INTRODUCTION, "introduction"), cell("code", _OPTIONS, "options")]
    for path in scripts():
        parts = enumerate(split(path.read_text(encoding="utf-8")))
        cells += [cell(kind, content, f"chapter-{path.stem[:2]}-{i:02d}") for i, (kind, content) in parts if content]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(), encoding="utf-8")
    print(NOTEBOOK)
