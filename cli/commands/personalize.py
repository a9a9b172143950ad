"""`musicae personalize`: a model of one's own music."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files as batches
from musicae.cli.support import options
from musicae.cli.support.outputs import claim

if TYPE_CHECKING:
    from musicae.music.tasks.personalize import Phrases


@click.command("personalize")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(1, 1_000_000), default=3000, show_default=True, help="Optimizer steps.")
@options.seed
@options.checkpoint
@options.device
@options.output("personal.safetensors", "The file of the new model.")
@options.force
def command(folder: Path, steps: int, seed: int, checkpoint: str, device: str, output: Path, force: bool) -> None:
    """Make a model of the music in DIR, a folder of MIDI files; a minute or two on a laptop.

    The commands that write music take the new model as --checkpoint (save `attributes`): samples lie near the phrases in DIR,
    morphs run among them. The file holds all that is needed. It is a small model on top of another one, which does not change;
    to train that one itself on your files, use `musicae train --init-from`.

    \b
    Example:
        musicae personalize songs -o mine.safetensors
        musicae sample -c mine.safetensors -n 8
        musicae interpolate a.mid b.mid -c mine.safetensors
    """
    if output.suffix != ".safetensors":
        raise click.UsageError(f"{output}: a model's file ends in .safetensors; let -o end so.")
    claim([output], force=force)
    files = batches.folder_files(folder)

    from musicae.checkpoints.format import save_checkpoint
    from musicae.cli.support.progress import tasks
    from musicae.music.model import load
    from musicae.music.tasks.personalize import personalize, read_phrases

    model = load(checkpoint, device=device)
    with tasks() as progress:
        phrases = read_phrases(model, files, progress)
        _tell(folder, phrases)
        made = personalize(model, phrases, name=Path(checkpoint).name, seed=seed, steps=steps, progress=progress)
    save_checkpoint(output, made.network, made.info, half=True)
    figures = {name: round(value, 4) for name, value in made.info.metrics.items()}
    facts = {key: value for key, value in made.info.data.items() if key != "collections"}
    click.echo(json.dumps({"output": str(output), **facts, **figures}))


def _tell(folder: Path, phrases: "Phrases") -> None:
    """Say what is learnt from, and what was left out and why."""
    kept = f"{len(phrases.phrases)} phrases, most in {phrases.metre}"
    click.echo(f"{folder}: {len(phrases.files)} files, {phrases.found} phrases; learning from {kept}", err=True)
    batches.tell_skipped(phrases.skipped, folder)
