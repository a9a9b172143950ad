"""CIFAR-10: 32 x 32 colour photographs in ten classes, from the binary version (the Python version is pickle, never read).

A record is one byte of label and 3 x 32 x 32 bytes of pixels: red, green, blue, each row by row. The last tenth of the
official training images is `valid`.

The files come from the first of: a folder that the caller names, the folder `cifar-10` of the cache, or a verified download
into it. The folder holds either the six `.bin` files (possibly in `cifar-10-batches-bin`) or `cifar-10-binary.tar.gz`.

References:
    Krizhevsky, 2009, Learning Multiple Layers of Features from Tiny Images.
"""

import io
import tarfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
import torch

from musicae.core.progress import Progress
from musicae.datasets.cache import cache_dir
from musicae.datasets.download import RemoteFile, fetch, mirrors_of
from musicae.datasets.images.idx import OFFICIAL
from musicae.errors import DataError
from musicae.images.data import LabelledImages, Split, check_split

__all__ = ["load_cifar10"]

_SHAPE = (3, 32, 32)
_RECORD = 1 + 3 * 32 * 32
_MOST = 10_000 * _RECORD  # bytes in one file
_ARCHIVE = RemoteFile("cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd")
_FOLDER = "cifar-10-batches-bin"
_FILES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}


def load_cifar10(split: Split, folder: Path | str | None = None, progress: Progress | None = None) -> LabelledImages:
    """Return one split of CIFAR-10 (see the module's docstring for its sources).

    Arguments:
        split: `train`, `valid` or `test`.
        folder: Folder with the files; None uses the cache, then a download.
        progress: Called while files are downloaded.

    Raises:
        ParameterError: the split is unknown.
        DataError: a file is missing or damaged, and cannot be downloaded.
    """
    check_split(split, "CIFAR-10")
    place = cache_dir() / "cifar-10" if folder is None else Path(folder)
    names = _FILES["test" if split == "test" else "train"]
    if folder is None and _find(place, names[0]) is None:
        try:
            fetch(_ARCHIVE, mirrors_of("cifar-10"), place, progress)
        except DataError as error:
            raise DataError(
                f"CIFAR-10 is not in {place}. {error} Give a folder with the official files (--data-dir)."
            ) from error
    records = np.concatenate(_read_all(place, names))
    images = torch.from_numpy(records[:, 1:].copy()).reshape(-1, *_SHAPE)
    labels = torch.from_numpy(records[:, 0].astype(np.int64))
    if split != "test":
        count = len(images) // 10
        if not count:
            raise DataError(f"{place}: {len(images)} training images are too few for a validation split; {OFFICIAL}.")
        part = slice(-count, None) if split == "valid" else slice(None, -count)
        images, labels = images[part], labels[part]
    return LabelledImages(images, labels, "CIFAR-10")


def _find(folder: Path, name: str) -> Path | None:
    """Return the path of a `.bin` file in a folder or in the official folder inside it."""
    return next((p for p in (folder / name, folder / _FOLDER / name) if p.is_file()), None)


def _read_all(folder: Path, names: tuple[str, ...]) -> list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """Read files from a folder, or from the archive in it."""
    archive = folder / _ARCHIVE.name
    if _find(folder, names[0]) is None and archive.is_file():
        return _read_archive(archive, names)
    read = []
    for name in names:
        path = _find(folder, name)
        if path is None:
            python = any((folder / sub / "data_batch_1").exists() for sub in (".", "cifar-10-batches-py"))
            hint = " (musicae does not read the Python version in this folder, because it is pickle)" if python else ""
            raise DataError(f"{folder / name}: no such file{hint}; put the files of the binary version there.")
        try:
            with path.open("rb") as file:
                read.append(_records(file, str(path)))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from error
    return read


def _read_archive(archive: Path, names: tuple[str, ...]) -> list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]]:
    """Read members of the archive into memory, so that no name in it can decide where a file is written."""
    records = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = member.name.removeprefix(f"{_FOLDER}/")
                if name in names and member.isfile():
                    file = tar.extractfile(member)
                    assert file is not None
                    records[name] = _records(file, f"{archive}, {member.name}")
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DataError(f"{archive}: not a valid archive ({' '.join(str(error).split())}); {OFFICIAL}.") from error
    missing = [name for name in names if name not in records]
    if missing:
        raise DataError(f"{archive}: {missing[0]} is not in it; {OFFICIAL}.")
    return [records[name] for name in names]


def _records(file: IO[bytes] | io.BufferedReader, where: str) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return the records of a file, uint8, shape (N, 3073)."""
    raw = file.read(_MOST + 1)
    if not raw or len(raw) > _MOST or len(raw) % _RECORD:
        size = f"more than {_MOST}" if len(raw) > _MOST else str(len(raw))
        raise DataError(f"{where}: {size} bytes are not 1 to 10000 records of {_RECORD} bytes; {OFFICIAL}.")
    records = np.frombuffer(raw, np.uint8).reshape(-1, _RECORD)
    wrong = np.flatnonzero(records[:, 0] > 9)
    if len(wrong):
        first = int(wrong[0])
        raise DataError(f"{where}: label {records[first, 0]} of image {first} is not between 0 and 9; {OFFICIAL}.")
    return records
