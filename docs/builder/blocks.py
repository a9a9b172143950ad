"""The code blocks of README and documentation: read, run, compared with the output on the page, and written again.

    python -m builder.blocks [PAGE ...]      # run every block and write its output into the page

A console block holds commands after `$ ` with their output below; three dots stand for anything. A Python block continues those
above it on its page; a block of text with the title `output` that follows one holds what it prints. A block with a title is a
file. A block that is not run has the reason in its fence: ``` { .console no-run="trains for an hour" }.
"""

import contextlib
import glob
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicae.cli.main import main as musicae

__all__ = ["Block", "blocks", "commands", "matches", "pages", "prepare", "run_page"]

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<head>[^`\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_RUN = ("console", "python")
_PROGRESS = re.compile(r"^.*: \d+ of \d+(, about \d+ s left)?$\n?", re.MULTILINE)  # printed by slow machines only
_WIDTH = "100"  # columns of the terminal whose output the pages show


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Arguments:
        language: Its language, such as console.
        attributes: The other attributes of its fence, such as title.
        text: Its content, without the indent of the fence.
        line: The line of its first content line, from 1.
        span: Where the content begins and ends in the page.
        indent: What stands before each of its lines.
    """

    language: str
    attributes: dict[str, str]
    text: str
    line: int
    span: tuple[int, int]
    indent: str

    @property
    def runs(self) -> bool:
        """Whether the block is to be run."""
        return self.language in _RUN and not {"no-run", "title"} & set(self.attributes)


def pages() -> list[Path]:
    """Return README and all pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    out = []
    for match in _FENCE.finditer(text):
        head, indent = match["head"].strip(), match["indent"]
        language = (re.match(r"\{?\s*\.?([\w+-]*)", head) or [""])[1] if head else ""
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', head))
        content = "\n".join(line.removeprefix(indent) for line in match["text"].splitlines())
        line = text.count("\n", 0, match.start("text")) + 1
        out.append(Block(language, attributes, content, line, match.span("text"), indent))
    return out


def commands(block: Block) -> list[tuple[str, str]]:
    """Return the commands of a console block and the output below each."""
    out: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            out.append((line[2:], []))
        elif out and out[-1][0].endswith("\\"):
            out[-1] = (f"{out[-1][0][:-1]}{line.strip()}", out[-1][1])
        elif out:
            out[-1][1].append(line)
        else:
            raise ValueError(f"Line {block.line}: a console block begins with a command after `$ `.")
    return [(command, "\n".join(output).strip("\n")) for command, output in out]


def matches(expected: str, output: str) -> bool:
    """Return whether output is what a page shows.

    Three dots on the page stand for anything. Decimals may differ, since another processor rounds sums otherwise, and so may
    blanks. Lines of progress, which a slow machine prints, are dropped.
    """
    pattern = r".*?".join(re.escape(_stable(part)) for part in re.split(r"\.\.\.|…", expected))
    return re.fullmatch(pattern.strip(), _stable(_PROGRESS.sub("", output)).strip(), re.DOTALL) is not None


def _stable(text: str) -> str:
    text = re.sub(r"\d*\.\d+(e-?\d+)?", "0.0", text.replace("\\", "/") if os.name == "nt" else text)
    return re.sub(r"\s+", " ", text)


def prepare(folder: Path) -> None:
    """Fill a folder with the examples, as a checkout has them."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("lesson", "__pycache__"))


def run_page(path: Path) -> Iterator[tuple[Block, str, str]]:
    """Run the blocks of a page in the current folder and yield each with the output on the page and the real one.

    Of a console block, `expected` and `output` hold the whole block, commands included.

    Raises:
        RuntimeError: a command failed that shows no error on the page.
    """
    listing, names = blocks(path.read_text(encoding="utf-8")), {"__name__": "page"}
    for i, block in enumerate(listing):
        if not block.runs:
            continue
        if block.language == "console":
            pairs = [(command, expected, _run(command, path, block)) for command, expected in commands(block)]
            yield block, _joined([p[:2] for p in pairs]), _joined([(c, o if not matches(e, o) else e) for c, e, o in pairs])
        else:
            output, following = _python(block, path, names), listing[i + 1 : i + 2]
            if following and following[0].attributes.get("title") == "output":
                yield following[0], following[0].text, following[0].text if matches(following[0].text, output) else output


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"$ {command}\n{output}" if output else f"$ {command}" for command, output in pairs)


def _python(block: Block, path: Path, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        # Line numbers of a traceback are those of the page.
        exec(compile("\n" * (block.line - 1) + block.text, str(path), "exec"), names)
    return output.getvalue()


def _run(command: str, path: Path, block: Block) -> str:
    """Return what a command prints, on stdout and stderr; `musicae` runs in this process, all else in a shell."""
    words = shlex.split(command, comments=True)
    if words[0] == "musicae" and not set(words) & {"|", ">", "&&", ";"}:
        status, output = _musicae(_expanded(command))
    else:
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        status, output = done.returncode, done.stdout
    if status and "Error" not in block.text:
        raise RuntimeError(f"{path.name}, line {block.line}: `{command}` exits with status {status}.\n{output}")
    return "\n".join(line.rstrip() for line in _PROGRESS.sub("", output).strip("\n").splitlines())


def _expanded(command: str) -> list[str]:
    """Return the arguments of a command; patterns that are not quoted are filled in, as a shell does."""
    out: list[str] = []
    for word in shlex.split(command, comments=True)[1:]:
        quoted = f"'{word}'" in command or f'"{word}"' in command
        out += (sorted(glob.glob(word)) if not quoted and set(word) & set("*?") else []) or [word]
    return out


def _musicae(arguments: list[str]) -> tuple[int, str]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            musicae(arguments)
        except SystemExit as stopped:
            return int(stopped.code or 0), output.getvalue()


def write(path: Path) -> bool:
    """Run a page's blocks in an empty folder and write their output into it; return whether anything changed."""
    text = path.read_text(encoding="utf-8")
    changes: list[tuple[Block, str]] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare(Path(folder))
        changes += [(block, output) for block, expected, output in run_page(path) if output != expected]
    for block, output in reversed(changes):
        content = "".join(f"{block.indent}{line}".rstrip() + "\n" for line in output.splitlines())
        text = text[: block.span[0]] + content + text[block.span[1] :]
    path.write_text(text, encoding="utf-8")
    return bool(changes)


def main(arguments: list[str]) -> None:
    """Write the output of all blocks, or of those of the given pages."""
    os.environ |= {"COLUMNS": _WIDTH, "MUSICAE_MIRRORS": ""}
    failed = 0
    for path in [Path(a).resolve() for a in arguments] or pages():
        try:
            result = "changed" if write(path) else "unchanged"
        except Exception as error:  # a page that fails stops no other
            result, failed = f"failed: {type(error).__name__}: {error}\n", failed + 1
        print(f"{path.relative_to(ROOT)}: {result}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
