"""Files that are not MIDI, damaged or absurd: one sentence that names the file, the same from both readers."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musicae.errors import MidiError
from musicae.music.formats.midi import MAX_FILE_BYTES, MAX_QUARTERS, read_midi, read_midi_bytes, read_midi_fast
from musicae.music.score import Note, Score

MADE = runpy.run_path(str(Path(__file__).parents[2] / "golden" / "make_golden.py"))
GOLDEN: dict[str, bytes] = MADE["GOLDEN"]
midi_file, track, line, on, off, key = (MADE[k] for k in ("midi_file", "track", "line", "on", "off", "key"))
NOTE = track(*line([(60, 480)]))
PLAIN: bytes = midi_file(NOTE)

Reader = Callable[[str | Path], Score]
readers = pytest.mark.parametrize("read", [read_midi, read_midi_fast])


def complaint(read: Reader, path: Path) -> str:
    """Return what the reader says against a file, after its name."""
    with pytest.raises(MidiError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path} ") and "\n" not in text
    return text.removeprefix(f"{path} ")


@readers
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty (0 bytes); export it again."),
        (b"RIFF0000WAVE", "is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."),
        (b"M", "is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."),
        (PLAIN[:4], "is cut off in its header; export it again."),
        (PLAIN[:13], "is cut off in its header; export it again."),
        (PLAIN[:14], "is cut off after track 0 of 1; export it again."),
        (PLAIN[:21], "is cut off after track 0 of 1; export it again."),
        (PLAIN[:22], "is cut off in track 1 of 1; export it again."),
        (PLAIN[:-1], "is cut off in track 1 of 1; export it again."),
        (midi_file(NOTE, NOTE)[:-1], "is cut off in track 2 of 2; export it again."),
        (midi_file(NOTE, promised=3), "is cut off after track 1 of 3; export it again."),
        (midi_file(), "holds no tracks; choose another file."),
        (midi_file(b"MTrk\0\0\0\0"), "holds no tracks; choose another file."),
        (midi_file(NOTE, division=0), "is damaged: its header says 0 ticks a quarter note; export it again."),
        (
            midi_file(NOTE, division=0xE728),
            "counts time in SMPTE frames and so has no bars; export it with ticks per quarter note.",
        ),
        (
            midi_file(NOTE, NOTE, kind=2),
            "is a MIDI file of type 2; export it as type 0 or 1, which hold one piece of music.",
        ),
    ],
)
def test_damage_of_header_and_chunks(tmp_path: Path, read: Reader, data: bytes, expected: str) -> None:
    path = tmp_path / "bad file.mid"
    path.write_bytes(data)
    assert complaint(read, path) == expected


@pytest.mark.parametrize(
    ("events", "slow", "fast"),  # None: not the same from version to version
    [
        ([(0, bytes([0x90, 200, 80]))], "data byte must be in range 0..127", "Get pitch=200"),
        ([(0, on(60)), (0, bytes([0x80, 60, 255]))], "data byte must be in range 0..127", None),
        ([(0, b"\x40\x40")], "running status without last_status", None),
    ],
)
def test_damage_of_events(tmp_path: Path, events: list[tuple[int, bytes]], slow: str | None, fast: str | None) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(midi_file(track(*events)))
    for read, reason in ((read_midi, slow), (read_midi_fast, fast)):
        if reason is not None:
            expected = f"is damaged or cut off and cannot be read as MIDI ({reason}); export it again."
            assert complaint(read, path) == expected


def test_longest_score_allowed() -> None:
    whole = midi_file(track(*line([(60, MAX_QUARTERS)])), division=1)
    assert read_midi_bytes(whole, "long").end == MAX_QUARTERS


@readers
def test_endless_file_is_refused_by_both(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "endless.mid"
    path.write_bytes(midi_file(track(*line([(60, MAX_QUARTERS + 1)])), division=1))
    limit = f"more than the limit of {MAX_QUARTERS}; cut it into parts."
    assert complaint(read, path) == f"lasts {MAX_QUARTERS + 1} quarter notes, {limit}"


@readers
def test_key_that_does_not_exist_is_left_out(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "odd.mid"
    path.write_bytes(midi_file(track((0, key(9)), (0, key(-1)), *line([(60, 480)]))))
    score = read(path)
    assert [k.name for k in score.keys] == ["F major"]
    assert score.tracks[0].notes == (Note(0.0, 1.0, 60, 80),)


@readers
def test_file_wrapped_for_windows(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "song.rmi"
    path.write_bytes(b"RIFF" + (len(PLAIN) + 12).to_bytes(4, "little") + b"RMIDdata" + len(PLAIN).to_bytes(4, "little") + PLAIN)
    assert read(path).tracks[0].notes == (Note(0.0, 1.0, 60, 80),)


@readers
def test_folder(tmp_path: Path, read: Reader) -> None:
    assert complaint(read, tmp_path) == "is a folder; name a MIDI file in it."


@readers
def test_missing_file(tmp_path: Path, read: Reader) -> None:
    assert complaint(read, tmp_path / "none.mid") == "cannot be read: no such file or directory."


@readers
def test_file_below_a_file(tmp_path: Path, read: Reader) -> None:
    (tmp_path / "a.mid").write_bytes(PLAIN)
    assert complaint(read, tmp_path / "a.mid" / "b.mid") == "cannot be read: not a directory."


@readers
def test_too_large_a_file_is_not_even_read(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.write(PLAIN)
        file.truncate(MAX_FILE_BYTES + 2**20)
    assert complaint(read, path) == "has 17 MiB, more than the limit of 16 MiB; cut it into parts."


@readers
def test_largest_file_allowed_is_read(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.write(PLAIN)
        file.truncate(MAX_FILE_BYTES)
    assert len(read(path).tracks) == 1


def test_bytes_from_an_archive_are_checked_too() -> None:
    expected = "songs.zip a.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."
    with pytest.raises(MidiError, match=f"^{re.escape(expected)}$"):
        read_midi_bytes(b"nothing", "songs.zip a.mid")


PLACES = st.integers(0, 10_000)
FLIPS = st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=4)


def survives(data: bytes, path: Path) -> None:
    """Check that both readers give a score with bars, or a MidiError that names the file in one line."""
    path.write_bytes(data)
    for read in (read_midi, read_midi_fast):
        try:
            score = read(path)
        except MidiError as error:
            assert str(error).startswith(f"{path} ") and str(error).endswith(".") and "\n" not in str(error)
        else:
            assert len(score.bars()) >= 1
            assert all(n.duration > 0 and 0 <= n.pitch <= 127 and 1 <= n.velocity <= 127 for t in score.tracks for n in t.notes)


@settings(max_examples=150)
@given(st.sampled_from(sorted(GOLDEN)), FLIPS)
@example("band.mid", [(12, 0x80)])
@example("jig.mid", [(25, 0xFF)])
def test_flipped_bytes(tmp_path_factory: pytest.TempPathFactory, file: str, flips: list[tuple[int, int]]) -> None:
    data = bytearray(GOLDEN[file])
    for place, byte in flips:
        data[place % len(data)] = byte
    survives(bytes(data), tmp_path_factory.getbasetemp() / "flipped.mid")


@settings(max_examples=50)
@given(st.sampled_from(sorted(GOLDEN)), PLACES, st.binary(max_size=6))
def test_missing_and_inserted_bytes(tmp_path_factory: pytest.TempPathFactory, file: str, place: int, junk: bytes) -> None:
    data = GOLDEN[file]
    place %= len(data)
    for damaged in (data[:place] + junk, data[:place] + junk + data[place:], data[:place] + data[place + 1 + len(junk) :]):
        survives(damaged, tmp_path_factory.getbasetemp() / "cut.mid")


@settings(max_examples=50)
@given(st.binary(max_size=80))
def test_random_events(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    chunk = b"MTrk" + len(body).to_bytes(4) + body
    survives(midi_file(NOTE, chunk), tmp_path_factory.getbasetemp() / "random.mid")


@given(st.integers(0, 1_000))
def test_a_file_cut_anywhere_is_an_error_in_both_readers(tmp_path_factory: pytest.TempPathFactory, place: int) -> None:
    path = tmp_path_factory.getbasetemp() / "short.mid"
    data = GOLDEN["band.mid"]
    path.write_bytes(data[: place % len(data)])
    for read in (read_midi, read_midi_fast):
        complaint(read, path)
