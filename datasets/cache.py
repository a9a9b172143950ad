"""The cache folder for prepared data, and arrays that are written there whole or not at all."""

import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from musicae.core.files import write_atomically

__all__ = ["cache_dir", "load_arrays", "save_arrays"]


def cache_dir() -> Path:
    """Return the cache folder: `$MUSICAE_CACHE` if it is set, otherwise the cache folder of the platform."""
    folder = os.environ.get("MUSICAE_CACHE")
    if folder:
        return Path(folder)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "musicae"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "musicae"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "musicae"


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write named arrays as a compressed npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


def load_arrays(path: Path) -> dict[str, Any] | None:
    """Return the arrays of an npz file, or None if it is missing or damaged (callers then compute it again)."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception:  # zipfile, zlib and numpy raise many kinds for a damaged file
        return None
