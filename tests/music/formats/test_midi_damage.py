"""Files that are not MIDI, damaged or absurd: one sentence that names the file, the place, the reason and the remedy."""

import re
import runpy
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musicae.errors import MidiError
from musicae.music.formats.files import MAX_FILE_BYTES
from musicae.music.formats.midi import read_midi, read_midi_bytes, score_to_bytes
from musicae.music.formats.midi_writing import MAX_QUARTERS
from musicae.music.score import Note

MADE = runpy.run_path(str(Path(__file__).parents[2] / "golden" / "make_golden.py"))
GOLDEN: dict[str, bytes] = MADE["GOLDEN"]
midi_file, track, line, on, off, key = (MADE[k] for k in ("midi_file", "track", "line", "on", "off", "key"))
NOTE = track(*line([(60, 480)]))
PLAIN: bytes = midi_file(NOTE)


def complaint(path: Path) -> str:
    """Return what the reader says against a file, after its name."""
    with pytest.raises(MidiError) as caught:
        read_midi(path)
    text = str(caught.value)
    assert text.startswith(f"{path} ") and "\n" not in text
    return text.removeprefix(f"{path} ")


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
        (midi_file(NOTE, division=0), "is damaged: its header gives 0 ticks per quarter note; export it again."),
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
def test_damage_of_header_and_chunks(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "bad file.mid"
    path.write_bytes(data)
    assert complaint(path) == expected


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bytes([0, 0x90, 200, 80]), "byte 4 follows a status byte but is none of 0 to 127"),
        (bytes([0, 0x90, 60, 80, 0, 0x80, 60, 255]), "byte 8 follows a status byte but is none of 0 to 127"),
        (bytes([0, 0x40, 0x40]), "byte 2 is data, and no event came before it"),
        (bytes([0, 0xF4, 0x40]), "byte 2 is 244, which begins no event"),
        (bytes([0, 0x90, 60]), "it ends within an event"),
        (bytes([0]), "it ends within an event"),
        (bytes([0, 0xFF, 1, 9, 65]), "it ends within an event"),
        (bytes([0, 0xF0, 9, 65]), "it ends within an event"),
        (bytes([0, 0xFF, 1, 0x81]), "it ends within an event"),
        (bytes([0x80] * 5 + [0]), "the number from byte 1 on has more than four bytes"),
        (bytes([0, 0xFF, 1] + [0xFF] * 5), "the number from byte 4 on has more than four bytes"),
    ],
)
def test_damage_of_events(tmp_path: Path, body: bytes, reason: str) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(midi_file(NOTE, b"MTrk" + len(body).to_bytes(4) + body))
    assert complaint(path) == f"is damaged in track 2 of 2: {reason}; export it again."


def test_longest_score_allowed() -> None:
    whole = midi_file(track(*line([(60, MAX_QUARTERS)])), division=1)
    assert read_midi_bytes(whole, "long").end == MAX_QUARTERS


def test_endless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.mid"
    path.write_bytes(midi_file(track(*line([(60, MAX_QUARTERS + 1)])), division=1))
    limit = f"more than the limit of {MAX_QUARTERS}; cut it into parts."
    assert complaint(path) == f"lasts {MAX_QUARTERS + 1} quarter notes, {limit}"


def test_key_that_does_not_exist_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "odd.mid"
    path.write_bytes(midi_file(track((0, key(9)), (0, key(-1)), *line([(60, 480)]))))
    score = read_midi(path)
    assert [k.name for k in score.keys] == ["F major"]
    assert score.tracks[0].notes == (Note(0.0, 1.0, 60, 80),)


def test_file_wrapped_for_windows(tmp_path: Path) -> None:
    path = tmp_path / "song.rmi"
    path.write_bytes(b"RIFF" + (len(PLAIN) + 12).to_bytes(4, "little") + b"RMIDdata" + len(PLAIN).to_bytes(4, "little") + PLAIN)
    assert read_midi(path).tracks[0].notes == (Note(0.0, 1.0, 60, 80),)


def test_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path) == "is a folder; name a MIDI file in it."


def test_missing_file(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.mid") == "cannot be read: no such file or directory."


def test_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(PLAIN)
    assert complaint(tmp_path / "a.mid" / "b.mid") == "cannot be read: not a directory."


def test_too_large_a_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.write(PLAIN)
        file.truncate(MAX_FILE_BYTES + 2**20)
    assert complaint(path) == "has 17 MiB, more than the limit of 16 MiB; cut it into parts."


def test_largest_file_allowed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.mid"
    with path.open("wb") as file:
        file.write(PLAIN)
        file.truncate(MAX_FILE_BYTES)
    assert len(read_midi(path).tracks) == 1


def test_bytes_from_an_archive_are_checked_too() -> None:
    expected = "songs.zip a.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."
    with pytest.raises(MidiError, match=f"^{re.escape(expected)}$"):
        read_midi_bytes(b"nothing", "songs.zip a.mid")


PLACES = st.integers(0, 10_000)
FLIPS = st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=4)


def survives(data: bytes, path: Path) -> None:
    """Check that a file gives a score with bars, or a MidiError that names the file in one line."""
    path.write_bytes(data)
    try:
        score = read_midi(path)
    except MidiError as error:
        assert str(error).startswith(f"{path} ") and str(error).endswith(".") and "\n" not in str(error)
    else:
        assert len(score.bars()) >= 1
        assert all(n.duration > 0 and 0 <= n.pitch <= 127 and 1 <= n.velocity <= 127 for t in score.tracks for n in t.notes)
        assert read_midi_bytes(score_to_bytes(score), "again").keys == score.keys


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
def test_a_file_cut_anywhere_is_an_error(tmp_path_factory: pytest.TempPathFactory, place: int) -> None:
    path = tmp_path_factory.getbasetemp() / "short.mid"
    data = GOLDEN["band.mid"]
    path.write_bytes(data[: place % len(data)])
    complaint(path)


HOSTILE = {
    "many notes on one place": b"\0\x90\x3c\x50" + b"\0\x3c\x50" * 200_000,
    "many notes and one end": b"\0\x90\x3c\x50" + b"\0\x3c\x50" * 100_000 + b"\1\x3c\0",
    "notes and ends on one place": b"\0\x90\x3c\x50" + b"\0\x3c\x50\0\x3c\0" * 60_000,
    "controls, then many programs": b"\0\xb0\x07\x50"
    + b"".join(b"\1\x07" + bytes([i % 128]) for i in range(20_000))
    + b"".join(bytes([0, 0xC0, p, 0, 0x90, 60, 80, 2, 0x80, 60, 0]) for p in range(128)),
    "metres": b"".join(b"\1\xff\x58\4" + bytes([1 + i % 2, 6, 24, 8]) for i in range(20_000)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_no_small_file_takes_long(body: bytes) -> None:
    start = time.process_time()
    read_midi_bytes(midi_file(b"MTrk" + len(body).to_bytes(4) + body), "hostile.mid")
    assert time.process_time() - start < 4.0


def test_no_number_of_tracks_takes_long() -> None:
    start = time.process_time()
    assert len(read_midi_bytes(midi_file(*[NOTE] * 20_000), "hostile.mid").tracks) == 20_000
    assert time.process_time() - start < 4.0
