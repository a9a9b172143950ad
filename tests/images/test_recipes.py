"""Recipes for images: every preset takes a step, and recipes are read and checked."""

import json
from pathlib import Path

import pytest
import torch

from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.errors import ParameterError
from musicae.images.batch import ImageTask
from musicae.images.data import ImageSampler
from musicae.images.recipes import IMAGE_PRESETS, ImageRecipe, image_preset, model_config
from musicae.training.optimizer import TrainingConfig


@pytest.mark.parametrize("name", IMAGE_PRESETS)
def test_every_preset_takes_a_step(name: str) -> None:
    recipe = image_preset(name)
    config = model_config(recipe, channels=1, size=28)
    torch.manual_seed(0)
    model = MODELS[recipe.model](config)
    source = ImageSampler(
        torch.randint(256, (4, 1, 28, 28), dtype=torch.uint8),
        4,
        0,
        task=ImageTask.from_dict(recipe.task),
        labels=torch.arange(4),
    )
    losses = model(source.batch(0), recipe.training.objective, 1.0)
    losses.loss.backward()
    assert bool(losses.loss.isfinite()) and model.parameter_count() < 3_000_000, "6 MB in half precision"
    assert set(IMAGE_PRESETS) >= {"ae", "conv-ae", "denoise", "superres", "vae", "vae-2d", "conv-vae", "cvae", "aae"}


@pytest.mark.parametrize("name", ["denoise", "superres", "lesson-conv-ae"])
def test_codes_that_are_maps_follow_the_size_of_the_images(name: str) -> None:
    recipe = image_preset(name)
    small, large = (model_config(recipe, channels=c, size=s) for c, s in ((1, 28), (3, 32)))
    assert small.latent_size % recipe.config["widths"][-1] == 0 and (large.channels, large.size) == (3, 32)
    assert image_preset("lesson-conv-ae").config["widths"][-1] * 4 * 4 == 128


def test_recipes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    recipe = image_preset("denoise")
    path.write_text(json.dumps(to_dict(recipe)))
    assert ImageRecipe.read(path) == recipe
    noted = {"set": "fashion-mnist", "task": recipe.task, "source": "somewhere"}
    run = {"model": recipe.model, "config": recipe.config, "representation": {}, "bars": 0, "data": noted}
    path.write_text(json.dumps({**run, "training": to_dict(recipe.training)}))
    again = ImageRecipe.read(path)
    assert (again.data, again.task, again.training) == ("fashion-mnist", recipe.task, recipe.training)


def test_runs_of_version_1_are_recipes_with_the_fields_of_today(tmp_path: Path) -> None:
    path, aae = tmp_path / "config.json", image_preset("aae")
    run = {"model": aae.model, "representation": {}, "bars": 0, "training": to_dict(aae.training)}
    data = {"set": "mnist", "task": {"name": "pictures", "binarise": "dynamic", "corruption": None}, "pictures": 7}
    path.write_text(json.dumps({**run, "config": {"opponent_sizes": [3], "opponent_rate": 0.5}, "data": data}))
    recipe = ImageRecipe.read(path)
    assert recipe.config == {"discriminator_sizes": [3], "discriminator_rate": 0.5}
    assert ImageTask.from_dict(recipe.task) == ImageTask(binarise="dynamic")
    assert vars(model_config(recipe, channels=1, size=28))["discriminator_sizes"] == (3,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "{path} is not valid JSON: "),
        ('{"model": "dense-autoencoder", "trainng": {}}', "Unknown field 'trainng' of ImageRecipe in {path}; did you mean"),
        (None, "{path} cannot be read: no such file or directory."),
    ],
)
def test_bad_recipes(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "recipe.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ParameterError) as error:
        ImageRecipe.read(path)
    assert str(error.value).startswith(message.format(path=path))


def test_recipes_that_do_not_fit() -> None:
    with pytest.raises(ParameterError, match=r"^Unknown image preset 'cave'; did you mean 'cvae'\? Known: ae, "):
        image_preset("cave")
    training = TrainingConfig()
    with pytest.raises(ParameterError, match=r"^'plan-vae' is not an image model\. Known: dense-autoencoder, "):
        model_config(ImageRecipe(model="plan-vae", training=training), channels=1, size=28)
    recipe = ImageRecipe(model="dense-autoencoder", config={"size": 28}, training=training)
    with pytest.raises(ParameterError, match=r"^The recipe is for images of 3 x 28 x 28, but the data have 3 x 32 x 32; "):
        model_config(recipe, channels=3, size=32)
