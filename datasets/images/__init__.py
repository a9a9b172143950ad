"""Image data sets by name. To add one: a file here and an entry in `IMAGE_SETS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from musicae.core.config import look_up
from musicae.core.progress import Progress
from musicae.datasets.images.cifar import load_cifar10
from musicae.datasets.images.mnist import load_fashion_mnist, load_mnist
from musicae.errors import DataError
from musicae.images.data import ImageData, LabelledImages, Split
from musicae.images.model import ImageModel

__all__ = ["IMAGE_SETS", "ImageSet", "image_set", "open_images", "open_images_for"]


@final
@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """An image data set.

    Arguments:
        name: Its name on the command line.
        title: Its name for people.
        licence: The terms of its use.
        channels: 1 for grey, 3 for colour.
        size: Side of its images in pixels.
        classes: Names of its classes, in the order of their labels.
        load: Function from split, folder (None: cache, then download) and progress to the images.
    """

    name: str
    title: str
    licence: str
    channels: int
    size: int
    classes: tuple[str, ...]
    load: Callable[[Split, Path | str | None, Progress | None], LabelledImages]


_CLOTHES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
_THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

IMAGE_SETS: dict[str, ImageSet] = {
    s.name: s
    for s in (
        ImageSet(
            name="mnist",
            title="MNIST",
            licence="CC BY-SA 3.0 (LeCun, Cortes and Burges)",
            channels=1,
            size=28,
            classes=tuple("0123456789"),
            load=load_mnist,
        ),
        ImageSet(
            name="fashion-mnist",
            title="Fashion-MNIST",
            licence="MIT (Zalando SE)",
            channels=1,
            size=28,
            classes=_CLOTHES,
            load=load_fashion_mnist,
        ),
        ImageSet(
            name="cifar-10",
            title="CIFAR-10",
            licence="none stated; to be cited as Krizhevsky, 2009",
            channels=3,
            size=32,
            classes=_THINGS,
            load=load_cifar10,
        ),
    )
}


def image_set(name: str) -> ImageSet:
    """Return a data set by name.

    Raises:
        DataError: there is no data set of that name.
    """
    return look_up("data set", name, IMAGE_SETS, DataError)


def open_images(
    name: str,
    folder: Path | str | None = None,
    *,
    splits: Sequence[Split] = ("train", "valid"),
    progress: Progress | None = None,
) -> ImageData:
    """Load splits of a data set.

    Arguments:
        name: Name of the data set.
        folder: Folder with its files; None uses the cache, then a download.
        splits: The splits to load.
        progress: Called while files are downloaded.

    Raises:
        DataError: the data set is unknown, or its files are missing or damaged.
    """
    chosen = image_set(name)
    images = {split: chosen.load(split, folder, progress) for split in splits}
    return ImageData(name=chosen.name, licence=chosen.licence, classes=chosen.classes, splits=images)


def open_images_for(
    model: ImageModel,
    name: str | None = None,
    folder: Path | str | None = None,
    *,
    splits: Sequence[Split],
    progress: Progress | None = None,
) -> ImageData:
    """Load splits of a data set whose images have the size of a model.

    Arguments:
        model: The model.
        name: Name of the data set; None uses the one that the model was trained on.
        folder: Folder with its files; None uses the cache, then a download.
        splits: The splits to load.
        progress: Called while files are downloaded.

    Raises:
        DataError: the data set is unknown, its images have another size than the model's, or its files are missing or damaged.
    """
    chosen = image_set(name or str(model.info.data.get("set", "mnist")))
    c = model.network.config
    if (chosen.channels, chosen.size) != (c.channels, c.size):
        raise DataError(
            f"{chosen.title} has images of {chosen.channels} x {chosen.size} x {chosen.size}, but {model.name} takes "
            f"{c.channels} x {c.size} x {c.size}; choose other --data or train a model on these."
        )
    return open_images(chosen.name, folder, splits=splits, progress=progress)
