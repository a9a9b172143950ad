"""Image data sets by name, opened for a model or for training."""

from pathlib import Path

import pytest

from musicae.datasets.images import IMAGE_SETS, image_set, open_images, open_images_for
from musicae.errors import DataError
from musicae.images.model import load as load_image_model
from support.cifar import write_cifar


def test_splits_are_loaded_with_what_a_checkpoint_records(tmp_path: Path) -> None:
    folder, done = write_cifar(tmp_path), []
    data = open_images("cifar-10", folder, splits=("test", "train"), progress=lambda *news: done.append(news))
    assert (data.name, data.licence, data.classes) == (
        "cifar-10",
        IMAGE_SETS["cifar-10"].licence,
        IMAGE_SETS["cifar-10"].classes,
    )
    assert [len(data[split]) for split in data.splits] == [3, 18] and done == []
    with pytest.raises(KeyError):
        data["valid"]
    assert set(open_images("cifar-10", folder).splits) == {"train", "valid"}


def test_images_for_a_model_have_its_size(tmp_path: Path) -> None:
    model = load_image_model("vae-2d", device="cpu")
    with pytest.raises(DataError) as error:
        open_images_for(model, "cifar-10", tmp_path, splits=("test",))
    assert str(error.value) == (
        "CIFAR-10 has images of 3 x 32 x 32, but vae-2d takes 1 x 28 x 28; choose other --data or train a model on these."
    )
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz: no such file"):  # its own data set, if none is named
        open_images_for(model, None, tmp_path, splits=("test",))


def test_data_sets_by_name() -> None:
    assert image_set("cifar-10").classes[3] == "cat" and all(len(s.classes) == 10 for s in IMAGE_SETS.values())
    with pytest.raises(DataError, match=r"^Unknown data set 'minst'; did you mean 'mnist'\? Known: mnist, fashion-mnist, "):
        image_set("minst")
