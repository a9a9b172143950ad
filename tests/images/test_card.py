"""Model cards of image models: what was measured, what is added to the likelihood, and how pixels were prepared."""

from typing import Any

import pytest

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.release import Provenance
from musicae.images.batch import ImageTask
from musicae.images.card import CardMetrics, image_card, numbers
from musicae.images.corruptions import GaussianNoise
from musicae.images.metric_rows import METRIC_ROWS

PROVENANCE = Provenance(summary="A model.", command="musicae image train", machine="one core")
HALF = {"images": 1234, "code_size": 2, "samples": 0, "binarise": "dynamic", "psnr": 20.5, "bernoulli": 60.0, "elbo": -90.25}
SINGLE = {**HALF, "psnr": 20.25, "bernoulli": 60.5, "elbo": -90.0}


def described(task: ImageTask = ImageTask(), **config: Any) -> CheckpointInfo:  # noqa: B008  (frozen)
    """Return the description of a checkpoint."""
    return CheckpointInfo(
        domain="images",
        model="dense-autoencoder",
        config={"channels": 1, "size": 8, "likelihood": "bernoulli", "variational": True, **config},
        training={"objective": {"beta": {"kind": "linear", "beta": 0.5, "steps": 2000}}},
        data={"set": "mnist", "task": task.to_dict(), "source": "a folder", "licence": "free", "images": 55_000},
    )


def card(info: CheckpointInfo, **metrics: Any) -> tuple[dict[str, str], str]:
    """Return the facts and the table of a card."""
    values = CardMetrics(**{"half": HALF, "single": SINGLE, **metrics})
    result = image_card("name", "MNIST", info, values, PROVENANCE)
    assert result.inputs == "images of 1 x 8 x 8 values in [0, 1]" and result.examples == "images"
    [(title, text)] = result.sections
    assert title == "Metrics"
    return dict(result.facts), text


def test_the_table_has_the_metrics_that_were_measured() -> None:
    _, text = card(described())
    assert text.splitlines() == [
        "1,234 test images, mean images at the mode of the posterior. Command: `musicae image evaluate name`.",
        "",
        "| metric | released (half precision) | single precision | reference |",
        "| --- | --- | --- | --- |",
        "| PSNR, dB | 20.50 | 20.25 |  |",
        "| Bernoulli loss, nats | 60.00 | 60.50 |  |",
        "| ELBO, nats | -90.25 | -90.00 |  |",
        "",
        "Half precision changes +0.2500 dB PSNR, -0.5000 nats Bernoulli loss, -0.2500 nats ELBO.",
    ]
    assert card(described(), likelihood="-log p(x): 84 nats.")[1].endswith("\n\n-log p(x): 84 nats.")


def test_references_are_next_to_their_metric() -> None:
    _, text = card(described(), half={**HALF, "pca_psnr": 17.04, "elbo": None, "bernoulli_floor": 45.5, "kl": None})
    assert "| PSNR, dB | 20.50 | 20.25 | PCA 17.04 |" in text
    assert "| Bernoulli loss, nats | 60.00 | 60.50 | floor 45.5 |" in text
    assert "ELBO" not in text
    names = [row.name for row in METRIC_ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ", plus 0.5 times KL(q(z|x) || N(0, I)); beta rises for 2,000 steps"),
        ({"variational": False}, ""),
        (
            {"variational": False, "discriminator_sizes": [8]},
            ", plus 0.5 times the softplus of the discriminator's log ratio; beta rises for 2,000 steps",
        ),
    ],
)
def test_the_objective_is_named(config: dict[str, Any], expected: str) -> None:
    facts, _ = card(described(**config))
    assert facts["Objective"] == f"-log p(x|z) of a Bernoulli likelihood, summed over pixels, in nats{expected}"


def test_pixels_and_data_are_named() -> None:
    plain, _ = card(described())
    assert plain["Pixels in training"] == "grey values, not binarised"
    assert plain["Data"] == "MNIST (a folder), 55,000 training images; licence free"
    noisy, _ = card(described(ImageTask(binarise="dynamic", corruption=GaussianNoise(mean=0.5, std=0.3))))
    assert noisy["Pixels in training"] == (
        "Bernoulli samples with the grey values as probabilities, drawn again for every batch (dynamic binarisation); the "
        "encoder's input is damaged by gaussian (mean 0.5, std 0.3), drawn again for every batch"
    )


def test_only_metrics_are_stored() -> None:
    assert numbers({**HALF, "nll": None, "model": "x"}) == {"psnr": 20.5, "bernoulli": 60.0, "elbo": -90.25}
