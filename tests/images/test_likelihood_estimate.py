"""`estimate_likelihood`: some images with many samples stand for all."""

import numpy as np
import pytest
import torch

from musicae.checkpoints.format import CheckpointInfo
from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.images.batch import ImageTask
from musicae.images.data import LabelledImages, batches_in_order
from musicae.images.likelihood_estimate import estimate_likelihood, has_likelihood
from musicae.images.metrics import importance_nll
from musicae.images.model import ImageModel
from musicae.images.models.base import ImageAutoencoder


def model(name: str = "dense-autoencoder", **fields: object) -> ImageModel:
    """Return a small untrained model."""
    torch.manual_seed(0)
    config = MODELS[name].config_type(**{"hidden_sizes": (6,), "latent_size": 3, "size": 12, **fields})
    data = {"set": "mnist", "task": ImageTask(binarise="dynamic").to_dict()}
    info = CheckpointInfo(domain="images", model=name, config=to_dict(config), data=data)
    network = MODELS[name](config).eval()
    assert isinstance(network, ImageAutoencoder)
    return ImageModel(network, info, "test")


@pytest.fixture
def images() -> LabelledImages:
    """Return 120 images with a bright bar."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 60, (120, 1, 12, 12), dtype=np.uint8)
    for i in range(120):
        pixels[i, 0, i % 10 : i % 10 + 2] = 200
    return LabelledImages(torch.from_numpy(pixels), torch.arange(120) % 10, "tests")


def test_some_images_stand_for_all(images: LabelledImages) -> None:
    vae = model()
    (batch,) = batches_in_order(images, ImageTask(binarise="dynamic"), vae.device, seed=0, size=len(images))
    exact = float(importance_nll(vae.network, batch, samples=300, generator=torch.Generator().manual_seed(9)).mean())
    estimate = estimate_likelihood(vae, images, samples=300, digits=60, few=4)
    assert estimate.bound is not None and estimate.bound > exact, "few samples give an upper bound"
    assert abs(estimate.nll - exact) < 4 * estimate.error + 0.1
    assert 0 < estimate.error < estimate.subset_error
    assert estimate.method().startswith("all images, 4 samples: ") and "60 random images, 300 samples: " in estimate.method()
    whole = estimate_likelihood(vae, images, samples=300, few=4)
    assert (whole.error, whole.few, whole.digits) == (0.0, None, 120) and abs(whole.nll - exact) < 0.3
    assert whole.method() == "all 120 images, 300 samples"


def test_a_convolutional_decoder_takes_five_hundred_images_at_random(images: LabelledImages) -> None:
    many = LabelledImages(images.images.repeat(5, 1, 1, 1), images.labels.repeat(5), "tests")
    vae = model("conv-autoencoder", widths=(2, 2), hidden_sizes=())
    assert estimate_likelihood(vae, many, samples=2, few=1).digits == 500


def test_which_models_have_a_likelihood() -> None:
    assert has_likelihood(model())
    assert not has_likelihood(model(variational=False))
    assert not has_likelihood(model(likelihood="gaussian"))
