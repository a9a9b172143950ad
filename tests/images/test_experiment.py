"""Image experiments and evaluations take loaded images: nothing in them opens a data set."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from musicae.errors import CheckpointError, DataError, ParameterError
from musicae.images.data import ImageData, LabelledImages, Split
from musicae.images.evaluation import code_metrics, codes_of, evaluate
from musicae.images.experiment import ImageExperiment
from musicae.images.model import load
from musicae.images.recipes import ImageRecipe
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunOptions

TRAINING = TrainingConfig(steps=2, batch_size=8, warmup_steps=1, validate_every=1)
RECIPE = ImageRecipe(model="dense-autoencoder", config={"hidden_sizes": [6], "latent_size": 3}, training=TRAINING)


def images(count: int, seed: int = 0) -> LabelledImages:
    """Return random grey images of 8 x 8 pixels in four classes."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (count, 1, 8, 8), dtype=torch.uint8, generator=generator)
    return LabelledImages(pixels, torch.arange(count) % 4, "noise")


def data(train: int = 20) -> ImageData:
    splits: dict[Split, LabelledImages] = {"train": images(train), "valid": images(6, 1), "test": images(7, 2)}
    return ImageData(name="noise", licence="free", classes=tuple("abcd"), splits=splits)


def open_run(folder: Path, recipe: ImageRecipe = RECIPE, **changes: Any) -> ImageExperiment:
    return ImageExperiment.open(recipe, data(), RunOptions(folder=folder, device="cpu", **changes))


def test_sizes_come_from_the_images_and_checkpoints_record_the_data(tmp_path: Path) -> None:
    experiment = open_run(tmp_path)
    metrics = experiment.trainer.fit()
    assert set(metrics) == {"valid_step", "valid_loss", "valid_reconstruction", "valid_kl_bits", "valid_psnr"}
    model = load(tmp_path, device="cpu")
    assert model.network.config.image_shape == (1, 8, 8)
    task = {"name": "images", "binarise": "none", "corruption": None}
    assert model.info.data == {"set": "noise", "task": task, "source": "noise", "licence": "free", "images": 20}
    assert experiment.summary().endswith("parameters on cpu; 20 images of noise; 2 batches of 8 per epoch.")


def test_small_data_make_small_batches() -> None:
    first = data().first("train", 3)
    assert [len(first[split]) for split in ("train", "valid", "test")] == [3, 6, 7]
    assert len(data().first("train", None)["train"]) == 20


def test_a_run_is_neither_overwritten_nor_mixed_with_a_file(tmp_path: Path) -> None:
    open_run(tmp_path / "run").trainer.fit()
    with pytest.raises(DataError, match="already holds a run"):
        open_run(tmp_path / "run")
    assert open_run(tmp_path / "run", resume=True).trainer.step == 2
    assert open_run(tmp_path / "run", force=True).trainer.step == 0
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file is a file; -o names the run folder\.$"):
        open_run(tmp_path / "file")


def test_a_model_starts_from_the_weights_of_an_equal_one(tmp_path: Path) -> None:
    open_run(tmp_path / "first").trainer.fit()
    second = open_run(tmp_path / "second", init_from=str(tmp_path / "first"))
    theirs = load(tmp_path / "first", device="cpu").network.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in second.trainer.model.state_dict().items())
    other = dataclasses.replace(RECIPE, config={"hidden_sizes": [5], "latent_size": 3})
    reason = "holds another model, size or representation than the recipe; train the preset it came from."
    with pytest.raises(CheckpointError) as error:
        open_run(tmp_path / "third", other, init_from=str(tmp_path / "first"))
    assert str(error.value) == f"{tmp_path / 'first'} {reason}"


def test_a_recipe_for_other_images_is_refused(tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, config={"size": 9})
    with pytest.raises(ParameterError, match=r"^The recipe is for images of 1 x 9 x 9, but the data have 1 x 8 x 8; "):
        open_run(tmp_path, recipe)


def test_evaluation_of_loaded_images(tmp_path: Path) -> None:
    open_run(tmp_path).trainer.fit()
    model, done = load(tmp_path, device="cpu"), []
    report = evaluate(model, images(7, 2), images(20), samples=3, progress=lambda *news: done.append(news))
    assert (report["images"], report["source"], report["code_size"], report["samples"]) == (7, "noise", 3, 3)
    assert report["binarise"] == "dynamic" and report["nll"] <= report["nll_bound"] + 3
    assert done == [("importance sampling", 1, 1)]
    grey = evaluate(model, images(7, 2), images(20), samples=0, binarise="none")
    assert grey["nll"] is None and grey["elbo"] != report["elbo"] and grey["mse"] == report["mse"]
    metrics = code_metrics(model, images(20), images(7, 2))
    assert {name: report[name] for name in metrics} == metrics
    assert torch.equal(codes_of(model, images(7, 2)), model.codes(images(7, 2).images.float() / 255))
