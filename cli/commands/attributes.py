"""`musicae attributes`: what a tune is like, and how to make it more so."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.music.latent.attribute_vectors import Effect, amounts_of, read_vectors
from musicae.music.metrics.attributes import ATTRIBUTES

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("attributes")
@click.argument("file", required=False, type=options.midi_file)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=AMOUNT",
    help="Move this attribute by so many standard deviations, as in density=+1.5; may be given several times.",
)
@click.option("--table", "as_table", is_flag=True, help="Print the measured effect of each attribute on each, and stop.")
@inputs.reading(options.checkpoint)
@options.decoding()
@renditions.results("", "A .mid file, or a folder. [default: NAME.attributes.mid in this folder]")
def command(
    file: Path | None,
    settings: tuple[str, ...],
    as_table: bool,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Tell the musical attributes of a phrase of FILE; with --set, move some of them and hold the others.

    The attributes are density (notes a quarter note), interval (mean leap in semitones), range (semitones), syncopation,
    register (mean pitch) and scale (how well the notes fit a key). Amounts are standard deviations over the training data:
    +1.5 is much more, -0.5 a little less. Prints the attributes before and after; what was reached is told too, since not
    every tune can be moved everywhere.

    \b
    Example:
        musicae attributes tune.mid
        musicae attributes tune.mid --set density=+1.5 --set range=-1 -o busier.mid
        musicae attributes --table
    """
    amounts = amounts_of(settings)
    checkpoint = str(reading.checkpoint)
    if as_table:
        _table(checkpoint)
        return
    if file is None:
        raise click.UsageError("Give a FILE, or --table.")
    targets = results.claim([f"{file.stem}.attributes.mid"]) if amounts else []
    model, [phrase] = reading.take(file)

    from musicae.checkpoints.shipped import find_weights
    from musicae.music.tasks.steer import attributes_of, steer

    vectors = read_vectors(find_weights(checkpoint))
    facts = {"file": str(file), "attributes": attributes_of(model, phrase, vectors)}
    if not amounts:
        click.echo(json.dumps(facts))
        return
    shifted = steer(model, phrase, vectors, amounts, decoding)
    extra = results.write([shifted.score], targets)
    moved = {name: round(value, 2) for name, value in shifted.moved.items()}
    click.echo(json.dumps({**facts, "output": str(targets[0]), "moved": moved} | renditions.named(extra)))


def _table(checkpoint: str) -> None:
    """Print what steering does, as measured when the vectors were computed."""
    from musicae.checkpoints.shipped import find_weights

    vectors = read_vectors(find_weights(checkpoint))
    click.echo(f"Attribute vectors of {checkpoint}, from {vectors.data}.", err=True)
    for effect, title in ((vectors.searched, "steered"), (vectors.alone, "a step along the vectors alone")):
        if effect is not None:
            _show(effect, f"{title}: {effect.samples} prior samples, {effect.amount:+g} sd; median change in sd")


def _show(effect: Effect, title: str) -> None:
    from musicae.cli.support.tables import console, table

    shown = table(("set", "right way", *ATTRIBUTES), title=title)
    for name, right, changes in zip(ATTRIBUTES, effect.right, effect.change, strict=True):
        shown.add_row(name, f"{right:.1%}", *(f"{change:+.2f}" for change in changes))
    console().print(shown)
