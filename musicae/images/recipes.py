"""Named training recipes for images: a model with its sizes, its task, and how to train it.

`musicae image train --config FILE.json` takes the same as JSON; the `config.json` of a run folder is such a file.
"""

import math
from dataclasses import dataclass, field
from typing import Any, final

from musicae.core.config import from_dict, look_up, with_changes
from musicae.core.objectives import BetaSchedule, ObjectiveConfig
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling, GaussianNoise
from musicae.images.layers import stage_sizes
from musicae.images.models.base import ImageConfig
from musicae.training.optimizer import TrainingConfig
from musicae.training.recipe import Recipe

__all__ = ["IMAGE_PRESETS", "ImageRecipe", "image_preset", "model_config"]


@final
@dataclass(frozen=True, kw_only=True)
class ImageRecipe(Recipe):
    """A recipe for an image model.

    The fields `channels` and `size` of the model's configuration come from the data; so does the size of a code that is a map.

    Arguments:
        task: What `ImageTask.to_dict` returned.
        data: Name of the data set.
    """

    task: dict[str, Any] = field(default_factory=dict)
    data: str = "mnist"

    @classmethod
    def fields_of_run(cls, run: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a recipe from the content of a run folder's `config.json`."""
        fields = {k: v for k, v in run.items() if k in ("model", "config", "training")}
        return {**fields, "task": run["data"].get("task", {}), "data": run["data"].get("set", "mnist")}


_BINARY = ImageTask(binarise="dynamic").to_dict()
_GREY = ImageTask().to_dict()
_INTERVALS: dict[str, Any] = {"log_every": 100, "validate_every": 1000, "checkpoint_every": 1000}
_BASE: dict[str, Any] = {**_INTERVALS, "batch_size": 256, "weight_decay": 0.0, "warmup_steps": 200}
# Losses are sums over pixels. Gradients of 10,000 are common at first; if those steps were skipped, training would not start.
_BASE |= {"clip_norm": 100.0, "skip_norm": 1e9}
# The weight of the KL rises slowly, so dimensions of the code are used before they are penalised (Bowman et al., 2016).
_WARM = ObjectiveConfig(beta=BetaSchedule(kind="linear", steps=2000))
_REPAIR: dict[str, Any] = {"variational": False, "bottleneck": "map", "blocks": 1}
# The sizes of Burda, Grosse and Salakhutdinov, 2016, arXiv 1509.00519.
_IWAE: dict[str, Any] = {"latent_size": 50, "hidden_sizes": [200, 200], "activation": "silu"}
_LONG = TrainingConfig(**{**_BASE, "batch_size": 128}, steps=120_000, learning_rate=3e-3, average=0.9995, objective=_WARM)

IMAGE_PRESETS: dict[str, ImageRecipe] = {
    "ae": ImageRecipe(
        model="dense-autoencoder",
        summary="dense autoencoder with a code of 32 numbers",
        config={"variational": False, "activation": "silu"},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=10_000, learning_rate=1e-3, average=0.999),
    ),
    "conv-ae": ImageRecipe(
        model="conv-autoencoder",
        summary="convolutional autoencoder with a code of 128 numbers",
        config={"variational": False, "latent_size": 128, "widths": [16, 32, 64]},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=3_000, learning_rate=2e-3, average=0.999),
    ),
    "lesson-conv-ae": ImageRecipe(
        model="conv-autoencoder",
        summary="convolutional autoencoder of the lesson: a code of 8 x 4 x 4 numbers, 4,385 parameters",
        config={"variational": False, "widths": [16, 8, 8], "resample": "pool", "bottleneck": "map", "activation": "relu"},
        task=_GREY,
        training=TrainingConfig(**_BASE, steps=4_000, learning_rate=3e-3),
    ),
    "denoise": ImageRecipe(
        model="conv-autoencoder",
        summary="removes the noise of the lesson, N(0.5, 0.3) clipped to [0, 1] and drawn again for every batch",
        config={**_REPAIR, "widths": [32, 64, 64]},
        task=ImageTask(corruption=GaussianNoise(mean=0.5, std=0.3)).to_dict(),
        training=TrainingConfig(**{**_BASE, "batch_size": 64}, steps=8_000, learning_rate=1.5e-3, average=0.999),
    ),
    "superres": ImageRecipe(
        model="conv-autoencoder",
        summary="doubles the sides of images that were reduced by 2 x 2 means",
        config={**_REPAIR, "widths": [32, 64]},
        task=ImageTask(corruption=Downscaling(factor=2)).to_dict(),
        training=TrainingConfig(**{**_BASE, "batch_size": 64}, steps=3_000, learning_rate=1.5e-3, average=0.999),
    ),
    "vae": ImageRecipe(
        model="dense-autoencoder",
        summary="dense VAE with the sizes of the IWAE paper: two hidden layers of 200, a code of 50 numbers",
        config=_IWAE,
        task=_BINARY,
        training=_LONG,
    ),
    "iwae": ImageRecipe(
        model="dense-autoencoder",
        summary="the dense VAE `vae` with the importance-weighted bound of 10 codes (start from `vae`: --init-from)",
        config=_IWAE,
        task=_BINARY,
        training=with_changes(_LONG, steps=20_000, learning_rate=1.5e-3, objective=ObjectiveConfig(importance_samples=10)),
    ),
    "vae-2d": ImageRecipe(
        model="dense-autoencoder",
        summary="dense VAE with a code of 2 numbers, to be plotted",
        config={"latent_size": 2, "activation": "silu"},
        task=_BINARY,
        training=TrainingConfig(**_BASE, steps=20_000, learning_rate=1e-3, average=0.999),
    ),
    "conv-vae": ImageRecipe(
        model="conv-autoencoder",
        summary="convolutional VAE with a code of 32 numbers",
        config={"latent_size": 32, "widths": [16, 32, 64], "hidden_sizes": [256]},
        task=_BINARY,
        training=TrainingConfig(**_BASE, steps=25_000, learning_rate=2e-3, average=0.9995, objective=_WARM),
    ),
    "cvae": ImageRecipe(
        model="conditional-autoencoder",
        summary="the dense VAE `vae` with encoder and decoder conditioned on the label",
        config=_IWAE,
        task=_BINARY,
        training=_LONG,
    ),
    "aae": ImageRecipe(
        model="adversarial-autoencoder",
        summary="adversarial autoencoder with a code of 8 numbers",
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


def image_preset(name: str) -> ImageRecipe:
    """Return a preset by name.

    Raises:
        ParameterError: there is no preset of that name.
    """
    return look_up("image preset", name, IMAGE_PRESETS)


def model_config(recipe: ImageRecipe, *, channels: int, size: int) -> ImageConfig:
    """Return the configuration of a recipe's model for the images of a data set.

    Arguments:
        recipe: The recipe.
        channels: Channels of the images.
        size: Side of the images in pixels.

    Raises:
        ParameterError: the model is unknown or not an image model, or its fields do not fit.
    """
    kind = MODELS.get(recipe.model)
    if kind is None or not issubclass(kind.config_type, ImageConfig):
        known = ", ".join(name for name, k in MODELS.items() if issubclass(k.config_type, ImageConfig))
        raise ParameterError(f"{recipe.model!r} is not an image model. Known: {known}.")
    values: dict[str, Any] = {"channels": channels, "size": size, **recipe.config}
    widths = values.get("widths")
    if values.get("bottleneck") == "map" and "latent_size" not in values and widths:
        values["latent_size"] = widths[-1] * math.prod([stage_sizes(values["size"], len(widths))[-1]] * 2)
    config = from_dict(kind.config_type, values)
    if (config.channels, config.size) != (channels, size):
        raise ParameterError(
            f"The recipe is for images of {config.channels} x {config.size} x {config.size}, but the data have "
            f"{channels} x {size} x {size}; choose other data or remove channels and size from the recipe."
        )
    return config
