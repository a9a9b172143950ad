"""The Groove MIDI Dataset's layout, from a folder and from a zip, and drum windows in batches."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.collections.groove import Groove
from musicae.datasets.music.prepare import prepare
from musicae.datasets.music.reading import read_collection
from musicae.errors import DataError
from musicae.music.representations import DrumGrid, WindowSpec
from musicae.music.windows import WindowSampler

SPEC = WindowSpec(DrumGrid(), 2, max_steps=64)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path / "cache"))


def zipped(folder: Path, target: Path) -> Path:
    """Return a zip of a folder."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    return target


def test_folder_and_zip_hold_the_same_performances_in_the_prescribed_splits(groove_folder: Path, tmp_path: Path) -> None:
    places = (groove_folder, groove_folder / "groove", zipped(groove_folder, tmp_path / "groove.zip"))
    read = [read_collection(Groove(place), jobs=0) for place in places]
    assert read[0] == read[1] == read[2]
    tunes, rejections = read[0]
    assert [t.split for t in tunes] == ["train"] * 4 + ["valid", "test"] and not rejections
    assert tunes[0].name == "groove/drummer1/session1/0"
    assert {n.pitch for n in tunes[0].score.tracks[0].notes} == {36, 38, 42}


def test_windows_carry_velocities_and_offsets_into_batches(groove_folder: Path) -> None:
    windows = prepare(open_collections((f"groove={groove_folder}",), kind="drums"), SPEC, jobs=0)
    assert windows.values is not None and windows.values.dtype == np.int8
    assert windows.values.shape == (*windows.tokens.shape, 18)
    assert [len(windows.rows(s)) for s in ("train", "valid", "test")] == [16, 4, 4], "four windows of five bars, none rebarred"
    again = prepare(open_collections((f"groove={groove_folder}",), kind="drums"), SPEC, jobs=0)
    assert again.values is not None and np.array_equal(again.values, windows.values), "from the cache"
    batch = WindowSampler(windows, SPEC.representation, batch_size=5, transpose=0).batch(0)
    assert batch.values is not None and batch.values.shape == (5, 32, 18)
    hit = (batch.tokens[..., None] >> torch.arange(9)) & 1 > 0
    assert bool(((batch.values[..., :9] > 0) == hit).all()), "loud where and only where something is hit"
    assert 0.05 < float(batch.values[..., 9:][hit].abs().mean()) < 0.4


def test_patterns_that_differ_only_in_expression_are_both_kept(groove_folder: Path) -> None:
    windows = prepare(open_collections((f"groove={groove_folder}",), kind="drums"), SPEC, jobs=0)
    assert len(np.unique(windows.tokens, axis=0)) <= len(windows.tokens) == windows.report["groove"]["windows"]


def test_damaged_data(groove_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"^The data of Groove is needed; give --data groove=FOLDER or groove=FILE\.zip\.$|^The data"
    ):
        Groove(None)
    with pytest.raises(DataError, match=r"holds no info\.csv laid out as groove/info\.csv\.$"):
        Groove(tmp_path).items()
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(DataError, match=r"bad\.zip is not a readable zip file"):
        Groove(bad).items()
    (tmp_path / "info.csv").write_text("id,split\n1,train\n")
    with pytest.raises(DataError, match=r"info\.csv has no columns id, midi_filename and split\.$"):
        Groove(tmp_path).items()
    (tmp_path / "info.csv").write_text("id,midi_filename,split\n1,gone.mid,train\n2,gone.mid,best\n")
    with pytest.raises(DataError, match=r"info\.csv has a split 'best'; known are train, validation, test\.$"):
        Groove(tmp_path).fixed_split(Groove(tmp_path).items()[0])
    (tmp_path / "info.csv").write_text("id,midi_filename,split\n1,gone.mid,train\n")
    tunes, rejections = read_collection(Groove(tmp_path), jobs=0)
    assert not tunes and [r.reason for r in rejections] == ["has no readable gone.mid"]
