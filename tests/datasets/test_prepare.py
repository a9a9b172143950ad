"""From tunes to windows: splits by tune, no window twice, nothing of the training set in a test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicae.datasets.music.base import Collection, Item
from musicae.datasets.music.prepare import prepare, split_of, windows_of
from musicae.datasets.music.reading import read_collection
from musicae.errors import DataError
from musicae.music.representations import MelodyGrid, WindowSpec
from musicae.music.score import Note, Score, TimeSignature, Track
from musicae.music.windows import PreparedWindows

GRID = MelodyGrid()


def spec(bars: int = 2, max_steps: int = 64, grid: MelodyGrid = GRID) -> WindowSpec:
    """Return windows of so many bars and time steps."""
    return WindowSpec(grid, bars, max_steps)


class Tunes(Collection):
    """Scores by name."""

    title, licence = "tunes of a test", "none"

    def __init__(self, scores: dict[str, Score], name: str = "mine") -> None:
        super().__init__()
        self.scores, self.name = scores, name
        self.reads = 0

    def items(self) -> list[Item]:
        return [Item(name, Path(name)) for name in self.scores]

    def read(self, item: Item) -> Score:
        self.reads += 1
        return self.scores[item.tune]

    def content_key(self) -> str:
        return str(abs(hash(tuple(self.scores.items()))))


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def named(split: str, number: int = 0) -> str:
    """Return the name of a tune that falls into a split."""
    return [name for name in (f"tune {i}" for i in range(300)) if split_of(name) == split][number]


def melody(*pitches: int, length: float = 1.0, metre: tuple[int, int] = (4, 4), start: float = 0.0) -> Score:
    """Return a score of notes of one length in a row; pitch 0 is a rest."""
    notes = [Note(start + i * length, length, pitch) for i, pitch in enumerate(pitches) if pitch]
    return Score((Track(tuple(notes)),), time_signatures=(TimeSignature(0.0, *metre),))


def up(score: Score, semitones: int) -> Score:
    """Return a score in another key."""
    notes = tuple(Note(n.onset, n.duration, n.pitch + semitones) for n in score.tracks[0].notes)
    return Score((Track(notes),), time_signatures=score.time_signatures)


def cut(scores: dict[str, Score], *, seed: int = 0, **more: Any) -> PreparedWindows:
    """Prepare windows of scores."""
    return prepare([Tunes(scores)], spec(**more), seed=seed, jobs=0)


ONE = melody(60, 62, 64, 65, 67, 69, 71, 72, 60, 64, 67, 72)  # three bars
TWO = melody(72, 60, 71, 62, 69, 64, 67, 65, 72, 67, 64, 60)


def test_splits_are_drawn_by_name_and_stay() -> None:
    names = ["ryans/a:1", "ryans/b:1", "oneills/0001-0050:2", "tune 18", "tune 42", "tune 3", "tune 7"]
    assert [split_of(n) for n in names] == ["train", "test", "train", "valid", "valid", "test", "test"]
    drawn = [split_of(f"tune {i}") for i in range(5000)]
    shares = {s: drawn.count(s) / 5000 for s in ("train", "valid", "test")}
    assert shares == pytest.approx({"train": 0.85, "valid": 0.05, "test": 0.10}, abs=0.012)
    assert drawn != [split_of(f"tune {i}", seed=1) for i in range(5000)]


def test_all_windows_of_a_tune_share_its_split() -> None:
    for split in ("train", "valid", "test"):
        windows = cut({named(split): ONE}, seed=0)
        assert {s: len(windows.rows(s)) > 0 for s in ("train", "valid", "test")} == {
            s: s == split for s in ("train", "valid", "test")
        }


def test_the_authors_split_goes_before_the_draw() -> None:
    collection = Tunes({named("train"): ONE})
    collection.test_only = True
    windows = prepare([collection], spec(), jobs=0)
    assert len(windows.rows("test")) == 2 and len(windows.rows("train")) == 0


def windows(score: Score, count: int = 2, max_steps: int = 64, grid: MelodyGrid = GRID) -> list[list[int]]:
    """Return the tokens of all windows of a score's first track."""
    return [w.tokens.tolist() for w in windows_of(score.tracks[0], score.bars(), spec(count, max_steps, grid))]


def test_windows_begin_at_every_bar() -> None:
    tokens = [t for p in (60, 62, 64, 65, 67, 69, 71, 72, 60, 64, 67, 72) for t in (p - 19, 0, 0, 0)]
    assert windows(ONE) == [tokens[:32], tokens[16:]]
    assert windows(ONE, count=3) == [tokens] and windows(ONE, count=4) == []


def test_windows_without_an_onset_are_skipped() -> None:
    gap = melody(60, 0, 0, 0, *[0] * 8, 62, 0, 0, 0)
    assert [w[::4] for w in windows(gap)] == [[41, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 43, 1, 0, 0]]


def test_a_note_held_into_a_window_is_an_onset_there() -> None:
    held = Score((Track((Note(0.0, 9.0, 60), Note(9.0, 7.0, 64))),))
    assert [w[0] for w in windows(held)] == [41, 41, 41]


def test_windows_have_one_metre_and_whole_bars() -> None:
    notes = Track(tuple(Note(float(i), 1.0, 60 + i % 7) for i in range(17)))
    changing = Score((notes,), time_signatures=(TimeSignature(0.0, 4, 4), TimeSignature(8.0, 3, 4), TimeSignature(15.0, 4, 4)))
    bars = [(b.length, b.full_length) for b in changing.bars()]
    assert bars == [(4, 4), (4, 4), (3, 3), (3, 3), (1, 3), (4, 4)]
    assert [len(w) for w in windows(changing)] == [32, 24]


def test_windows_are_no_longer_than_the_limit_and_fit_the_grid() -> None:
    assert [len(w) for w in windows(ONE, max_steps=32)] == [32, 32] and windows(ONE, max_steps=31) == []
    odd = melody(*range(60, 76), length=0.5, metre=(5, 32))  # two and a half sixteenths
    assert windows(odd) == [] and len(windows(odd, grid=MelodyGrid(steps_per_quarter=8))) > 0


def test_transposed_windows_are_kept_once() -> None:
    alone = cut({named("train"): ONE})
    both = cut({named("train"): ONE, named("train", 1): up(ONE, 3)})
    plain = [w for w in both.tokens[both.bar_steps[:, 0] == 16].tolist()]
    assert plain == alone.tokens[alone.bar_steps[:, 0] == 16].tolist() and len(plain) == 2
    assert both.report["mine"]["windows"] >= 4
    mirrored = cut({named("train"): ONE, named("train", 1): TWO})
    assert (mirrored.bar_steps[:, 0] == 16).sum() == 4, "other music is kept"


@pytest.mark.parametrize(("early", "late"), [("train", "valid"), ("train", "test"), ("valid", "test")])
@pytest.mark.parametrize("swapped", [False, True])
def test_windows_of_an_earlier_split_are_dropped_and_counted(early: str, late: str, swapped: bool) -> None:
    later = melody(72, 60, 71, 62, *(n.pitch + 5 for n in ONE.tracks[0].notes[:8]))  # its second window is ONE's first
    scores = {named(early): ONE, named(late): later}
    prepared = cut(dict(reversed(scores.items())) if swapped else scores)
    report = prepared.report["mine"]
    assert len(prepared.rows(late)) == 1 == report["kept"][late]
    assert report["dropped"] == {s: int(s == late) for s in ("train", "valid", "test")}
    assert prepared.tokens[prepared.rows(late)][0, :16:4].tolist() == [53, 41, 52, 43]
    assert sum(report["kept"].values()) == len(prepared.tokens)


def test_windows_shared_by_collections_are_dropped_too() -> None:
    collections = [Tunes({named("test"): up(ONE, -2)}, "first"), Tunes({named("train"): ONE}, "second")]
    prepared = prepare(collections, spec(), jobs=0)
    assert len(prepared.rows("test")) == 0 and prepared.report["first"]["dropped"]["test"] == 2
    assert len(prepared.rows("train", "second")) >= 2 and len(prepared.rows("train", "first")) == 0


def test_training_tunes_give_one_window_in_rare_bars_and_others_none() -> None:
    long = melody(*[60 + (i * i) % 13 for i in range(64)])
    for split in ("train", "valid", "test"):
        prepared = cut({named(split): long})
        rare = prepared.bar_steps[prepared.bar_steps[:, 0] != 16]
        assert len(rare) == (split == "train")
    scores = {named("train", i): up(melody(*[60 + (i + j * j) % 13 for j in range(64)]), 0) for i in range(12)}
    prepared = cut(scores)
    lengths = prepared.bar_steps[prepared.bar_steps[:, 0] != 16]
    assert len(set(lengths[:, 0].tolist())) > 4 and bool((lengths[:, 0] == lengths[:, 1]).all())
    assert lengths.min() >= 4 and lengths.max() <= 32 and bool((lengths % 2 == 0).all())
    finer = prepare([Tunes(scores)], spec(max_steps=128, grid=MelodyGrid(steps_per_quarter=8)), jobs=0)
    assert (finer.bar_steps[:, 0] != 32).sum() > 4


def test_no_window_is_longer_than_the_limit() -> None:
    scores = {named("train", i): melody(*[60 + (i + j * j) % 13 for j in range(64)]) for i in range(12)}
    for bars, most in ((1, 12), (2, 24), (2, 6), (4, 64)):
        if bars * 4 > most or most // bars < 16:
            scores["short"] = melody(*range(60, 80), length=0.25, metre=(3, 16))
        prepared = cut(scores, bars=bars, max_steps=most)
        assert prepared.tokens.shape[1] <= most and bool((prepared.bar_steps.sum(1) <= most).all())


def test_long_bars_are_kept_whole() -> None:
    fine = MelodyGrid(steps_per_quarter=96)
    prepared = prepare([Tunes({named("train"): ONE})], spec(max_steps=1000, grid=fine), jobs=0)
    assert [384, 384] in prepared.bar_steps.tolist(), "more than fits a byte"


def test_the_report_counts_metres_and_what_is_off_the_grid() -> None:
    swing = melody(60, 62, 64, length=1 / 3)
    report = cut({named("train"): ONE, named("train", 1): melody(*range(60, 72), metre=(3, 4)), "swing": swing}).report["mine"]
    assert report["metres"] == {"4/4": 2, "3/4": 1} and (report["tunes"], report["onsets"]) == (3, 27)
    assert report["off the grid"] == 2 and report["rejected"] == []
    assert (report["title"], report["licence"]) == ("tunes of a test", "none")


def test_nothing_to_cut_is_an_error() -> None:
    with pytest.raises(DataError) as error:
        cut({"short": melody(60)})
    assert str(error.value) == (
        "No window of 2 bars came out of mine: the tunes are shorter, or their bars too long; choose fewer bars or other data."
    )


def test_prepared_windows_come_from_the_cache() -> None:
    collection = Tunes({named("train"): ONE, named("test"): TWO})
    first, second = prepare([collection], spec(), jobs=0), prepare([collection], spec(), jobs=0)
    assert collection.reads == 2 and first.key == second.key and first.report == second.report
    for name in ("tokens", "bar_steps", "split", "collection"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    keys = {first.key, prepare([collection], spec(1), jobs=0).key, prepare([collection], spec(), seed=3, jobs=0).key}
    keys |= {prepare([collection], spec(max_steps=128, grid=grid), jobs=0).key for grid in (GRID, MelodyGrid(8))}
    assert len(keys) == 5 and collection.reads == 2, "other windows, but no tune is read again"
    changed = Tunes({named("train"): ONE, named("test"): ONE})
    assert prepare([changed], spec(), jobs=0).key not in keys and changed.reads == 2


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "text": lambda data: b"no archive",
    "zip": lambda data: b"PK\x03\x04" + data[4:40],
    "bits": lambda data: data[:60] + bytes(b ^ 0x55 for b in data[60:-400]) + data[-400:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_written_again(damage: str, empty_cache: Path) -> None:
    collection = Tunes({named("train"): ONE})
    first = prepare([collection], spec(), jobs=0)
    good = {p: p.read_bytes() for p in empty_cache.iterdir()}
    assert sorted(p.name.split("-")[0] for p in good) == ["tunes", "windows"]
    for path, data in good.items():
        path.write_bytes(DAMAGE[damage](data))
    again = prepare([collection], spec(), jobs=0)
    assert collection.reads == 2 and np.array_equal(first.tokens, again.tokens)
    assert prepare([collection], spec(), jobs=0).key == first.key and collection.reads == 2, "repaired"


def test_progress_is_reported() -> None:
    reports: list[tuple[str, int, int]] = []
    collection = Tunes({named("train"): ONE, named("test"): TWO})
    read_collection(collection, lambda *args: reports.append(args), jobs=0)
    assert reports == [("reading tunes of a test", 1, 2), ("reading tunes of a test", 2, 2)]
