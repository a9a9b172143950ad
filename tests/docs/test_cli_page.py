"""The command-line reference is what the commands state."""

import click

from builder.cli_page import PAGE, text
from musicae.cli.main import cli


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run `make docs-outputs`"


def test_every_command_and_option_is_on_it() -> None:
    page = PAGE.read_text(encoding="utf-8")

    def check(group: click.Group, name: str) -> None:
        for member in group.list_commands(click.Context(group)):
            command = group.get_command(click.Context(group), member)
            assert command is not None and f"# {name} {member}\n" in page
            for parameter in command.params:
                assert not isinstance(parameter, click.Option) or parameter.hidden or parameter.opts[-1] in page
            if isinstance(command, click.Group):
                check(command, f"{name} {member}")

    check(cli, "musicae")
