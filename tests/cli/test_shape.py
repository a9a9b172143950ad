"""Laws over all commands: an option has one meaning everywhere, and no command function is large."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from musicae.cli.main import cli
from musicae.cli.support.result_lines import JSON_HELP

ROOT = Path(__file__).parents[2]
MOST_PARAMETERS, MOST_LINES = 8, 40
TALKS_TO_THE_SHELL = ("completion",)  # prints a script, not results


def commands(group: click.Group = cli, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the full names of all commands that do something, and the commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


ALL = dict(commands())
each_command = pytest.mark.parametrize("name", ALL)


def flags(command: click.Command) -> dict[str, click.Option]:
    return {flag: p for p in command.params if isinstance(p, click.Option) for flag in p.opts}


def function(command: click.Command) -> Any:
    """Return the function below all bundles of options."""
    assert command.callback is not None
    return inspect.unwrap(command.callback)


@each_command
def test_a_command_takes_at_most_eight_values_each_by_its_name(name: str) -> None:
    parameters = inspect.signature(function(ALL[name])).parameters.values()
    assert len(parameters) <= MOST_PARAMETERS, list(parameters)
    assert all(p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD for p in parameters), "no **options"


def test_no_function_is_longer_than_forty_lines() -> None:
    for path in (ROOT / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                documented = ast.get_docstring(node) is not None
                first = node.body[1] if documented and len(node.body) > 1 else node.body[0]
                lines = (node.end_lineno or 0) - first.lineno + 1
                assert lines <= MOST_LINES, f"{path}: {node.name} has {lines} lines"


@each_command
def test_json_has_one_meaning(name: str) -> None:
    option = flags(ALL[name]).get("--json")
    if name in TALKS_TO_THE_SHELL:
        assert option is None
    else:
        assert option is not None and option.is_flag and option.help == JSON_HELP


@each_command
def test_count_is_the_number_of_results(name: str) -> None:
    option = flags(ALL[name]).get("--count")
    if option is not None:
        assert option.opts == ["--count", "-n"] and option.help is not None
        assert option.help.startswith("Number of "), "and then of what"


@pytest.mark.parametrize("flag", ["--device", "--force", "--json", "--keep-tracks", "--whole", "--exact", "--out-template"])
def test_a_flag_has_one_help_text(flag: str) -> None:
    texts = {option.help for command in ALL.values() if (option := flags(command).get(flag))}
    assert len(texts) == 1


@each_command
def test_a_short_option_has_one_long_form(name: str) -> None:
    long = {"-o": "--output", "-c": "--checkpoint"}
    for flag, option in flags(ALL[name]).items():
        if flag in long:
            assert long[flag] in option.opts


def test_no_command_prints_by_hand() -> None:
    allowed = {"result_lines.py", "completion.py"}
    for path in (ROOT / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if path.name not in allowed and isinstance(node, ast.Call) and ast.unparse(node.func) in ("click.echo", "print"):
                assert "err" in {k.arg for k in node.keywords}, f"{path}:{node.lineno} prints on stdout"
