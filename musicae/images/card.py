"""Model cards of image models: what goes in, the objective, the training data, and a table of metrics."""

import json
from dataclasses import dataclass
from typing import Any

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.release import ModelCard, Provenance, markdown_table
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Corruption
from musicae.images.metric_rows import METRIC_ROWS

__all__ = ["CardMetrics", "image_card", "numbers"]

_NOT_METRICS = ("images", "code_size", "samples")  # other numbers in the result of an evaluation
_BINARISED = "Bernoulli samples with the grey values as probabilities, drawn again for every batch (dynamic binarisation)"


@dataclass(frozen=True, kw_only=True)
class CardMetrics:
    """The measurements that a card prints, as `musicae.images.evaluation.evaluate` returns them.

    Arguments:
        half: Metrics of the weights in half precision.
        single: Metrics of the weights in single precision.
        likelihood: A sentence on -log p(x) of the weights in half precision; empty if it was not estimated.
    """

    half: dict[str, Any]
    single: dict[str, Any]
    likelihood: str = ""


def image_card(name: str, title: str, info: CheckpointInfo, metrics: CardMetrics, provenance: Provenance) -> ModelCard:
    """Return the content of the card of an image model.

    Arguments:
        name: Name of the release.
        title: Title of its data set.
        info: The checkpoint's description.
        metrics: Its measurements.
        provenance: Summary, command and machine.
    """
    config, data, task = info.config, info.data, ImageTask.from_dict(info.data["task"])
    likelihood = config["likelihood"].capitalize()
    pixels = _BINARISED if task.binarise == "dynamic" else "grey values, not binarised"
    return ModelCard(
        provenance=provenance,
        inputs=f"images of {config['channels']} x {config['size']} x {config['size']} values in [0, 1]",
        examples="images",
        facts={
            "Configuration": f"`{json.dumps(config)}`",
            "Objective": f"-log p(x|z) of a {likelihood} likelihood, summed over pixels, in nats{_kl(info)}",
            "Data": f"{title} ({data['source']}), {data['images']:,} training images; licence {data['licence']}",
            "Pixels in training": pixels + _damage(task.corruption),
        },
        sections=[("Metrics", _table(name, metrics))],
    )


def numbers(result: dict[str, Any]) -> dict[str, float]:
    """Return the metrics in the result of an evaluation, without what describes the evaluation."""
    return {k: float(v) for k, v in result.items() if isinstance(v, int | float) and k not in _NOT_METRICS}


def _kl(info: CheckpointInfo) -> str:
    """Return what is added to the reconstruction term, in words."""
    adversarial = "discriminator_sizes" in info.config
    if not info.config["variational"] and not adversarial:
        return ""
    beta = info.training["objective"]["beta"]
    penalty = "the softplus of the discriminator's log ratio" if adversarial else "KL(q(z|x) || N(0, I))"
    warm = f"; beta rises for {beta['steps']:,} steps" if beta["kind"] == "linear" else ""
    return f", plus {beta['beta']:g} times {penalty}{warm}"


def _damage(corruption: Corruption | None) -> str:
    """Return the damage to the encoder's input, in words."""
    if corruption is None:
        return ""
    fields = ", ".join(f"{k} {v}" for k, v in corruption.to_dict().items() if k != "name")
    return f"; the encoder's input is damaged by {corruption.name} ({fields}), drawn again for every batch"


def _table(name: str, metrics: CardMetrics) -> str:
    """Return the table of metrics, and the effect of half precision."""
    half, single = metrics.half, metrics.single
    rows = [
        (row.title, row.form.format(half[row.name]), row.form.format(single[row.name]), row.notes(half))
        for row in METRIC_ROWS
        if half.get(row.name) is not None
    ]
    changes = [f"{half['psnr'] - single['psnr']:+.4f} dB PSNR"]
    for words, key in (("Bernoulli loss", "bernoulli"), ("ELBO", "elbo")):
        if half.get(key) is not None:
            changes.append(f"{half[key] - single[key]:+.4f} nats {words}")
    parts = [
        f"{half['images']:,} test images, mean images at the mode of the posterior. Command: `musicae image evaluate {name}`.",
        markdown_table(("metric", "released (half precision)", "single precision", "reference"), rows),
        f"Half precision changes {', '.join(changes)}.",
    ]
    return "\n\n".join([*parts, metrics.likelihood] if metrics.likelihood else parts)
