"""Verified downloads that continue after an interruption and leave no partial file.

A file grows under a temporary name, and gets its own name only when its SHA-256 is correct. The servers are configured by
`MIRRORS` below or by the environment variable `MUSICAE_MIRRORS`, a list of addresses separated by blanks. Under each address
the files lie in a folder named after the data set. An empty `MUSICAE_MIRRORS` forbids downloads.
"""

import hashlib
import http.client
import logging
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from musicae.core.progress import Progress
from musicae.errors import DataError

__all__ = ["MIRRORS", "RemoteFile", "fetch", "mirrors_of"]


_LOG = logging.getLogger(__name__)
_CHUNK = 2**18
_TIMEOUT = 20.0  # seconds without a byte

MIRRORS: dict[str, tuple[str, ...]] = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    "cifar-10": ("https://www.cs.toronto.edu/~kriz/",),
}


@final
@dataclass(frozen=True)
class RemoteFile:
    """A file with known content.

    Arguments:
        name: Its name, on the servers and on disk.
        size: Its length in bytes.
        sha256: SHA-256 of its content, in hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


class _Broken(Exception):
    """A transfer did not return the whole file."""


def mirrors_of(name: str) -> tuple[str, ...]:
    """Return the addresses under which the files of a data set lie; none if downloads are forbidden."""
    configured = os.environ.get("MUSICAE_MIRRORS")
    if configured is None:
        return MIRRORS[name]
    return tuple(f"{base.rstrip('/')}/{name}/" for base in configured.split())


def fetch(file: RemoteFile, mirrors: Sequence[str], folder: Path, progress: Progress | None = None) -> Path:
    """Return the path of a file in a folder; the file is downloaded if it is missing.

    Arguments:
        file: The file.
        mirrors: Addresses to try, one after the other.
        folder: Folder of the file. An interrupted download stays there under a hidden name, and the next call continues it.
        progress: Called with the file's name, the bytes so far, and all bytes.

    Raises:
        DataError: no mirror returned the expected content; the message lists the problem with each.
    """
    target, part = folder / file.name, folder / f".{file.name}.part"
    if target.exists():
        return target
    problems = [] if mirrors else ["downloads are switched off by MUSICAE_MIRRORS"]
    for mirror in mirrors:
        url = mirror.rstrip("/") + "/" + file.name
        _LOG.info("Downloading %s", url)
        for resumed in (True, False) if part.exists() else (False,):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _transfer(url, part, file, progress)
            except (OSError, http.client.HTTPException, _Broken, ValueError) as error:
                problems.append(f"{url}: {' '.join(str(error).split()) or type(error).__name__}")
                break
            digest = _sha256(part)
            if digest == file.sha256:
                os.replace(part, target)
                return target
            part.unlink()
            if not resumed:  # the earlier part of a resumed file may have been wrong, so it is downloaded once more
                problems.append(f"{url}: its SHA-256 is {digest[:12]}… where {file.sha256[:12]}… is expected")
    raise DataError(f"{file.name} could not be downloaded ({'; '.join(problems)}).")


def _transfer(url: str, part: Path, file: RemoteFile, progress: Progress | None) -> None:
    """Download the rest of `part`, up to the length of the file."""
    start = part.stat().st_size if part.exists() else 0
    if start > file.size:
        part.unlink()
        start = 0
    if start == file.size:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-", "User-Agent": "musicae"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        resumes = answer.status == 206 and str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")
        if not resumes and answer.status != 200:
            raise _Broken(f"the server answered {answer.status}")
        done = start if resumes else 0
        with part.open("ab" if resumes else "wb") as out:
            while chunk := answer.read(_CHUNK):
                done += len(chunk)
                if done > file.size:
                    break
                out.write(chunk)
                if progress:
                    progress(file.name, done, file.size)
    if done > file.size:
        part.unlink()
        raise _Broken(f"it sends more than the expected {file.size} bytes")
    if done < file.size:
        raise _Broken(f"the transfer was cut off after {done} of {file.size} bytes; the next call continues from there")


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
