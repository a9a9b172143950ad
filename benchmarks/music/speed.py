"""Speed of melody-2bar beside the MusicVAE baseline, measured in one run, turn by turn.

    python benchmarks/music/speed.py            # training windows/s at batch 512, and the time of a warm 11-step morph

The baseline is given its fastest form, teacher forcing. Steps of the two models alternate, so that both meet the same
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

from musicae.batch import GridBatch
from musicae.config import from_dict
from musicae.machine import keep_freed_memory
from musicae.models import MODELS, Autoencoder
from musicae.presets import preset
from musicae.representations import build

BATCH, QUARTERS = 512, 8  # two bars of 4/4


def network(name: str, **changes: Any) -> Autoencoder[Any]:
    """Return the model of a preset."""
    recipe = preset(name)
    kind = MODELS[recipe.model]
    config = from_dict(kind.config_type, recipe.config)
    return kind.build(dataclasses.replace(config, **changes))


def step_of(model: Autoencoder[Any], name: str) -> Callable[[], None]:
    """Return a function that does one training step on a fixed batch of random melodies, on the preset's own grid."""
    recipe = preset(name)
    generator = torch.Generator().manual_seed(0)
    steps = QUARTERS * build(recipe.representation).steps_per_quarter
    tokens = torch.randint(2, 90, (BATCH, steps), generator=generator)
    tokens[torch.rand(tokens.shape, generator=generator) < 0.5] = 0
    batch = GridBatch(tokens, torch.full((BATCH, 2), steps // 2))
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


def training(rounds: int) -> dict[str, Any]:
    """Return median seconds a step and windows/s of both models, and the ratio."""
    models = {"melody-2bar": network("melody-2bar"), "musicvae-2bar-small": network("musicvae-2bar-small", sampling_rate=0.0)}
    steps = {name: step_of(model, name) for name, model in models.items()}
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
        "windows_a_second": {name: BATCH / value for name, value in seconds.items()},
        "ratio": theirs / ours,
    }


def morph(rounds: int) -> dict[str, Any]:
    """Return the median milliseconds of a warm 11-step morph of two bars, encoding and scores included."""
    from musicae import load
    from musicae.score import Note, Score, Track

    model = load("melody-2bar", device="cpu")
    a, b = (Score((Track(tuple(Note(i / 2, 0.5, p + i % s) for i in range(16))),)) for p, s in ((60, 7), (67, 5)))
    model.interpolate(a, b, 11)
    times = [timed(lambda: model.interpolate(a, b, 11)) for _ in range(rounds)]
    return {"milliseconds": 1000 * statistics.median(times), "steps": 11, "threads": torch.get_num_threads()}


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Training steps of each model that are timed.")
@click.option("--only", type=click.Choice(["training", "morph"]), help="Measure one of the two.")
def main(rounds: int, only: str | None) -> None:
    """Print the figures as JSON."""
    keep_freed_memory()
    figures: dict[str, Any] = {}
    if only != "morph":
        figures["training"] = training(rounds)
    if only != "training":
        figures["morph"] = morph(20)
    click.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
