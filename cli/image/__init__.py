"""`musicae image`: the autoencoder lesson on pictures. Commands are imported when they are run.

To add a command: one file here with a click command named `command`, one line in `COMMANDS`, one row in the README.
"""

from importlib import import_module

import click

from musicae.cli.groups import SuggestingGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "denoise": "Take the noise out of pictures.",
    "evaluate": "Measure a checkpoint on a data set.",
    "interpolate": "Morph one picture into another.",
    "plot": "Draw the lesson's figures of a checkpoint.",
    "reconstruct": "Encode pictures and decode them again.",
    "sample": "Make new pictures from the model's prior.",
    "train": "Train a model.",
    "upscale": "Enlarge small pictures.",
}


class _ImageGroup(SuggestingGroup):
    """A group whose commands live in modules of their own, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"musicae.cli.image.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group("image", cls=_ImageGroup)
def command() -> None:
    """The autoencoder lesson on pictures: train, measure, draw, repair, sample.

    \b
    Example:
        musicae image train conv-vae
        musicae image sample -c runs/conv-vae -n 64 -o sheet.png
    """
