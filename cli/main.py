"""The `musicae` command. Commands are imported when they are run, so that `musicae --help` is instant.

To add a command: one file here with a click command named `command`, one line in `COMMANDS`, one row in the README.
"""

import sys
from importlib import import_module
from importlib.metadata import version

import click

from musicae.errors import MusicaeError, ParameterError

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "data": "Prepare training data and describe them.",
    "evaluate": "Measure a checkpoint on a data set.",
    "info": "Show what a checkpoint or a shipped model says of itself.",
    "inspect": "Show what is in MIDI files and which bars would be taken.",
    "interpolate": "Morph one MIDI file into another.",
    "models": "List the shipped models.",
    "reconstruct": "Encode MIDI files and decode them again.",
    "sample": "Make new music from the model's prior.",
    "train": "Train a model.",
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"musicae.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("musicae"), prog_name="musicae")
def cli() -> None:
    """Autoencoders from digits to melodies: reconstruct, morph and sample MIDI files."""


def main() -> None:
    """Run the command line; errors become one line on stderr and exit status 1 (bad data) or 2 (bad usage)."""
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        status = 130
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except ParameterError as error:
        click.echo(f"Error: {error}", err=True)
        status = 2
    except MusicaeError as error:
        click.echo(f"Error: {error}", err=True)
        status = 1
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        status = 130
    sys.exit(status if isinstance(status, int) else 0)
