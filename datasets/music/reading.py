"""Read whole collections once, on all cores, and store the result in the cache."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import cpu_count
from typing import Any

import numpy as np

from musicae.core.progress import Progress
from musicae.datasets.cache import cache_dir, load_arrays, save_arrays
from musicae.datasets.music.base import Collection, Item
from musicae.errors import MusicaeError
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

__all__ = ["VERSION", "Rejection", "Tune", "read_collection"]

VERSION = 4  # raise it if a reader returns something else for the same file
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tune:
    """A tune: every track of its score is music of the collection's kind.

    Arguments:
        name: Unique name, `collection/...`.
        collection: Name of the collection.
        split: The split that its authors prescribe, or an empty string.
        score: Its notes.
    """

    name: str
    collection: str
    split: str
    score: Score


@dataclass(frozen=True)
class Rejection:
    """An item that was not read, and why."""

    name: str
    reason: str


def read_collection(
    collection: Collection, progress: Progress | None = None, *, jobs: int | None = None
) -> tuple[list[Tune], list[Rejection]]:
    """Read all items of a collection, or load them from the cache if its content has not changed.

    Arguments:
        collection: The collection.
        progress: Called with a title, the number of items done and their total.
        jobs: Number of processes; None takes one per core, 0 reads in this process.

    Raises:
        DataError: the collection's data are missing.
    """
    path = cache_dir() / f"tunes-{collection.name}-{collection.content_key()}-v{VERSION}.npz"
    arrays = load_arrays(path)
    if arrays is None:
        arrays = _read_all(collection, progress, jobs)
        save_arrays(path, arrays)
    return _unpack(collection.name, arrays)


def _read_all(collection: Collection, progress: Progress | None, jobs: int | None) -> dict[str, Any]:
    items = collection.items()
    jobs = (cpu_count() or 1) if jobs is None else jobs
    results = []
    report = progress or (lambda what, done, total: None)
    tasks = [(collection, item) for item in items]
    if jobs > 1:
        # Each worker is a fresh interpreter, because forking a process that already runs threads (torch) can hang.
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            for result in pool.map(_read_one, tasks, chunksize=8):
                results.append(result)
                report(f"reading {collection.title}", len(results), len(items))
    else:
        for task in tasks:
            results.append(_read_one(task))
            report(f"reading {collection.title}", len(results), len(items))
    return _pack(items, [collection.fixed_split(i) or "" for i in items], results)


def _read_one(task: tuple[Collection, Item]) -> Score | str:
    """Return the score of an item, or the reason why it cannot be read."""
    collection, item = task
    try:
        return collection.read(item)
    except MusicaeError as error:
        return str(error).removeprefix(f"{item.path} ")


def _pack(items: Sequence[Item], splits: Sequence[str], results: Sequence[Score | str]) -> dict[str, Any]:
    """Turn scores into flat arrays: one row per note, and the headers of the tunes as JSON."""
    notes: list[tuple[float, float, int, int, int, int]] = []
    headers: list[dict[str, Any]] = []
    rejected: list[list[str]] = []
    for item, split, result in zip(items, splits, results, strict=True):
        if isinstance(result, str):
            rejected.append([item.tune, result])
            continue
        for number, track in enumerate(result.tracks):
            notes += [(n.onset, n.duration, n.pitch, n.velocity, len(headers), number) for n in track.notes]
        headers.append(
            {
                "name": item.tune,
                "split": split,
                "tracks": [[t.program, t.name] for t in result.tracks],
                "tempos": [[t.time, t.qpm] for t in result.tempos],
                "metres": [[s.time, s.numerator, s.denominator] for s in result.time_signatures],
                "keys": [[k.time, k.number] for k in result.keys],
            }
        )
    table = np.array(notes, dtype=np.float64).reshape(-1, 6)
    text = json.dumps({"headers": headers, "rejected": rejected}).encode()
    return {"notes": table, "text": np.frombuffer(text, dtype=np.uint8)}


def _unpack(collection: str, arrays: dict[str, Any]) -> tuple[list[Tune], list[Rejection]]:
    text = json.loads(arrays["text"].tobytes().decode())
    table = arrays["notes"]
    bounds = np.searchsorted(table[:, 4], np.arange(len(text["headers"]) + 1))
    tunes = []
    for number, header in enumerate(text["headers"]):
        rows = table[bounds[number] : bounds[number + 1]].tolist()
        tracks = []
        for index, (program, name) in enumerate(header["tracks"]):
            notes = tuple(Note(r[0], r[1], int(r[2]), int(r[3])) for r in rows if r[5] == index)
            tracks.append(Track(notes, program, name=name))
        score = Score(
            tuple(tracks),
            tuple(Tempo(*t) for t in header["tempos"]),
            tuple(TimeSignature(*s) for s in header["metres"]),
            tuple(KeySignature(*k) for k in header["keys"]),
        )
        tunes.append(Tune(header["name"], collection, header["split"], score))
    rejections = [Rejection(name, reason) for name, reason in text["rejected"]]
    for reason, count in Counter(r.reason for r in rejections).items():
        _log.debug("%s: %d rejected: %s", collection, count, reason)
    return tunes, rejections
