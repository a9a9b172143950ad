"""Data sets of pictures by name. To add one: a file here and a line in `IMAGE_SETS`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from musicae.core.config import look_up
from musicae.core.progress import Progress
from musicae.datasets.images.cifar import load_cifar10
from musicae.datasets.images.mnist import load_fashion_mnist, load_mnist
from musicae.errors import DataError
from musicae.images.data import LabelledImages, Split

__all__ = ["IMAGE_SETS", "ImageSet", "image_set"]


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """A data set.

    Arguments:
        name: What commands call it.
        title: What people call it.
        licence: Under which terms it is used.
        channels: 1 for grey, 3 for colour.
        size: Side of its pictures in pixels.
        classes: Names of its classes, in the order of their labels.
        load: Function from split, folder (None: cache and download) and progress to the pictures.
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
        DataError: there is none of that name.
    """
    return look_up("data set", name, IMAGE_SETS, DataError)
