"""Speed of our models and of the MusicVAE baselines of the same kind, measured in one run, turn by turn.

    python benchmarks/music/speed.py                  # melody-2bar: training windows/s at batch 512; a warm 11-step morph
    python benchmarks/music/speed.py --only drums     # drums-2bar, likewise
    python benchmarks/music/speed.py --only 16-bars --rounds 2     # melody-16bar at batch 8 against 176 million parameters

The baselines are given their fastest form, teacher forcing. Steps of the two models alternate, so that both meet the same
machine; medians are printed.
"""

import dataclasses
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import click
import torch

from musicae.core.autoencoder import Autoencoder
from musicae.core.config import from_dict
from musicae.core.device import keep_freed_memory
from musicae.core.registry import MODELS
from musicae.music.models.batch import GridBatch
from musicae.music.recipes import preset
from musicae.music.representations import representation_from_dict

# Ours, the baseline, windows per step; bars are of 4/4.
PAIRS = {
    "melody": ("melody-2bar", "musicvae-2bar-small", 512),
    "drums": ("drums-2bar", "musicvae-drums-2bar-small", 512),
    "16-bars": ("melody-16bar", "musicvae-16bar-hierdec", 8),
}


def network(name: str, **changes: Any) -> Autoencoder[Any]:
    """Return the model of a preset."""
    recipe = preset(name)
    kind = MODELS[recipe.model]
    config = from_dict(kind.config_type, {"depth": representation_from_dict(recipe.representation).depth, **recipe.config})
    return kind(dataclasses.replace(config, **changes))


def step_of(model: Autoencoder[Any], name: str, windows: int) -> Callable[[], None]:
    """Return a function that does one training step on a fixed batch of random windows, on the preset's own grid."""
    recipe = preset(name)
    generator = torch.Generator().manual_seed(0)
    representation = representation_from_dict(recipe.representation)
    steps = 4 * representation.steps_per_quarter
    tokens = torch.randint(2, representation.depth, (windows, recipe.bars * steps), generator=generator)
    tokens[torch.rand(tokens.shape, generator=generator) < 0.5] = 0
    batch = GridBatch(tokens, torch.full((windows, recipe.bars), steps))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, 1e-3, fused=True)
    objective = recipe.training.objective

    def step() -> None:
        model.train()
        optimizer.zero_grad(set_to_none=True)
        model(batch, objective, 0.2).loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return step


def timed(action: Callable[[], Any]) -> float:
    """Return the seconds that an action takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def training(ours_name: str, theirs_name: str, windows: int, rounds: int) -> dict[str, Any]:
    """Return median seconds per step and windows/s of both models, and the ratio."""
    models = {ours_name: network(ours_name), theirs_name: network(theirs_name, sampling_rate=0.0)}
    steps = {name: step_of(model, name, windows) for name, model in models.items()}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step()  # the first step also allocates
    for _ in range(rounds):
        for name, step in steps.items():
            times[name].append(timed(step))
    seconds = {name: statistics.median(values) for name, values in times.items()}
    ours, theirs = seconds.values()
    return {
        "parameters": {name: model.parameter_count() for name, model in models.items()},
        "seconds_a_step": seconds,
        "windows_a_second": {name: windows / value for name, value in seconds.items()},
        "ratio": theirs / ours,
    }


def morph(rounds: int) -> dict[str, Any]:
    """Return the median milliseconds of a warm 11-step morph of two bars, encoding and scores included."""
    from musicae import interpolate, load
    from musicae.music.score import Note, Score, Track

    model = load("melody-2bar", device="cpu")
    a, b = (Score((Track(tuple(Note(i / 2, 0.5, p + i % s) for i in range(16))),)) for p, s in ((60, 7), (67, 5)))
    interpolate(model, a, b, 11)
    times = [timed(lambda: interpolate(model, a, b, 11)) for _ in range(rounds)]
    return {"milliseconds": 1000 * statistics.median(times), "steps": 11, "threads": torch.get_num_threads()}


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Training steps of each model that are timed.")
@click.option("--only", type=click.Choice([*PAIRS, "morph"]), help="Measure this. [default: melody and morph]")
def main(rounds: int, only: str | None) -> None:
    """Print the metrics as JSON."""
    keep_freed_memory()
    parts = [only] if only else ["melody", "morph"]
    figures = {name: morph(20) if name == "morph" else training(*PAIRS[name], rounds) for name in parts}
    click.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
