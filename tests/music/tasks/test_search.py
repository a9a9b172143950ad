"""`musicae.search` and `musicae search`: a tune is found in any key, the index is kept and built again, and errors."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicae import Note, Score, Track
from musicae.errors import CheckpointError, DataError, ParameterError
from musicae.music.formats.midi import write_midi
from musicae.music.model import MusicModel, load
from musicae.music.tasks.phrase_index import PhraseIndex, build_index, content_key, read_index, write_index
from musicae.music.tasks.search import search
from support.commands import write_songs

Run = Callable[..., tuple[int, str, str]]
DRUMS_ONLY = "songs/deep/drums.mid has drums only (track 1); a melody model needs a pitched track. Choose another file."


def melody(seed: int, *, bars: int = 4) -> Score:
    """Return a melody in eighths whose bars all differ, and differ from those of other seeds."""
    pitches = np.random.default_rng(seed).integers(55, 80, size=8 * bars)
    return Score((Track(tuple(Note(i / 2, 0.5, int(pitch)) for i, pitch in enumerate(pitches)), name="lead"),))


def transposed(score: Score, semitones: int) -> Score:
    return replace(
        score,
        tracks=tuple(replace(t, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in t.notes)) for t in score.tracks),
    )


@pytest.fixture
def songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Work in a folder with songs/0.mid to songs/5.mid of four bars, number 2 five semitones up, and drums and text."""
    monkeypatch.chdir(tmp_path)
    write_midi(melody(2), "tune.mid")
    return write_songs({str(i): transposed(melody(i), 5 if i == 2 else 0) for i in range(6)})


@pytest.fixture
def model(small_checkpoint: Path) -> MusicModel:
    return load(small_checkpoint, device="cpu")


@pytest.fixture
def index(model: MusicModel, songs: list[Path]) -> PhraseIndex:
    return build_index(model, songs, key="k")


def test_every_window_of_every_readable_file_is_in_the_index(index: PhraseIndex) -> None:
    assert (len(index), index.codes.shape, index.bars) == (18, (18, 16), 2)  # three windows of two bars in each of six files
    assert index.files == tuple(f"songs/{i}.mid" for i in range(6))
    assert index.places[:, :3].tolist() == [[file, 1, bar] for file in range(6) for bar in (1, 2, 3)]
    assert index.skipped["songs/deep/drums.mid"] == DRUMS_ONLY
    assert "songs/deep/text.mid" in index.skipped
    assert index.codes.norm(dim=1).tolist() == pytest.approx([1.0] * 18)


@pytest.mark.parametrize("semitones", [-9, -1, 0, 4, 11])
def test_a_tune_is_found_in_any_key(semitones: int, model: MusicModel, index: PhraseIndex) -> None:
    for number in range(6):
        there = 5 if number == 2 else 0
        phrase = model.phrase(transposed(melody(number), semitones), bars=(2, 3))
        best = search(model, phrase, index, 1)[0]
        assert (best.file, best.track, best.first_bar, best.last_bar) == (f"songs/{number}.mid", 1, 2, 3)
        assert best.semitones == there - semitones
        assert best.distance == pytest.approx(0.0, abs=1e-5)


def test_a_tune_with_a_note_changed_is_found_by_the_shipped_model(songs: list[Path]) -> None:
    model = load(device="cpu")
    index = build_index(model, songs)
    score = transposed(melody(4), 3)
    notes = list(score.tracks[0].notes)
    notes[2] = replace(notes[2], pitch=notes[2].pitch + 2)
    changed = replace(score, tracks=(replace(score.tracks[0], notes=tuple(notes)),))
    best = search(model, changed, index, 1)[0]
    assert (best.file, best.first_bar, best.semitones) == ("songs/4.mid", 1, -3)
    assert best.distance > 1e-4


def test_one_hit_a_file_or_all_phrases(model: MusicModel, index: PhraseIndex) -> None:
    phrase = model.phrase(melody(0))
    hits = search(model, phrase, index, 100)
    assert sorted(hit.file for hit in hits) == list(index.files)
    every = search(model, phrase, index, 100, per_file=False)
    assert len(every) == 18
    assert [h.distance for h in every] == sorted(h.distance for h in every)
    assert hits == [next(h for h in every if h.file == hit.file) for hit in hits]
    # Bars 1-2 themselves and 2-3, which share bar 2 with them, are left out; bars 3-4 are not.
    others = search(model, phrase, index, 100, per_file=False, file="songs/0.mid")
    assert [h.first_bar for h in others if h.file == "songs/0.mid"] == [3]


def test_an_index_is_written_and_read(index: PhraseIndex, tmp_path: Path) -> None:
    path = tmp_path / "i.safetensors"
    write_index(index, path)
    again = read_index(path)
    assert (again.files, again.skipped, again.bars, again.key) == (index.files, index.skipped, 2, "k")
    assert (again.codes - index.codes).abs().max() < 1e-3
    assert again.places.equal(index.places)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"is not an index that `musicae search` wrote, or is damaged; choose another name\.$"):
        read_index(path)


def test_the_key_follows_files_and_weights(songs: list[Path]) -> None:
    before = content_key(songs, "w")
    assert content_key(songs, "w") == before
    assert before not in (content_key(songs[1:], "w"), content_key(songs, "v"))
    write_midi(melody(1, bars=9), songs[0])
    assert content_key(songs, "w") != before


def test_a_piece_is_found_by_any_of_its_windows(model: MusicModel, index: PhraseIndex) -> None:
    query = model.piece(melody(4))
    hits = search(model, query, index, 3)
    assert hits[0].file == "songs/4.mid" and hits[0].distance == pytest.approx(0.0, abs=1e-5)
    assert hits[1].distance == min(
        hit.distance for phrase in query.phrases for hit in search(model, phrase, index, 6) if hit.file != "songs/4.mid"
    )


def test_files_are_read_where_no_index_is_given(model: MusicModel, index: PhraseIndex, songs: list[Path]) -> None:
    assert search(model, melody(3), songs, 4) == search(model, melody(3), index, 4)


def test_a_file_shorter_than_a_phrase_is_found(model: MusicModel, tmp_path: Path) -> None:
    write_midi(melody(1, bars=1), tmp_path / "short.mid")
    index = build_index(model, [tmp_path / "short.mid"])
    assert index.places[:, 1:3].tolist() == [[1, 1]]
    assert search(model, melody(1, bars=1), index)[0].distance == pytest.approx(0.0, abs=1e-5)


def test_refusals_of_the_library(model: MusicModel, index: PhraseIndex, songs: list[Path], drum_checkpoint: Path) -> None:
    phrase = model.phrase(melody(0))
    with pytest.raises(ParameterError, match=r"^top must be at least 1, got 0\.$"):
        search(model, phrase, index, 0)
    with pytest.raises(ParameterError, match=r"^The index belongs to another model; build it again\.$"):
        search(model, phrase, replace(index, bars=4))
    with pytest.raises(DataError, match=f"^No phrase can be searched: {re.escape(DRUMS_ONLY)}$"):
        build_index(model, [Path("songs/deep/drums.mid")])
    with pytest.raises(CheckpointError, match=r"^A model of drums cannot search for tunes; choose a checkpoint of melodies\.$"):
        build_index(load(drum_checkpoint, device="cpu"), songs)


@pytest.fixture
def go(run: Run, small_checkpoint: Path, songs: list[Path]) -> Run:
    return lambda *arguments: run("search", *arguments, "-c", small_checkpoint, "--device", "cpu")


def test_the_command_prints_a_table_or_json(go: Run) -> None:
    status, out, err = go("tune.mid", "--in", "songs", "--top", 3)
    title, head, *rows = out.splitlines()
    assert (status, title, head.split()[:3]) == (0, "Nearest to tune.mid (track 1, bars 1-2):", ["file", "track", "bars"])
    assert (rows[0].split()[:3], len(rows)) == (["songs/2.mid", "1", "1-2"], 3)
    lines = err.splitlines()
    assert lines[:2] == ["songs: 18 phrases of 6 files", f"skipped: {DRUMS_ONLY}"]
    assert lines[2].startswith("skipped: songs/deep/text.mid ") and len(lines) == 3
    status, out, again = go("tune.mid", "--in", "songs", "--top", 3, "--json")
    matches = [json.loads(line) for line in out.splitlines()]
    assert (status, len(matches), again) == (0, 3, err)
    nearest = {"file": "songs/2.mid", "track": 1, "bars": "1-2", "distance": matches[0]["distance"], "semitones": 5}
    assert matches[0] == nearest
    assert matches[0]["distance"] < 0.001


def test_a_tune_of_the_folder_does_not_find_itself(go: Run) -> None:
    _, out, _ = go("songs/1.mid", "--in", "songs", "--all-phrases", "--top", 100, "--json")
    assert [h["bars"] for h in map(json.loads, out.splitlines()) if h["file"] == "songs/1.mid"] == ["3-4"]


def test_the_index_is_kept_until_a_file_changes(go: Run) -> None:
    arguments = ("tune.mid", "--in", "songs", "--index", "i.safetensors", "--top", 1)
    first = go(*arguments)
    written = Path("i.safetensors").stat().st_mtime_ns
    assert go(*arguments) == first
    assert Path("i.safetensors").stat().st_mtime_ns == written
    write_midi(melody(2), "songs/new.mid")
    status, _, err = go(*arguments)
    assert (status, "songs: 21 phrases of 7 files" in err) == (0, True)
    assert Path("i.safetensors").stat().st_mtime_ns != written


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["tune.mid", "--in", "none"], 1, "Error: none is not a folder; give --in a folder of music files."),
        (
            ["tune.mid", "--in", "empty"],
            1,
            "Error: empty holds no file ending in .mid, .midi, .kar, .rmi, .abc, .musicxml, .mxl, .xml; choose another folder.",
        ),
        (["tune.mid", "--in", "songs/deep"], 1, f"Error: No phrase can be searched: {DRUMS_ONLY}"),
        (
            ["songs/deep/drums.mid", "--in", "songs"],
            1,
            f"Error: {DRUMS_ONLY}",
        ),
        (
            ["tune.mid", "--in", "songs", "--index", "tune.mid"],
            1,
            "Error: tune.mid is not an index that `musicae search` wrote, or is damaged; choose another name.",
        ),
        (["tune.mid"], 2, "Error: Missing option '--in'."),
    ],
)
def test_refusals_of_the_command(arguments: list[str], status: int, message: str, go: Run) -> None:
    Path("empty").mkdir()
    before = Path("tune.mid").read_bytes()
    returned, out, err = go(*arguments)
    assert (returned, out, err.splitlines()[-1]) == (status, "", message)
    assert Path("tune.mid").read_bytes() == before
