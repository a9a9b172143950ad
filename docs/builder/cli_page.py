"""The command-line reference, docs/cli.md, from the commands themselves.

python -m builder.cli_page
"""

import html
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from musicae.cli.main import cli

__all__ = ["PAGE", "text"]

PAGE = Path(__file__).resolve().parents[1] / "cli.md"
_HEAD = """<!-- Made by `make docs-outputs` from the commands; do not edit. -->
# Command line

Every command prints its results on stdout and everything else on stderr. Exit status 1 means bad data, 2 bad usage. `-h` and
`--help` show the text below. The [how-to pages](how-to/index.md) are sorted by what you want to do.
"""


def text() -> str:
    """Return the page."""
    parts = [_HEAD, *(_section(names, command) for names, command in _commands(cli, ("musicae",)))]
    return "\n".join(parts)


def _commands(group: click.Group, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the full names of all commands and the commands, groups before their members."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*names, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, (*names, name))


def _section(names: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(names))
    context.help_option_names = ["-h", "--help"]
    usage = command.get_usage(context).removeprefix("Usage: ")
    parts = [f"{'#' * min(len(names), 3)} {' '.join(names)}", f"```text\n{' '.join(usage.split())}\n```"]
    parts += [*_paragraphs(command.help), *_members(command, names), _options(command, context), *_epilog(command, context)]
    return "\n\n".join(parts) + "\n"


def _paragraphs(help_text: str | None) -> Iterator[str]:
    """Yield the paragraphs of a help text; those after an escaped backspace, whose lines stay as they are, become code."""
    for paragraph in inspect.cleandoc(help_text or "").split("\n\n"):
        if paragraph.startswith("\b"):
            title, *lines = paragraph.removeprefix("\b\n").splitlines()
            yield f"{title}\n\n```text\n{inspect.cleandoc(chr(10).join(lines))}\n```"
        elif paragraph:
            yield _escaped(" ".join(paragraph.split()))


def _members(command: click.Command, names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(command, click.Group):
        yield "\n".join(f"- [`{name}`](#{'-'.join((*names, name))})" for name in command.list_commands(click.Context(command)))


def _options(command: click.Command, context: click.Context) -> str:
    options = [p for p in command.get_params(context) if isinstance(p, click.Option)]
    rows = [record for option in options if (record := option.get_help_record(context)) is not None]
    lines = [f"| `{option}` | {_escaped(text)} |" for option, text in rows]
    return "\n".join(["| Option | Meaning |", "| --- | --- |", *lines])


def _epilog(command: click.Command, context: click.Context) -> Iterator[str]:
    formatter = click.HelpFormatter(width=100)
    command.format_epilog(context, formatter)
    if formatter.getvalue().strip():
        yield f"```text\n{formatter.getvalue().strip()}\n```"


def _escaped(text: str) -> str:
    """Return text as Markdown shows it literally, except for code in backticks."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    plain = (re.sub(r"([\\*_|\[\]])", r"\\\1", html.escape(part, quote=False)) for part in parts[::2])
    code = (*parts[1::2], "")
    return "".join(a + b for a, b in zip(plain, code, strict=True))


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(PAGE)
