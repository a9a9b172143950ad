"""`musicae train`: train a preset, or a recipe in a JSON file, on collections of tunes."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from musicae.cli.support import options
from musicae.cli.support import train_options as training

_UNITS = {
    "reconstruction": "nats",
    "kl_bits": "bits KL",
    "beta": "beta",
    "skipped": "of steps left out",
    "examples_per_second": "windows/s",
    "valid_reconstruction": "nats",
    "valid_kl_bits": "bits KL",
    "valid_step_accuracy": "of steps right",
    "valid_hold_accuracy": "by holding only",
    "valid_note_f1": "note F1",
    "valid_exact": "exact windows",
}


def _presets() -> Mapping[str, Any]:
    from musicae.music.recipes import PRESETS

    return PRESETS


@click.command("train", cls=training.train_command(_presets))
@training.recipe
@options.data
@training.options("Windows")
def command(preset: str | None, config: Path | None, output: Path | None, **given: Any) -> None:
    """Train PRESET (default: melody-2bar) and write a run folder.

    It holds best.safetensors and last.safetensors, which all commands take as --checkpoint, the figures in metrics.csv, and
    what --resume needs.

    \b
    Example:
        musicae train melody-2bar --steps 500 -o runs/mine
        musicae train melody-2bar --data path/to/midi/folder --init-from melody-2bar
    """
    from musicae.datasets.music.collections import open_collections
    from musicae.datasets.music.prepare import prepare
    from musicae.music.experiment import Experiment, spec_of
    from musicae.music.recipes import Preset
    from musicae.music.recipes import preset as by_name
    from musicae.training.run_folder import RunOptions, prepare_run_folder

    recipe, name = training.choose(preset, config, "melody-2bar", by_name, Preset.read)
    recipe = dataclasses.replace(recipe, training=training.changed(recipe.training, given))
    device, init_from, resume = given["device"], given["init_from"], given["resume"]

    def start(folder: Path, progress: Any) -> Experiment:
        prepare_run_folder(RunOptions(folder=folder, threads=given["threads"], resume=resume, force=given["force"]))
        spec = spec_of(recipe)
        collections = open_collections(given["data"], training=True, kind=spec.representation.kind)
        windows = prepare(collections, spec, progress=progress)
        return Experiment.open(recipe, windows, folder, device=device, init_from=init_from, resume=resume)

    training.run(start, output, name, _UNITS, minutes=given["minutes"])
