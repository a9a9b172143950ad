"""How confident a classifier is about the prior samples of a model.

    python benchmarks/images/confidence.py runs/classifier.safetensors vae-2d conv-vae runs/aae

Prints for each checkpoint the share of samples whose top probability is at least 0.9, the mean top probability, and the share
of the rarest and of the most common class.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from classifier import CLASSES, load, probabilities
from torch import nn

from musicae.images.model import load as load_image_model

CONFIDENT = 0.9


def confidence(checkpoint: str | Path, network: nn.Module, *, count: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Return the confidence of a classifier in mean images of codes drawn from N(0, I).

    A conditional model gets each label in turn and one more metric: the share of samples of the requested class.
    """
    model = load_image_model(checkpoint, device="cpu")
    labels = torch.arange(count) % CLASSES if model.network.classes else None
    top, classes = probabilities(network, model.sample(count, labels, seed=seed)).max(1)
    shares = torch.bincount(classes, minlength=CLASSES) / count
    return {
        "samples": count,
        "confident": float((top >= CONFIDENT).float().mean()),
        "mean_top": float(top.mean()),
        "rarest_class": float(shares.min()),
        "commonest_class": float(shares.max()),
        "as_requested": None if labels is None else float((classes == labels).float().mean()),
    }


@click.command()
@click.argument("classifier", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("checkpoints", nargs=-1, required=True)
@click.option("--count", default=1000, show_default=True, help="Samples per model.")
@click.option("--seed", default=0, show_default=True)
def main(classifier: Path, checkpoints: Sequence[str], count: int, seed: int) -> None:
    """Print one line of JSON for each of the CHECKPOINTS."""
    network, accuracy = load(classifier)
    for checkpoint in checkpoints:
        metrics = confidence(checkpoint, network, count=count, seed=seed)
        click.echo(json.dumps({"checkpoint": checkpoint, "classifier_accuracy": accuracy, **metrics}))


if __name__ == "__main__":
    main()
