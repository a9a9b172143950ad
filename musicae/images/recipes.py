"""Named training recipes of the image half: a model with its sizes, what it is asked to do, and how to train it.

`musicae image train --config FILE.json` takes the same as JSON; a run folder's `config.json` is one too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musicae.core.config import from_dict, look_up, read_json, with_changes
from musicae.core.objectives import BetaSchedule, ObjectiveConfig
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling, GaussianNoise
from musicae.images.layers import stage_sizes
from musicae.images.models.base import ImageConfig
from musicae.training.optimizer import TrainingConfig

__all__ = ["IMAGE_PRESETS", "ImagePreset", "image_preset", "model_config", "read_image_recipe"]


@dataclass(frozen=True, kw_only=True)
class ImagePreset:
    """A recipe.

    Arguments:
        model: Name of the model class (a key of `musicae.core.registry.MODELS`).
        summary: One line for `musicae image train --help`.
        config: Fields of the model's configuration that differ from its defaults. Channels and size come from the data; so
            does the size of a code that is a map.
        task: What `ImageTask.to_dict` returned.
        data: Name of the data set.
        training: How to train.
    """

    model: str
    summary: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    data: str = "mnist"
    training: TrainingConfig


_COINS = ImageTask(binarise="dynamic").to_dict()
_GREY = ImageTask().to_dict()
_OFTEN: dict[str, Any] = {"log_every": 100, "validate_every": 1000, "checkpoint_every": 1000}
_BASE: dict[str, Any] = {**_OFTEN, "batch_size": 256, "weight_decay": 0.0, "warmup_steps": 200}
# Losses are sums over pixels: a gradient of 10,000 is common at first, and steps left out for it would never be made up for.
_BASE |= {"clip_norm": 100.0, "skip_norm": 1e9}
# The KL comes in slowly, so that dimensions of the code are used before they are paid for (Bowman et al., 2016).
_WARM = ObjectiveConfig(beta=BetaSchedule(kind="linear", steps=2000))
_REPAIR: dict[str, Any] = {"variational": False, "bottleneck": "map", "blocks": 1}
# The sizes of Burda, Grosse and Salakhutdinov, 2016, arXiv 1509.00519.
_IWAE: dict[str, Any] = {"latent_size": 50, "hidden_sizes": [200, 200], "activation": "silu"}
_LONG = TrainingConfig(**{**_BASE, "batch_size": 128}, steps=120_000, learning_rate=3e-3, average=0.9995, objective=_WARM)

IMAGE_PRESETS: dict[str, ImagePreset] = {
    "ae": ImagePreset(
        model="dense-autoencoder",
        summary="dense autoencoder, a code of 32 numbers",
        config={"variational": False, "activation": "silu"},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=10_000, learning_rate=1e-3, average=0.999),
    ),
    "conv-ae": ImagePreset(
        model="conv-autoencoder",
        summary="convolutional autoencoder, a code of 128 numbers",
        config={"variational": False, "latent_size": 128, "widths": [16, 32, 64]},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=3_000, learning_rate=2e-3, average=0.999),
    ),
    "lesson-conv-ae": ImagePreset(
        model="conv-autoencoder",
        summary="the lesson's convolutional autoencoder, a code of 8 x 4 x 4 numbers, 4,385 parameters",
        config={"variational": False, "widths": [16, 8, 8], "resample": "pool", "bottleneck": "map", "activation": "relu"},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=4_000, learning_rate=3e-3),
    ),
    "denoise": ImagePreset(
        model="conv-autoencoder",
        summary="takes away the lesson's noise, N(0.5, 0.3) cut to [0, 1], drawn afresh for every batch",
        config={**_REPAIR, "widths": [32, 64, 64]},
        task=ImageTask(corruption=GaussianNoise(mean=0.5, std=0.3)).to_dict(),
        training=TrainingConfig(**{**_BASE, "batch_size": 64}, steps=8_000, learning_rate=1.5e-3, average=0.999),
    ),
    "superres": ImagePreset(
        model="conv-autoencoder",
        summary="doubles the sides of pictures made small by 2 x 2 means",
        config={**_REPAIR, "widths": [32, 64]},
        task=ImageTask(corruption=Downscaling(factor=2)).to_dict(),
        training=TrainingConfig(**{**_BASE, "batch_size": 64}, steps=3_000, learning_rate=1.5e-3, average=0.999),
    ),
    "vae": ImagePreset(
        model="dense-autoencoder",
        summary="dense VAE with the sizes of the IWAE paper: two hidden layers of 200, a code of 50",
        config=_IWAE,
        task=_COINS,
        training=_LONG,
    ),
    "iwae": ImagePreset(
        model="dense-autoencoder",
        summary="the dense VAE `vae`, trained with the importance-weighted bound of 10 codes (start from it: --init-from)",
        config=_IWAE,
        task=_COINS,
        training=with_changes(_LONG, steps=20_000, learning_rate=1.5e-3, objective=ObjectiveConfig(importance_samples=10)),
    ),
    "vae-2d": ImagePreset(
        model="dense-autoencoder",
        summary="dense VAE with a code of 2 numbers, to look at",
        config={"latent_size": 2, "activation": "silu"},
        task=_COINS,
        training=TrainingConfig(**_BASE, steps=20_000, learning_rate=1e-3, average=0.999),
    ),
    "conv-vae": ImagePreset(
        model="conv-autoencoder",
        summary="convolutional VAE, a code of 32 numbers",
        config={"latent_size": 32, "widths": [16, 32, 64], "hidden_sizes": [256]},
        task=_COINS,
        training=TrainingConfig(**_BASE, steps=25_000, learning_rate=2e-3, average=0.9995, objective=_WARM),
    ),
    "cvae": ImagePreset(
        model="conditional-autoencoder",
        summary="the dense VAE `vae`, but encoder and decoder are told the label",
        config=_IWAE,
        task=_COINS,
        training=_LONG,
    ),
    "aae": ImagePreset(
        model="adversarial-autoencoder",
        summary="adversarial autoencoder, a code of 8 numbers",
        config={"activation": "silu"},
        task=_GREY,
        training=TrainingConfig(
            **{**_BASE, "batch_size": 128},
            steps=16_000,
            learning_rate=5e-4,
            average=0.999,
            objective=ObjectiveConfig(beta=BetaSchedule(beta=12.0)),
        ),
    ),
}


def image_preset(name: str) -> ImagePreset:
    """Return a preset by name.

    Raises:
        ParameterError: there is none of that name.
    """
    return look_up("image preset", name, IMAGE_PRESETS)


def model_config(recipe: ImagePreset, *, channels: int, size: int) -> ImageConfig:
    """Return the configuration of a recipe's model for pictures of a data set.

    Raises:
        ParameterError: the model is unknown or none of pictures, or its fields do not fit.
    """
    kind = MODELS.get(recipe.model)
    if kind is None or not issubclass(kind.config_type, ImageConfig):
        known = ", ".join(name for name, k in MODELS.items() if issubclass(k.config_type, ImageConfig))
        raise ParameterError(f"{recipe.model!r} is no model of pictures; known are {known}.")
    values: dict[str, Any] = {"channels": channels, "size": size, **recipe.config}
    widths = values.get("widths")
    if values.get("bottleneck") == "map" and "latent_size" not in values and widths:
        values["latent_size"] = widths[-1] * math.prod([stage_sizes(values["size"], len(widths))[-1]] * 2)
    config = from_dict(kind.config_type, values)
    if (config.channels, config.size) != (channels, size):
        raise ParameterError(
            f"The recipe is for pictures of {config.channels} x {config.size} x {config.size}, but the data have "
            f"{channels} x {size} x {size}; choose other data or leave channels and size out of the recipe."
        )
    return config


def read_image_recipe(path: Path) -> ImagePreset:
    """Read a recipe from a JSON file; a run folder's `config.json` is one too.

    Raises:
        ParameterError: the file cannot be read, is no JSON, or has unknown fields.
    """
    values = read_json(path)
    if isinstance(values, dict) and isinstance(values.get("data"), Mapping):  # what a run folder holds
        noted = values["data"]
        values = {k: v for k, v in values.items() if k in ("model", "config", "training")}
        values |= {"task": noted.get("task", {}), "data": noted.get("set", "mnist")}
    return from_dict(ImagePreset, values, where=str(path))
