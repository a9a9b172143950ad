"""How sure a classifier is of a model's prior samples.

    python benchmarks/images/confidence.py runs/classifier.safetensors vae-2d conv-vae runs/aae

Prints, for each checkpoint, the share of samples whose top probability is at least 0.9, the mean top probability, and how
the samples spread over the classes (the share of the rarest and of the commonest).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from classifier import CLASSES, load, probabilities
from torch import nn

from musicae.images.model import load_pictures

SURE = 0.9


def confidence(checkpoint: str | Path, network: nn.Module, *, count: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Return what a classifier thinks of mean pictures of codes drawn from N(0, I).

    A conditional model is told each label in turn, and gets one figure more: how many samples show what was asked for.
    """
    model = load_pictures(checkpoint, device="cpu")
    asked = torch.arange(count) % CLASSES if model.model.classes else None
    top, found = probabilities(network, model.sample(count, asked, seed=seed)).max(1)
    shares = torch.bincount(found, minlength=CLASSES) / count
    return {
        "samples": count,
        "sure": float((top >= SURE).float().mean()),
        "mean_top": float(top.mean()),
        "rarest_class": float(shares.min()),
        "commonest_class": float(shares.max()),
        "as_asked": None if asked is None else float((found == asked).float().mean()),
    }


@click.command()
@click.argument("classifier", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("checkpoints", nargs=-1, required=True)
@click.option("--count", default=1000, show_default=True, help="Samples of each model.")
@click.option("--seed", default=0, show_default=True)
def main(classifier: Path, checkpoints: Sequence[str], count: int, seed: int) -> None:
    """Print one line of JSON for each of the CHECKPOINTS."""
    network, right = load(classifier)
    for checkpoint in checkpoints:
        figures = confidence(checkpoint, network, count=count, seed=seed)
        click.echo(json.dumps({"checkpoint": checkpoint, "classifier_accuracy": right, **figures}))


if __name__ == "__main__":
    main()
