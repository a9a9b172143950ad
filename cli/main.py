"""The `musicae` command. Commands are imported when they are run, so that `musicae --help` is instant.

To add a command: one file here with a click command named `command`, one line in `COMMANDS`, one page of the
documentation.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from musicae.cli.support import failures
from musicae.cli.support.lazy_groups import LazyGroup

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "attributes": "Show the musical attributes of tunes.",
    "complete": "Keep a part of a tune and fill the rest.",
    "completion": "Let the Tab key complete commands and names.",
    "continue": "Write bars that follow a phrase.",
    "data": "Prepare training data and describe them.",
    "evaluate": "Measure a checkpoint on a data set.",
    "grid": "Fill a rectangle between two or four tunes.",
    "humanize": "Give quantised drums a drummer's velocity and timing.",
    "image": "Train and use autoencoders of images.",
    "info": "Show the description of a checkpoint or a shipped model.",
    "inspect": "Show what is in music files, and which bars are taken.",
    "interpolate": "Morph one music file into another.",
    "mean": "Make the tune in the middle of several.",
    "models": "List the shipped models.",
    "personalize": "Make a model of your own music.",
    "plot": "Draw music files as piano rolls.",
    "reconstruct": "Encode music files and decode them again.",
    "release": "Write a finished run as one file with a model card.",
    "render": "Play music files into sound files.",
    "sample": "Make new music from the model's prior.",
    "search": "Find phrases like a tune in a folder.",
    "steer": "Move attributes of a tune, such as its density.",
    "train": "Train a model.",
    "vary": "Make variations of a tune.",
}


@click.group(
    cls=LazyGroup, package="musicae.cli.commands", summaries=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="musicae", prog_name="musicae")
def cli() -> None:
    """Autoencoders from digits to melodies: reconstruct, morph and sample MIDI, ABC and MusicXML files."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; errors become one line on stderr and exit status 1 (bad data) or 2 (bad usage).

    Arguments:
        arguments: What to run. [default: the process's arguments]
    """
    try:
        status = cli.main(arguments, prog_name="musicae", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        status = 130
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except Exception as error:  # no traceback ever reaches a user
        if os.environ.get("MUSICAE_TRACEBACK"):
            raise
        click.echo(f"Error: {failures.sentence(error)}", err=True)
        status = failures.status(error)
    sys.exit(status if isinstance(status, int) else 0)
