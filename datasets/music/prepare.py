"""Tunes to windows of a few bars: split by tune, deduplicated, and stored as flat arrays.

The split of a tune depends on its name and the seed only, so it never changes if collections are added. The kind of music
defines which windows count as equal (`Kind.window_key`); melodies do under transposition. A window that occurs in the training
tunes is dropped from validation and test, and one that occurs in the validation tunes is dropped from test.
"""

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicae.core.progress import Progress
from musicae.datasets.cache import cache_dir, load_arrays, save_arrays
from musicae.datasets.music.base import Collection
from musicae.datasets.music.reading import VERSION, Tune, read_collection
from musicae.errors import DataError
from musicae.music.kinds import kind_of
from musicae.music.representations import GridWindow, WindowSpec
from musicae.music.score import Bar, Track
from musicae.music.windows import SPLITS, PreparedWindows

__all__ = ["prepare", "split_of", "windows_of"]

_VERSION = 4  # raise it if the same tunes would give other windows


def split_of(name: str, seed: int = 0) -> str:
    """Return the split of a tune: about 5 % validation, 10 % test, the rest training."""
    number = int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4], "big") / 2**32
    return "test" if number < 0.10 else "valid" if number < 0.15 else "train"


def windows_of(track: Track, bars: Sequence[Bar], spec: WindowSpec) -> list[GridWindow]:
    """Return all windows of whole bars of one metre, at a stride of one bar.

    Silent windows, windows that are too long, and bars that are not a whole number of steps (mostly transcription errors) are
    skipped.
    """
    grid, count, longest_window = spec.representation, spec.bars, spec.longest_window
    onsets = [n.onset for n in track.notes]
    longest = max((n.duration for n in track.notes), default=0.0)
    windows = []
    for i in range(len(bars) - count + 1):
        chosen = bars[i : i + count]
        first = chosen[0]
        alike = all((b.numerator, b.denominator) == (first.numerator, first.denominator) for b in chosen)
        whole = all(abs(b.length - b.full_length) < 1e-6 for b in chosen)
        steps = grid.steps_in(first.length, otherwise=0) * count
        if not alike or not whole or not steps or (longest_window is not None and steps > longest_window):
            continue
        low = bisect_left(onsets, first.start - longest - 0.5)
        high = bisect_left(onsets, chosen[-1].end + 0.5)
        if low == high:
            continue
        window = grid.encode(track.notes[low:high], chosen)
        if grid.begins(window.tokens).any():
            windows.append(window)
    return windows


def prepare(
    collections: Sequence[Collection],
    spec: WindowSpec,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    jobs: int | None = None,
) -> PreparedWindows:
    """Read collections and cut them into windows, or load the windows from the cache if nothing has changed.

    Arguments:
        collections: The collections.
        spec: The windows to cut.
        seed: Seed of the split by tune.
        progress: Called with a title, the number of items done and their total.
        jobs: Number of reading processes (see `read_collection`).

    Raises:
        DataError: data are missing, or there are no windows.
    """
    parts = [[c.name, c.content_key()] for c in collections]
    recipe = json.dumps([_VERSION, VERSION, parts, spec.representation.to_dict(), spec.bars, spec.longest_window, seed])
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    path = cache_dir() / f"windows-{key}.npz"
    arrays = load_arrays(path)
    if arrays is None:
        cutter = _Cutter(spec, seed)
        for collection in collections:
            tunes, rejections = read_collection(collection, progress, jobs=jobs)
            cutter.add(collection, tunes, [[r.name, r.reason] for r in rejections], progress)
        arrays = cutter.arrays()
        save_arrays(path, arrays)
    report = json.loads(arrays["report"].tobytes().decode())
    if not len(arrays["tokens"]):
        raise DataError(_nothing(report, spec.bars))
    return PreparedWindows(
        arrays["tokens"],
        arrays["bar_steps"],
        arrays["split"],
        arrays["collection"],
        tuple(c.name for c in collections),
        report,
        key,
        arrays["values"] if spec.representation.values else None,
    )


def _nothing(report: dict[str, Any], bars: int) -> str:
    """Return why collections have no windows, according to their report."""
    reasons = Counter(reason for counts in report.values() for _, reason in counts["rejected"])
    text = f"No window of {bars} bars came out of {', '.join(report)}"
    if not reasons:
        return f"{text}: the tunes are shorter, or their bars too long; choose fewer bars or other data."
    reason, count = reasons.most_common(1)[0]
    return f"{text}: {reasons.total()} files cannot be used, {count} of them for this reason: {reason}"


class _Cutter:
    """Collects the windows of collection after collection."""

    def __init__(self, spec: WindowSpec, seed: int) -> None:
        self.spec, self.representation, self.bars, self.seed = spec, spec.representation, spec.bars, seed
        self.kind = kind_of(spec.representation)
        self.best: dict[bytes, tuple[int, int, GridWindow]] = {}  # key -> (split, collection, window)
        self.seen: list[tuple[bytes, int, int]] = []  # key, split, collection of every window
        self.report: dict[str, Any] = {}
        self.count = 0

    def add(self, collection: Collection, tunes: list[Tune], rejected: list[list[str]], progress: Progress | None) -> None:
        """Cut the tunes of one collection."""
        metres: Counter[str] = Counter()
        onsets, off_grid = 0, 0
        for done, tune in enumerate(tunes, 1):
            split = SPLITS.index(tune.split or split_of(tune.name, self.seed))
            bars = tune.score.bars()
            metres[f"{bars[0].numerator}/{bars[0].denominator}"] += 1
            for track in tune.score.tracks:
                onsets += len(track.notes)
                off_grid += sum(self._is_off_grid(n.onset) for n in track.notes)
                for window in windows_of(track, bars, self.spec):
                    self._keep(window, split)
                if self.kind.rebarred and SPLITS[split] == "train" and (odd := self._rebarred(tune, track)):
                    self._keep(odd, split)
            if progress:
                progress(f"cutting {collection.title}", done, len(tunes))
        self.report[collection.name] = {
            "title": collection.title,
            "licence": collection.licence,
            "tunes": len(tunes),
            "rejected": rejected,
            "onsets": onsets,
            "off the grid": off_grid,
            "metres": dict(metres.most_common()),
        }
        self.count += 1

    def _rebarred(self, tune: Tune, track: Track) -> GridWindow | None:
        """Return one window of the track in bars of a length that is rare in the corpora.

        Tunes in 5/4, 7/8 or 4/2 are rare in the books but not in users' files. One window per training tune is cut at a bar
        line into bars of a length drawn by the tune's name, so that models are trained on every place in every metre.
        """
        rng = np.random.default_rng([self.seed, *hashlib.sha256(f"{tune.name}/{track.name}".encode()).digest()])
        grid = self.representation
        most = self.spec.longest_window or 8 * grid.steps_per_quarter * self.bars
        longest = 2 * most // (grid.steps_per_quarter * self.bars)  # in eighths
        if longest < 2:
            return None
        length = int(rng.integers(2, longest + 1))
        quarters = length / 2
        bars = [b for b in tune.score.bars() if b.start + quarters * self.bars <= tune.score.end]
        if not bars:
            return None
        start = bars[int(rng.integers(len(bars)))].start
        odd = [Bar(i + 1, start + i * quarters, quarters, length, 8) for i in range(self.bars)]
        windows = windows_of(track, odd, self.spec)
        return windows[0] if windows else None

    def _is_off_grid(self, onset: float) -> bool:
        return self.representation.steps_in(onset, otherwise=-1) < 0

    def _keep(self, window: GridWindow, split: int) -> None:
        """Store a window; of equal windows, the first of the earliest split stays."""
        key = self.kind.window_key(window, self.representation)
        self.seen.append((key, split, self.count))
        known = self.best.get(key)
        if known is None or split < known[0]:
            self.best[key] = (split, self.count, window)

    def arrays(self) -> dict[str, Any]:
        """Return the stored windows and the report as arrays."""
        stored = list(self.best.values())
        for index, counts in enumerate(self.report.values()):
            mine = [(k, s) for k, s, c in self.seen if c == index]
            counts["windows"] = len(mine)
            counts["kept"] = {n: sum(s == i and c == index for s, c, _ in stored) for i, n in enumerate(SPLITS)}
            unique = {(k, s) for k, s in mine}
            counts["dropped"] = {n: sum(s == i and self.best[k][0] < i for k, s in unique) for i, n in enumerate(SPLITS)}
        longest = max((len(w.tokens) for _, _, w in stored), default=0)
        tokens = np.zeros((len(stored), longest), dtype=np.uint8 if self.representation.depth <= 256 else np.int16)
        values = np.zeros((len(stored), longest, self.representation.values), dtype=np.int8)
        for row, (_, _, window) in enumerate(stored):
            tokens[row, : len(window.tokens)] = window.tokens
            if window.values is not None:
                values[row, : len(window.tokens)] = _bytes(window.values)
        return {
            "tokens": tokens,
            "values": values,
            "bar_steps": np.array([w.bar_steps for _, _, w in stored], dtype=np.int16).reshape(-1, self.bars),
            "split": np.array([s for s, _, _ in stored], dtype=np.uint8),
            "collection": np.array([c for _, c, _ in stored], dtype=np.uint8),
            "report": np.frombuffer(json.dumps(self.report).encode(), dtype=np.uint8),
        }


def _bytes(values: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.round(values * 127).astype(np.int8)
