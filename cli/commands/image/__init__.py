"""`musicae image`: the autoencoder lesson on images. Commands are imported when they are run.

To add a command: one file here with a click command named `command`, one line in `COMMANDS`, a paragraph in the
documentation.
"""

import click

from musicae.cli.support.lazy_groups import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS = {
    "denoise": "Remove noise from images.",
    "evaluate": "Measure a checkpoint on a data set.",
    "interpolate": "Morph one image into another.",
    "plot": "Draw the lesson's plots of a checkpoint.",
    "reconstruct": "Encode images and decode them again.",
    "sample": "Make new images from the model's prior.",
    "train": "Train a model.",
    "upscale": "Enlarge small images.",
}


@click.group("image", cls=LazyGroup, package="musicae.cli.commands.image", summaries=COMMANDS)
def command() -> None:
    """The autoencoder lesson on images: train, measure, draw, repair, sample.

    \b
    Example:
        musicae image train conv-vae
        musicae image sample -c runs/conv-vae -n 64 -o sheet.png
    """
