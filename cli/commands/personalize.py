"""`musicae personalize`: a model of one's own music."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files, options, outputs, renditions
from musicae.cli.support.loading import load_music
from musicae.cli.support.metric_words import in_words

if TYPE_CHECKING:
    from musicae.music.tasks.personalize import Phrases


@click.command("personalize")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(1, 1_000_000), default=3000, show_default=True, help="Optimizer steps.")
@options.seed
@options.checkpoint
@options.device
@renditions.file_results("personal.safetensors", "The file of the new model.")
def command(folder: Path, steps: int, seed: int, checkpoint: str, device: str, results: renditions.Results) -> None:
    """Make a model of the music in DIR, a folder of music files; a minute or two on a laptop.

    The commands that write music take the new model as --checkpoint (except `steer`): samples lie near the phrases in DIR,
    morphs run among them. The file holds all that is needed. It is a small model on top of another one, which does not change;
    to train that one itself on your files, use `musicae train --init-from`.

    \b
    Example:
        musicae personalize -o mine.safetensors songs
        musicae sample -c mine.safetensors -n 8
        musicae interpolate -c mine.safetensors a.mid b.mid
    """
    output = results.output
    if output.suffix != ".safetensors":
        raise click.UsageError(f"{output}: a model's file ends in .safetensors; let -o end so.")
    outputs.claim([output], force=results.force)
    files = many_files.folder_files(folder)
    model = load_music(checkpoint, device)

    from musicae.checkpoints.format import save_checkpoint
    from musicae.cli.support.progress import tasks
    from musicae.music.tasks.personalize import personalize, read_phrases

    with tasks() as progress:
        phrases = read_phrases(model, files, progress)
        _announce(folder, phrases)
        personal = personalize(model, phrases, name=Path(checkpoint).name, seed=seed, steps=steps, progress=progress)
    save_checkpoint(output, personal.network, personal.info, half=True)
    metrics = {name: round(value, 4) for name, value in personal.info.metrics.items()}
    facts = {key: value for key, value in personal.info.data.items() if key != "collections"}
    text = f"{output}: a model of {len(phrases.phrases)} phrases of {len(phrases.files)} files; {in_words(metrics)}"
    results.lines.result({"output": str(output), **facts, **metrics}, text)


def _announce(folder: Path, phrases: "Phrases") -> None:
    """Print on stderr what the model is trained on, and what was skipped and why."""
    words = f"{len(phrases.phrases)} phrases, most in {phrases.metre}"
    click.echo(f"{folder}: {len(phrases.files)} files, {phrases.found} phrases; training on {words}", err=True)
    many_files.show_skipped(phrases.skipped, folder)
