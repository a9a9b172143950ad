"""`musicae steer`: more or less of a tune's attributes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.checkpoints.shipped import find_weights
from musicae.cli.support import completions, inputs, options, renditions
from musicae.music.latent.attribute_vectors import amounts_of, read_vectors

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("steer")
@click.argument("file", type=options.music_file)
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="NAME=AMOUNT",
    help="Move this attribute by so many standard deviations, as in density=+1.5; may be given several times.",
    shell_complete=completions.attributes,
)
@inputs.reading(options.checkpoint)
@options.decoding()
@renditions.results("", "A .mid, .abc or .musicxml file, or a folder. [default: NAME.steered.mid in this folder]")
def command(
    file: Path,
    settings: tuple[str, ...],
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Move some musical attributes of a phrase of FILE, or of all of it, and hold the others.

    The attributes are density (notes per quarter note), interval (mean leap in semitones), range (semitones), syncopation,
    register (mean pitch) and scale (how well the notes fit a key). Amounts are standard deviations over the training data:
    +1.5 is much more, -0.5 a little less. With --whole every phrase of the file is moved by the same amounts. Not every tune
    can be moved everywhere, so the output shows how far each attribute moved. `musicae attributes` shows the attributes of a
    tune, and what steering does to them.

    \b
    Example:
        musicae steer --set density=+1.5 --set range=-1 -o busier.mid tune.mid
    """
    amounts = amounts_of(settings)
    [target] = results.claim([f"{file.stem}.steered.mid"])
    vectors = read_vectors(find_weights(str(reading.checkpoint)))
    model, [excerpt] = reading.take(file)

    from musicae.music.tasks.steer import attributes_of, steer

    before = attributes_of(model, excerpt.music, vectors)
    steered = steer(model, excerpt.music, vectors, amounts, decoding)
    moved = {name: round(value, 2) for name, value in steered.moved.items()}
    goals = [f"{name} {moved[name]:+.2f} of {amount:+.2f}" for name, amount in amounts.items()]
    others = [f"{name} {value:+.2f}" for name, value in moved.items() if name not in amounts]
    text = f"{excerpt} with {', '.join(goals)}; {', '.join(others)} (standard deviations)"
    facts = {**excerpt.facts, "attributes": before, "moved": moved}
    results.write(renditions.Result(steered.score, target, text, facts))
