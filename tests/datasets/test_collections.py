"""Collections made for the purpose: folders of MIDI files and POP909's layout, read from disk, zip and cache."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Note, Score, Track
from musicae.datasets.music.base import hash_files
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.collections.midi_folder import MidiFolder
from musicae.datasets.music.collections.pop909 import Pop909
from musicae.datasets.music.prepare import prepare
from musicae.datasets.music.reading import read_collection
from musicae.errors import DataError
from musicae.music.formats.midi import write_midi
from musicae.music.kinds import KINDS
from musicae.music.kinds.melody import MELODY
from musicae.music.representations import MelodyGrid, WindowSpec
from musicae.music.score import KeySignature, Tempo, TimeSignature

SPEC = WindowSpec(MelodyGrid(), 2, max_steps=64)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path, make_tune: Callable[..., Score]) -> Path:
    """Return a folder with two good files, one of them deeper down, and four that are not."""
    root = tmp_path / "files"
    (root / "deeper").mkdir(parents=True)
    good = make_tune(1, metre=(3, 4), qpm=90.0)
    bass = Track(tuple(Note(float(i), 1.0, 36) for i in range(8)), 33, name="bass")
    write_midi(Score((bass, *good.tracks), good.tempos, good.time_signatures, (KeySignature(0.0, 14),)), root / "a.mid")
    write_midi(make_tune(2), root / "deeper" / "b.MIDI")
    write_midi(Score((Track((Note(0.0, 1.0, 38),), is_drum=True),)), root / "drums.mid")
    write_midi(Score(), root / "silent.mid")
    (root / "broken.mid").write_bytes((root / "a.mid").read_bytes()[:60])
    (root / "picture.mid").write_bytes(b"\x89PNG....")
    (root / "notes.txt").write_text("no MIDI file")
    return root


def test_good_files_of_a_folder_are_read_and_bad_ones_rejected_with_reasons(folder: Path) -> None:
    tunes, rejections = read_collection(MidiFolder(folder), jobs=0)
    assert [t.name for t in tunes] == ["folder-files/a.mid", "folder-files/deeper/b.MIDI"]
    reasons = {r.name.removeprefix("folder-files/"): r.reason for r in rejections}
    assert sorted(reasons) == ["broken.mid", "drums.mid", "picture.mid", "silent.mid"]
    assert reasons["picture.mid"].startswith("is not a MIDI file: it does not begin with 'MThd'.")
    assert "cut off" in reasons["broken.mid"]
    assert reasons["drums.mid"].startswith("has drums only")
    assert reasons["silent.mid"].startswith("has no notes")


def test_of_each_file_the_melody_track_is_kept_as_written(folder: Path, make_tune: Callable[..., Score]) -> None:
    tune = read_collection(MidiFolder(folder), jobs=0)[0][0]
    wanted = make_tune(1, metre=(3, 4), qpm=90.0)
    assert [t.name for t in tune.score.tracks] == ["lead"]
    for ours, theirs in zip(tune.score.tracks[0].notes, wanted.tracks[0].notes, strict=True):
        assert (ours.onset, ours.duration) == pytest.approx((theirs.onset, theirs.duration), abs=1 / 480)
        assert (ours.pitch, ours.velocity) == (theirs.pitch, theirs.velocity)
    assert tune.score.time_signatures == (TimeSignature(0.0, 3, 4),) and tune.score.keys == (KeySignature(0.0, 14),)
    assert tune.score.tempo_at(0.0) == pytest.approx(90.0, abs=0.01)
    assert (tune.collection, tune.split) == ("folder-files", "")


def test_a_pool_of_processes_reads_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = read_collection(MidiFolder(folder), jobs=0)
    monkeypatch.setenv("MUSICAE_CACHE", str(tmp_path / "other"))
    told: list[int] = []
    assert read_collection(MidiFolder(folder), lambda what, done, total: told.append(done), jobs=2) == here
    assert told == [1, 2, 3, 4, 5, 6]


def test_the_cache_is_used_until_a_file_changes(
    folder: Path, make_tune: Callable[..., Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_collection(MidiFolder(folder), jobs=0)
    with monkeypatch.context() as patch:
        patch.setattr(MidiFolder, "read", lambda self, item: pytest.fail("the cache was not used"))
        assert read_collection(MidiFolder(folder), jobs=0) == first
    write_midi(make_tune(7), folder / "a.mid")
    changed = read_collection(MidiFolder(folder), jobs=0)
    assert changed != first and changed[0][1] == first[0][1]


def test_the_content_key_follows_names_and_content(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"one")
    b.write_bytes(b"two")
    keys = {hash_files([a, b])}
    assert hash_files([a, b]) in keys and len(next(iter(keys))) == 16
    keys |= {hash_files([a]), hash_files([b])}
    a.write_bytes(b"ONE")
    keys.add(hash_files([a, b]))
    b.rename(tmp_path / "c")
    keys.add(hash_files([a, tmp_path / "c"]))
    assert len(keys) == 5


def test_rejections_are_in_the_report(folder: Path) -> None:
    report = prepare([MidiFolder(folder)], SPEC, jobs=0).report["folder-files"]
    assert (report["tunes"], len(report["rejected"]), report["metres"]) == (2, 4, {"3/4": 1, "4/4": 1})
    assert all(reason for _, reason in report["rejected"])


def test_folders_without_music_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        MidiFolder(tmp_path / "none")
    assert str(error.value) == f"{tmp_path / 'none'} is not a folder; give a folder of music files."
    with pytest.raises(DataError) as error:
        MidiFolder(tmp_path).items()
    assert str(error.value) == f"{tmp_path} holds no file ending in .mid, .midi, .kar, .rmi, .abc, .musicxml, .mxl, .xml."


def test_collections_are_opened_by_name_and_path(folder: Path) -> None:
    assert tuple(c.name for c in open_collections()) == MELODY.collections
    assert [c.name for c in open_collections(("airds", str(folder), "essen"))] == ["airds", "folder-files", "essen"]
    assert [c.name for c in open_collections((f"pop909={folder}",))] == ["pop909"]


def test_drums_of_a_folder_are_read_for_a_model_of_drums(folder: Path) -> None:
    drums = [Note(float(i), 0.5, 36 + 2 * (i % 2)) for i in range(8)]
    lead = Track(tuple(Note(float(i), 1.0, 60) for i in range(8)), name="lead")
    write_midi(Score((lead, Track(tuple(drums), is_drum=True))), folder / "band.kar")
    [collection] = open_collections((str(folder),), kind="drums")
    tunes, rejections = read_collection(collection, jobs=0)
    assert [t.name for t in tunes] == ["drums-files/band.kar", "drums-files/drums.mid"]
    assert [n.pitch for n in tunes[0].score.tracks[0].notes] == [36, 38] * 4
    assert any("has no drums" in r.reason for r in rejections)


@pytest.mark.parametrize(("name", "own", "other"), [("groove", "drums", "melody"), ("ryans", "melody", "drums")])
def test_collections_of_another_kind_are_refused(name: str, own: str, other: str, groove_folder: Path) -> None:
    given = f"groove={groove_folder}" if name == "groove" else name
    with pytest.raises(DataError) as error:
        open_collections((given,), kind=other)
    assert (
        str(error.value)
        == f"{given} holds {KINDS[own].title}, and the model is one of {KINDS[other].title}; choose other data."
    )


def test_a_moved_or_unreadable_file_changes_the_key_of_a_folder(folder: Path) -> None:
    keys = {MidiFolder(folder).content_key()}
    (folder / "a.mid").rename(folder / "deeper" / "a.mid")
    keys.add(MidiFolder(folder).content_key())
    assert len(keys) == 2
    assert hash_files([folder / "missing.mid"], folder) != hash_files([], folder)


def test_test_sets_are_refused_for_training() -> None:
    with pytest.raises(DataError) as error:
        open_collections(("ryans", "essen"), training=True)
    assert str(error.value) == "The collection 'essen' (non-commercial use only) is a test set; do not train on it."


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("ryan",), "'ryan' is neither a collection nor a folder; did you mean 'ryans'? Collections: ryans, oneills, "),
        (("no/such",), "'no/such' is neither a collection nor a folder. Collections: ryans, oneills, "),
        (("pop909",), "The data of POP909 is needed; give --data pop909=FOLDER or pop909=FILE.zip."),
        (("pop909=no/such",), "The data of POP909 is not at no/such; give --data pop909=FOLDER or pop909=FILE.zip."),
        (("ryans=here",), "ryans comes with music21 and takes no path; give --data ryans, or a folder of music files."),
        (("airds", "airds"), "Two collections are named 'airds'; give each once, and folders names of their own."),
    ],
)
def test_collections_that_do_not_exist_are_refused(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError) as error:
        open_collections(names)
    assert str(error.value).startswith(message)


# A performance that drifts: beat i of the song is played at SECONDS[i]; bars begin at beats 2, 6, 10 ...
SECONDS = [0.35 + 0.66 * i + 0.01 * (i % 3) for i in range(24)]
QPM = 100.0
TUNE = [(2.0, 1.0, 60), (3.0, 0.5, 62), (3.5, 0.5, 64), (4.25, 0.75, 65), (6.0, 2.0, 67), (10.0, 4.0, 69)]  # in beats


def seconds(beat: float) -> float:
    """Return when a place between beats is played."""
    i = int(beat)
    return SECONDS[i] + (beat - i) * (SECONDS[i + 1] - SECONDS[i])


def song(folder: Path, number: str = "001", *, melody: str = "MELODY", beats: str | None = None) -> None:
    """Write a song as POP909 lays it out, with versions that are to be ignored."""
    notes = []
    for onset, length, pitch in TUNE:
        start, end = (seconds(b) * QPM / 60 for b in (onset, onset + length))
        notes.append(Note(start, end - start, pitch, 90))
    piano = Track(tuple(Note(float(i), 1.0, 48) for i in range(16)), name="PIANO")
    (folder / number / "versions").mkdir(parents=True)
    score = Score((Track(tuple(notes), 0, name=melody), piano), (Tempo(0.0, QPM),))
    write_midi(score, folder / number / f"{number}.mid")
    write_midi(Score((piano,)), folder / number / "versions" / f"{number}-v1.mid")
    if beats is None:
        beats = "\n".join(f"{t} {float(i % 2 == 0)} {float(i % 4 == 2)}" for i, t in enumerate(SECONDS))
    (folder / number / "beat_midi.txt").write_text(beats)


@pytest.mark.parametrize("kind", ["folder above", "folder", "zip"])
def test_pop909_melodies_lie_on_their_beats(kind: str, tmp_path: Path) -> None:
    top = tmp_path / "data" / "POP909"
    song(top, "001")
    song(top, "002", melody="BRIDGE")
    root = {"folder above": tmp_path / "data", "folder": top, "zip": tmp_path / "POP909.zip"}[kind]
    if kind == "zip":
        with zipfile.ZipFile(root, "w") as archive:
            for path in sorted(p for p in top.rglob("*") if p.is_file()):
                archive.write(path, path.relative_to(tmp_path / "data"))
    tunes, rejections = read_collection(Pop909(root), jobs=0)
    assert [(r.name, r.reason) for r in rejections] == [("pop909/002", "has no track MELODY")]
    assert [t.name for t in tunes] == ["pop909/001"]
    score = tunes[0].score
    assert len(score.tracks) == 1 and (score.time_signatures[0].numerator, score.time_signatures[0].denominator) == (4, 4)
    assert score.tempo_at(0.0) == pytest.approx(60 / 0.66, rel=0.03)
    first = score.tracks[0].notes[0].onset
    assert first % 4 == pytest.approx(0.0, abs=0.02) or first % 4 == pytest.approx(4.0, abs=0.02), "beat 2 begins a bar"
    for note, (onset, length, pitch) in zip(score.tracks[0].notes, TUNE, strict=True):
        assert note.onset - first == pytest.approx(onset - 2.0, abs=0.02)
        assert note.duration == pytest.approx(length, abs=0.02)
        assert (note.pitch, note.velocity) == (pitch, 90)


@pytest.mark.parametrize(
    ("beats", "reason"),
    [
        ("", "has no usable beat_midi.txt"),
        ("words", "has no usable beat_midi.txt"),
        ("1 0 1\n2 0 0\n3", "has no usable beat_midi.txt"),
        ("\n".join(f"{i} 0" for i in range(20)), "has no usable beat_midi.txt"),
        ("\n".join(f"{20 - i} 0 {i % 4 == 0:d}" for i in range(20)), "has no usable beat_midi.txt"),
        ("\n".join(f"{i} 0 0" for i in range(20)), "has no bars marked in beat_midi.txt"),
        (None, "has no readable beat_midi.txt"),
    ],
)
def test_pop909_songs_without_usable_beats_stop_nothing(beats: str | None, reason: str, tmp_path: Path) -> None:
    song(tmp_path, "001", beats=beats or "")
    song(tmp_path, "002")
    if beats is None:
        (tmp_path / "001" / "beat_midi.txt").unlink()
    tunes, rejections = read_collection(Pop909(tmp_path), jobs=0)
    assert [t.name for t in tunes] == ["pop909/002"]
    assert [(r.name, r.reason) for r in rejections] == [("pop909/001", reason)]


def test_pop909_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r" holds no songs laid out as POP909/001/001\.mid\.$"):
        Pop909(tmp_path).items()
    path = tmp_path / "data.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(DataError) as error:
        Pop909(path).items()
    assert str(error.value).startswith(f"{path} is not a readable zip file (")


def test_a_song_in_a_damaged_zip_is_rejected(tmp_path: Path) -> None:
    song(tmp_path / "POP909", "001")
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("001.mid", "beat_midi.txt"):
            archive.write(tmp_path / "POP909" / "001" / name, f"POP909/001/{name}")
    data = bytearray(path.read_bytes())
    at = data.index(b"MThd")
    data[at : at + 4] = b"____"
    path.write_bytes(data)
    tunes, rejections = read_collection(Pop909(path), jobs=0)
    assert tunes == [] and [r.reason for r in rejections] == ["has no readable 001.mid"]


def test_reports_are_plain_json(folder: Path) -> None:
    windows = prepare([MidiFolder(folder)], SPEC, jobs=0)
    assert json.loads(json.dumps(windows.report)) == windows.report
