"""Downloads from a server of our own, Fashion-MNIST, CIFAR-10, and messages about bad files."""

import gzip
import hashlib
import io
import logging
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicae.datasets.download import MIRRORS, RemoteFile, fetch, mirrors_of
from musicae.datasets.images import IMAGE_SETS, cifar, mnist
from musicae.datasets.images.cifar import load_cifar10
from musicae.datasets.images.mnist import load_fashion_mnist, load_mnist
from musicae.errors import DataError, ParameterError
from support.cifar import records, write_cifar

CONTENT = bytes(range(256)) * 40


class Server(ThreadingHTTPServer):
    """A server of bytes in memory that can cut transfers off or know no ranges."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.cut_at: int | None = None
        self.ranges = True
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        self.send_response(206 if wanted and self.server.ranges else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if wanted and self.server.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[start : self.server.cut_at])

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def remote(content: bytes = CONTENT, name: str = "data.gz") -> RemoteFile:
    return RemoteFile(name, len(content), hashlib.sha256(content).hexdigest())


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    server.files["/data.gz"] = CONTENT
    told: list[tuple[str, int, int]] = []
    path = fetch(remote(), [server.url], tmp_path / "new", lambda *news: told.append(news))
    assert path.read_bytes() == CONTENT and [p.name for p in (tmp_path / "new").iterdir()] == ["data.gz"]
    assert told[-1] == ("data.gz", len(CONTENT), len(CONTENT))
    assert fetch(remote(), [server.url], tmp_path / "new") == path and len(server.asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_off_download_goes_on(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.files["/data.gz"], server.cut_at = CONTENT, 3000
    with pytest.raises(DataError) as error:
        fetch(remote(), [server.url], tmp_path)
    cut = f"the transfer was cut off after 3000 of {len(CONTENT)} bytes; the next call continues from there"
    assert str(error.value) == f"data.gz could not be downloaded ({server.url}data.gz: {cut})."
    assert [p.name for p in tmp_path.iterdir()] == [".data.gz.part"], "nothing has the file's own name"
    server.cut_at, server.ranges = None, ranges
    assert fetch(remote(), [server.url], tmp_path).read_bytes() == CONTENT
    assert server.asked[-1] == ("/data.gz", "bytes=3000-")


def test_a_wrong_hash_leaves_nothing_and_the_next_mirror_is_asked(server: Server, tmp_path: Path) -> None:
    server.files["/bad/data.gz"], server.files["/data.gz"] = CONTENT[::-1], CONTENT
    with pytest.raises(DataError) as error:
        fetch(remote(), [f"{server.url}bad", f"{server.url}none"], tmp_path)
    found, wanted = (hashlib.sha256(c).hexdigest()[:12] for c in (CONTENT[::-1], CONTENT))
    assert str(error.value) == (
        f"data.gz could not be downloaded ({server.url}bad/data.gz: its SHA-256 is {found}… where {wanted}… is expected; "
        f"{server.url}none/data.gz: HTTP Error 404: Not Found)."
    )
    assert not list(tmp_path.iterdir())
    assert fetch(remote(), [f"{server.url}bad/", server.url], tmp_path).read_bytes() == CONTENT


def test_a_spoilt_beginning_is_thrown_away(server: Server, tmp_path: Path) -> None:
    server.files["/data.gz"] = CONTENT
    for spoilt in (b"x" * 100, b"x" * len(CONTENT), b"x" * (len(CONTENT) + 5)):
        (tmp_path / ".data.gz.part").write_bytes(spoilt)
        path = fetch(remote(), [server.url], tmp_path)
        assert path.read_bytes() == CONTENT and len(list(tmp_path.iterdir())) == 1
        path.unlink()


def test_a_server_that_sends_too_much_is_stopped(server: Server, tmp_path: Path) -> None:
    server.files["/data.gz"] = CONTENT + b"more"
    with pytest.raises(DataError, match=f"it sends more than the expected {len(CONTENT)} bytes"):
        fetch(remote(), [server.url], tmp_path)
    assert not list(tmp_path.iterdir())


def test_mirrors_are_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUSICAE_MIRRORS", "http://one/x https://two/")
    assert mirrors_of("mnist") == ("http://one/x/mnist/", "https://two/mnist/")
    monkeypatch.setenv("MUSICAE_MIRRORS", "")
    with pytest.raises(DataError, match=r"^data\.gz could not be downloaded \(downloads are switched off by MUSICAE_MIRRORS\)"):
        fetch(remote(), mirrors_of("mnist"), tmp_path)
    monkeypatch.delenv("MUSICAE_MIRRORS")
    assert set(MIRRORS) == set(IMAGE_SETS) and mirrors_of("cifar-10") == MIRRORS["cifar-10"]


def idx(array: np.ndarray[Any, Any]) -> bytes:
    """Return a gzip IDX file's content."""
    head = b"".join(n.to_bytes(4, "big") for n in (0x800 + array.ndim, *array.shape))
    return gzip.compress(head + array.astype(np.uint8).tobytes(), 1, mtime=0)


def test_a_missing_test_split_is_downloaded(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    monkeypatch.setenv("MUSICAE_MIRRORS", server.url)
    names = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    for title, load in (("mnist", load_mnist), ("fashion-mnist", load_fashion_mnist)):
        for name, content in zip(names, (idx(np.full((3, 28, 28), 7)), idx(np.array([1, 2, 9]))), strict=True):
            server.files[f"/{title}/{name}"] = content
            monkeypatch.setitem(mnist._FILES[title], name, remote(content, name))
        with caplog.at_level(logging.INFO):
            data = load("test")
        assert f"Downloading {server.url}{title}/{names[0]}" in caplog.messages
        assert data.labels.tolist() == [1, 2, 9] and int(data.images[2, 0, 5, 5]) == 7
        assert len(load("test").first(2)) == 2
    assert len(server.asked) == 4, "the second time they lie in the cache"
    assert data.source == "Fashion-MNIST"


def test_without_a_download_fashion_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path))
    with pytest.raises(DataError) as error:
        load_fashion_mnist("train")
    assert str(error.value) == (
        f"Fashion-MNIST is not in {tmp_path / 'fashion-mnist'}. train-images-idx3-ubyte.gz could not be downloaded (downloads "
        "are switched off by MUSICAE_MIRRORS). Give a folder with the four official files (--data-dir)."
    )
    with pytest.raises(ParameterError, match=r"^Unknown split 'dev' of Fashion-MNIST\."):
        load_fashion_mnist("dev")  # type: ignore[arg-type]


def archive(folder: Path, **more: bytes) -> bytes:
    """Return the files of a folder as an archive, with further members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in {**{p.name: p.read_bytes() for p in sorted(folder.iterdir())}, **more}.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_cifar_from_files_a_sub_folder_and_the_archive(tmp_path: Path) -> None:
    plain = write_cifar(tmp_path / "plain")
    write_cifar(tmp_path / "nested" / "cifar-10-batches-bin")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "cifar-10-binary.tar.gz").write_bytes(archive(plain, **{"../../evil.bin": b"x"}))
    for folder in (plain, tmp_path / "nested", tmp_path / "packed"):
        train, valid, test = (load_cifar10(split, folder) for split in ("train", "valid", "test"))
        assert [len(d) for d in (train, valid, test)] == [18, 2, 3]
        assert train.images.shape[1:] == (3, 32, 32) and train.images[5, :, 3, 4].tolist() == [5, 6, 7]
        assert valid.labels.tolist() == [8, 9] and train.labels.tolist() == [i % 10 for i in range(18)]
        assert test.source == "CIFAR-10"
    assert [p.name for p in (tmp_path / "packed").iterdir()] == ["cifar-10-binary.tar.gz"], "nothing is unpacked"


def test_cifar_is_downloaded(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive(write_cifar(tmp_path / "plain"))
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"^CIFAR-10 is not in .*cifar-10\. cifar-10-binary\.tar\.gz could not be downloaded"):
        load_cifar10("test")
    monkeypatch.setenv("MUSICAE_MIRRORS", server.url)
    monkeypatch.setattr(cifar, "_ARCHIVE", remote(content, "cifar-10-binary.tar.gz"))
    server.files["/cifar-10/cifar-10-binary.tar.gz"] = content
    assert len(load_cifar10("test")) == len(load_cifar10("test")) == 3
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (records(2)[:-1], "6145 bytes are not 1 to 10000 records of 3073 bytes; put the official file there."),
        (b"", "0 bytes are not 1 to 10000 records of 3073 bytes; put the official file there."),
        (bytes([10]) + bytes(3072), "label 10 of image 0 is not between 0 and 9; put the official file there."),
    ],
)
def test_bad_cifar_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "test_batch.bin"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        load_cifar10("test", tmp_path)
    assert str(error.value) == f"{path}: {message}"


def test_missing_and_pickled_cifar_files(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        load_cifar10("test", tmp_path)
    assert str(error.value) == f"{tmp_path / 'test_batch.bin'}: no such file; put the files of the binary version there."
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"pickle")
    with pytest.raises(DataError, match=r"\(musicae does not read the Python version in this folder, because it is pickle\)"):
        load_cifar10("train", tmp_path)
    with pytest.raises(ParameterError, match=r"^Unknown split 'dev' of CIFAR-10\."):
        load_cifar10("dev", tmp_path)  # type: ignore[arg-type]


def test_bad_cifar_archives(tmp_path: Path) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    whole = archive(write_cifar(tmp_path / "plain"))
    for content in (b"no archive", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(DataError) as error:
            load_cifar10("test", tmp_path)
        assert str(error.value).startswith(f"{path}: not a valid archive (")
    (tmp_path / "plain" / "test_batch.bin").unlink()
    path.write_bytes(archive(tmp_path / "plain"))
    with pytest.raises(DataError) as error:
        load_cifar10("test", tmp_path)
    assert str(error.value) == f"{path}: test_batch.bin is not in it; put the official file there."


def test_too_few_images_for_a_validation_split(tmp_path: Path) -> None:
    for i in range(1, 6):
        (tmp_path / f"data_batch_{i}.bin").write_bytes(records(1))
    with pytest.raises(DataError, match=r"5 training images are too few for a validation split; put the official file there\."):
        load_cifar10("valid", tmp_path)
