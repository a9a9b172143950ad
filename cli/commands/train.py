"""`musicae train`: train a preset, or a recipe in a JSON file, on collections of tunes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import completions, options, train_options

if TYPE_CHECKING:
    from musicae.core.progress import Progress
    from musicae.music.experiment import MusicExperiment
    from musicae.training.run_folder import RunOptions

DEFAULT = "melody-2bar"
UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "skipped": "of steps skipped",
    "examples_per_second": "windows/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_step_accuracy": "of time steps right",
    "valid_hold_accuracy": "no-event baseline",
}


def _presets() -> Mapping[str, Any]:
    from musicae.music.recipes import PRESETS

    return PRESETS


@click.command("train", cls=train_options.train_command(_presets))
@train_options.recipe_choice(completions.presets)
@options.data
@train_options.run_options("Windows")
def command(choice: train_options.Choice, data: tuple[str, ...], run: train_options.Run) -> None:
    """Train PRESET (default: melody-2bar) and write a run folder.

    It holds best.safetensors and last.safetensors, which all commands take as --checkpoint, the metrics in metrics.csv, and
    what --resume needs.

    \b
    Example:
        musicae train --steps 500 -o runs/mine melody-2bar
        musicae train --data path/to/midi/folder --init-from melody-2bar melody-2bar
    """
    from musicae.music.kinds import headline_words
    from musicae.music.recipes import MusicRecipe, preset

    recipe = run.changed(choice.recipe(DEFAULT, preset, MusicRecipe))

    def start(how: "RunOptions", progress: "Progress") -> "MusicExperiment":
        from musicae.datasets.music.collections import open_collections
        from musicae.datasets.music.prepare import prepare
        from musicae.music.experiment import MusicExperiment, spec_of

        spec = spec_of(recipe)
        collections = open_collections(data, training=True, kind=spec.representation.kind)
        windows = prepare(collections, spec, progress=progress)
        return MusicExperiment.open(recipe, windows, how)

    headlines = {f"valid_{name}": words.title for name, words in headline_words().items()}
    run.train(start, choice.name(DEFAULT), {**UNITS, **headlines, "valid_exact": "exact windows"})
