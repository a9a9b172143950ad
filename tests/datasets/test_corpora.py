"""The collections inside the music21 package: one tune of each, as the books print it."""

from pathlib import Path

import pytest

from musicae.datasets.music.collections import COLLECTIONS
from musicae.datasets.music.reading import read_collection
from musicae.music.kinds.melody import MELODY

# The first notes as the books print them: pick-ups, ties, accidentals, and a letter's octave.
FIRST_NOTES: dict[tuple[str, str], tuple[str, list[tuple[float, float, int]]]] = {
    ("ryans", "ryans/42dHighlandRegimentStrathspey:1"): (
        "4/4",
        [(3.5, 0.5, 76), (4.0, 0.25, 72), (4.25, 0.75, 69), (5.0, 0.75, 69), (5.75, 0.25, 71)],
    ),
    ("oneills", "oneills/0001-0050:2"): (
        "2/4",
        [(0, 0.75, 67), (0.75, 0.25, 69), (1, 0.25, 70), (1.25, 0.25, 72), (1.5, 0.25, 74), (1.75, 0.25, 76), (2, 1, 77)],
    ),
    ("airds", "airds/book1:8"): ("2/2", [(3, 0.5, 69), (3.5, 0.5, 67), (4, 1, 71), (5, 1, 71), (6, 1, 71), (7, 0.5, 69)]),
    ("essen", "essen/altdeu10:2"): ("4/2", [(6, 2, 67), (8, 2, 70), (10, 2, 70), (12, 2, 72), (14, 2, 72), (16, 4, 74)]),
    ("chorales", "chorales/bwv66.6"): ("4/4", [(3, 0.5, 73), (3.5, 0.5, 71), (4, 1, 69), (5, 1, 71), (6, 1, 73), (7, 1, 76)]),
}
SIZES = {"ryans": 1059, "oneills": 2009, "airds": 1180, "essen": 8514, "chorales": 408}


@pytest.mark.parametrize(("name", "tune"), FIRST_NOTES)
def test_a_tune_of_each_collection(name: str, tune: str) -> None:
    collection = COLLECTIONS[name]()
    items = collection.items()
    assert len(items) == SIZES[name] and len({i.tune for i in items}) == len(items)
    score = collection.read(next(i for i in items if i.tune == tune))
    metre, expected = FIRST_NOTES[name, tune]
    first = score.time_signatures[0]
    assert f"{first.numerator}/{first.denominator}" == metre and first.time == 0.0
    assert [(n.onset, n.duration, n.pitch) for n in score.tracks[0].notes[: len(expected)]] == expected
    assert [t.name for t in score.tracks] == (["Soprano", "Alto", "Tenor", "Bass"] if name == "chorales" else ["melody"])
    assert all(tuple(sorted(t.notes)) == t.notes for t in score.tracks)


def test_only_what_may_be_trained_on_is_trained_on() -> None:
    assert {n: c.test_only for n, c in COLLECTIONS.items()} == {n: n == "essen" for n in COLLECTIONS}
    assert set(MELODY.collections) == {"ryans", "oneills", "airds", "chorales"}
    essen = COLLECTIONS["essen"]()
    assert essen.fixed_split(essen.items()[0]) == "test" and "non-commercial" in essen.licence


def test_an_unreadable_chorale_is_rejected_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bwv0.mxl").write_bytes(b"no music")
    monkeypatch.setattr("musicae.datasets.music.collections.corpora._corpus", lambda folder: tmp_path)
    tunes, rejections = read_collection(COLLECTIONS["chorales"](), jobs=0)
    assert tunes == [] and [r.name for r in rejections] == ["chorales/bwv0"]
    assert rejections[0].reason.startswith("is no XML that can be read (")


def test_a_tune_of_several_voices_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.abc").write_text("X:1\nM:4/4\nL:1/8\nK:G\nV:1\n[GB]8|\nV:2\nD8|\n\nX:2\nM:4/4\nL:1/8\nK:G\n[GB]8|\n")
    monkeypatch.setattr("musicae.datasets.music.collections.corpora._corpus", lambda folder: tmp_path)
    [tune], [rejection] = read_collection(COLLECTIONS["ryans"](), jobs=0)
    assert rejection.reason == "has several voices"
    assert [n.pitch for n in tune.score.tracks[0].notes] == [71], "of a chord the highest note is the melody"
