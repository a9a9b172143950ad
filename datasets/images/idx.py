"""Gzip IDX files, the format of MNIST and similar data sets."""

import gzip
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from musicae.errors import DataError

__all__ = ["OFFICIAL", "Array", "check_labels", "read_idx_images", "read_idx_labels", "unzip"]

Array = npt.NDArray[Any]

OFFICIAL = "put the official file there"  # the remedy for a bad file

_SIDE = 28
_MOST = 100_000  # images in one file: above the 60,000 of the official files, below what could fill the memory
_IMAGES_MAGIC, _LABELS_MAGIC = 0x803, 0x801


def read_idx_images(path: Path) -> Tensor:
    """Read a gzip IDX file of images, uint8, shape (N, 1, 28, 28).

    Raises:
        DataError: the file is missing, is damaged, or has other content.
    """
    return torch.from_numpy(_read_idx(path, "images", _IMAGES_MAGIC, (_SIDE, _SIDE)))[:, None]


def read_idx_labels(path: Path) -> Tensor:
    """Read a gzip IDX file of labels, int64, shape (N,).

    Raises:
        DataError: the file is missing, is damaged, or has other content.
    """
    labels = _read_idx(path, "labels", _LABELS_MAGIC, ())
    check_labels(labels, path, OFFICIAL)
    return torch.from_numpy(labels.astype(np.int64))


def check_labels(labels: Array, path: Path, remedy: str) -> None:
    """Check that labels lie between 0 and 9.

    Raises:
        DataError: a label does not.
    """
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        first = int(wrong[0])
        raise DataError(f"{path}: label {labels[first]} of image {first} is not between 0 and 9; {remedy}.")


def unzip(path: Path, most: int, remedy: str) -> bytes:
    """Return at most `most` bytes of a gzip file, so that no file can fill the memory.

    Arguments:
        path: The file.
        most: Largest number of bytes.
        remedy: What to do about a bad file, for messages.

    Raises:
        DataError: the file is missing or damaged.
    """
    try:
        with gzip.open(path) as file:
            return file.read(most)
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file; {remedy}.") from error
    except EOFError as error:
        raise DataError(f"{path}: the gzip data are cut off; {remedy}.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: not a valid gzip file ({error}); {remedy}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from error


def _read_idx(path: Path, what: str, magic: int, item: tuple[int, ...]) -> Array:
    """Return the data of an IDX file, uint8, shape (N, *item).

    The format: a magic number, one size per dimension (each of four bytes, big-endian), then the data.
    """
    head = 8 + 4 * len(item)
    raw = unzip(path, head + _MOST * math.prod(item) + 1, OFFICIAL)
    numbers = [int.from_bytes(raw[i : i + 4], "big") for i in range(0, min(head, len(raw)), 4)]
    if len(raw) < head:
        raise DataError(f"{path}: the header of the IDX file is cut off; {OFFICIAL}.")
    if numbers[0] != magic:
        raise DataError(f"{path}: not an IDX file of {what} (magic number {numbers[0]} instead of {magic}); {OFFICIAL}.")
    count, shape = numbers[1], tuple(numbers[2:])
    if shape != item:
        raise DataError(f"{path}: {what} of shape {shape} where {item} is expected; {OFFICIAL}.")
    if not 1 <= count <= _MOST:
        raise DataError(f"{path}: announces {count} {what} where 1 to {_MOST} are allowed; {OFFICIAL}.")
    expected, size = count * math.prod(item), len(raw) - head
    if size != expected:
        present = f"only {size}" if size < expected else "more"
        raise DataError(f"{path}: announces {expected} bytes of {what} but holds {present}; {OFFICIAL}.")
    return np.frombuffer(raw, np.uint8, offset=head).reshape(count, *item).copy()
