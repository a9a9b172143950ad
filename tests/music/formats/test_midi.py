"""Reading MIDI files: both readers give the same score."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae.music.formats.midi import read_midi, read_midi_fast, write_midi
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

FOLDER = Path(__file__).parents[2] / "golden"
MADE = runpy.run_path(str(FOLDER / "make_golden.py"))
GOLDEN: dict[str, bytes] = MADE["GOLDEN"]
TICK = 1 / 480

Reader = Callable[[str | Path], Score]
Event = tuple[int, bytes]
midi_file, track, line, on, off, name, program, tempo, metre, key = (
    MADE[k] for k in ("midi_file", "track", "line", "on", "off", "name", "program", "tempo", "metre", "key")
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], Score]:
    """Return a function that reads a file's bytes with both readers, which must agree."""

    def both(data: bytes) -> Score:
        path = tmp_path / "file.mid"
        path.write_bytes(data)
        score = read_midi(path)
        assert read_midi_fast(path) == score
        return score

    return both


Both = Callable[[bytes], Score]


def notes(*events: Event) -> bytes:
    """Return a file of one track of `events`."""
    data: bytes = midi_file(track(*events))
    return data


def test_golden_files_are_what_their_script_makes() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.mid")} == GOLDEN


def test_golden_pick_up_and_tempo_change(read: Both) -> None:
    score = read(GOLDEN["pickup.mid"])
    assert score.tempos == (Tempo(0.0, 96.0), Tempo(8.0, 6e7 / 454_545))
    assert score.time_signatures == (TimeSignature(0.0, 4, 4),)
    assert [k.name for k in score.keys] == ["G major"]
    (flute,) = score.tracks
    assert (flute.name, flute.program, flute.is_drum) == ("Melody", 73, False)
    assert flute.notes[:2] == (Note(3.0, 1.0, 62, 80), Note(4.0, 1.0, 67, 80))
    assert flute.notes[-1] == Note(18.0, 2.0, 66, 80)
    assert len(flute.notes) == 15 and len(score.bars()) == 5


def test_golden_jig_with_running_status_and_note_ons_of_velocity_0(read: Both) -> None:
    score = read(GOLDEN["jig.mid"])
    assert score.time_signatures == (TimeSignature(0.0, 6, 8),)
    assert [k.name for k in score.keys] == ["E minor"]
    (jig,) = score.tracks
    assert (jig.name, jig.program) == ("Jig", 21)
    assert [(n.onset, n.duration) for n in jig.notes] == [(i / 2, 0.5) for i in range(24)]
    assert [n.velocity for n in jig.notes] == [100, 80, 80] * 8
    assert [b.start for b in score.bars()] == [0.0, 3.0, 6.0, 9.0]


def test_golden_band_of_three_tracks(read: Both) -> None:
    score = read(GOLDEN["band.mid"])
    assert [k.name for k in score.keys] == ["C minor"]
    assert [(t.name, t.program, t.is_drum, len(t.notes)) for t in score.tracks] == [
        ("Bass", 33, False, 8),
        ("Kit", 0, True, 32),
        ("Lead", 80, False, 20),
    ]
    assert [{n.velocity for n in t.notes} for t in score.tracks] == [{90}, {100}, {96}]


def test_golden_metres_in_the_second_track(read: Both) -> None:
    score = read(GOLDEN["metres.mid"])
    assert score.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(6.0, 3, 4), TimeSignature(12.0, 9, 8))
    assert [b.start for b in score.bars()] == [0.0, 4.0, 6.0, 9.0, 12.0, 16.5]
    assert [b.length for b in score.bars()] == [4.0, 2.0, 3.0, 3.0, 4.5, 4.5]


@pytest.mark.parametrize("sharps", range(-7, 8))
@pytest.mark.parametrize("minor", [False, True])
def test_every_key_signature(read: Both, sharps: int, minor: bool) -> None:
    major = ["B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db"]
    relative = ["Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb"]
    tonic = (relative if minor else major)[sharps + 7]
    (found,) = read(notes((0, key(sharps, minor=minor)), *line([(60, 480)]))).keys
    assert found.name == f"{tonic} {'minor' if minor else 'major'}"


def test_tempo_metre_and_key_are_found_in_any_track(read: Both) -> None:
    late = track((0, tempo(400_000)), (0, metre(3, 2)), (0, key(2)), *line([(60, 480)]))
    score = read(midi_file(track((0, name("title"))), late))
    assert (score.tempos, score.time_signatures) == ((Tempo(0.0, 150.0),), (TimeSignature(0.0, 3, 4),))
    assert score.keys == (KeySignature(0.0, 2),)


def test_tempo_map_begins_at_0_and_repeats_nothing(read: Both) -> None:
    changes = [(480, tempo(400_000)), (480, tempo(400_000)), (0, tempo(300_000)), (480, tempo(300_000))]
    assert read(notes(*changes, *line([(60, 480)]))).tempos == (Tempo(0.0, 120.0), Tempo(1.0, 150.0), Tempo(2.0, 200.0))


def test_absurd_tempos_are_kept_within_4_and_2000(read: Both) -> None:
    changes = [(0, tempo(1)), (480, tempo(0xFFFFFF)), (480, tempo(0))]
    score = read(notes(*changes, *line([(60, 480)])))
    assert score.tempos == (Tempo(0.0, 2000.0), Tempo(1.0, 4.0))
    assert score.tracks[0].notes == (Note(2.0, 1.0, 60, 80),)


def test_absurd_and_repeated_metres_are_ignored(read: Both, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    changes = [(0, metre(3, 2)), (480, metre(0, 2)), (480, metre(3, 2)), (480, metre(4, 7)), (480, metre(4, 200))]
    assert read(notes(*changes, *line([(60, 480)]))).time_signatures == (TimeSignature(0.0, 3, 4),)
    assert len(caplog.messages) == 6, "three of the changes, told by both readers"
    assert all(m.startswith(f"{tmp_path / 'file.mid'}: ignored a time signature of ") for m in caplog.messages)


def test_one_track_of_three_channels_gives_three_tracks(read: Both) -> None:
    chord = [(0, on(60)), (0, on(40, 70, 1)), (0, on(36, 90, 9)), (480, off(60)), (0, off(40, 1)), (0, off(36, 9))]
    score = read(midi_file(track((0, name("song")), (0, program(5)), (0, program(33, 1)), *chord), kind=0))
    assert [(t.program, t.is_drum, t.notes[0].pitch, t.name) for t in score.tracks] == [
        (5, False, 60, "song"),
        (33, False, 40, "song"),
        (0, True, 36, "song"),
    ]


def test_program_change_between_notes_gives_two_tracks(read: Both) -> None:
    score = read(notes((0, program(5)), *line([(60, 480)]), (0, program(7)), *line([(62, 480)])))
    assert [(t.program, [n.pitch for n in t.notes]) for t in score.tracks] == [(5, [60]), (7, [62])]


@pytest.mark.parametrize("written", ["Mélodie", "旋律", "\x00lead ", ""])
def test_track_names(read: Both, written: str) -> None:
    assert read(notes((0, name(written)), *line([(60, 480)]))).tracks[0].name == written.strip("\x00 ")


def test_track_name_after_its_notes(read: Both) -> None:
    assert read(notes(*line([(60, 480)]), (0, name("late")))).tracks[0].name == "late"


def test_track_name_in_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "old.mid"
    path.write_bytes(notes((0, name("Mélodie".encode("latin1"))), *line([(60, 480)])))
    assert read_midi(path).tracks[0].name == "Mélodie"
    assert read_midi_fast(path).tracks[0].name == "M\N{REPLACEMENT CHARACTER}lodie"


def test_ends_without_a_note_are_left_out(read: Both) -> None:
    score = read(notes((0, off(60)), (480, on(62)), (480, off(62))))
    assert [t.notes for t in score.tracks] == [(Note(1.0, 1.0, 62, 80),)]


def test_notes_never_ended_last_until_the_next_note_or_a_quarter_note(tmp_path: Path) -> None:
    path = tmp_path / "hanging.mid"
    path.write_bytes(notes((0, on(64)), (240, on(62)), (480, off(62)), (240, on(65)), (0, on(69)), (0, on(60, 80, 1))))
    first, second = read_midi(path).tracks
    expected = [(0.0, 0.5, 64), (0.5, 1.0, 62), (2.0, 1.0, 65), (2.0, 1.0, 69)]
    assert [(n.onset, n.duration, n.pitch) for n in first.notes] == expected
    assert second.notes == (Note(2.0, 1.0, 60, 80),)
    assert [t.notes for t in read_midi_fast(path).tracks] == [(Note(0.5, 1.0, 62, 80),)]


def test_note_of_no_length_lasts_one_tick(read: Both) -> None:
    score = read(notes((240, on(38, 50)), (0, off(38)), (240, on(38)), (0, on(38, 0)), (240, off(38))))
    assert score.tracks[0].notes == (Note(0.5, TICK, 38, 50), Note(1.0, TICK, 38, 80))
    after_another = read(notes((0, on(38)), (480, on(38, 50)), (0, off(38)), (0, off(38))))
    assert after_another.tracks[0].notes == (Note(0.0, 1.0, 38, 80), Note(1.0, TICK, 38, 50))


def test_note_repeated_at_the_tick_where_it_ends(read: Both) -> None:
    first_on = read(notes((0, on(60, 50)), (480, on(60, 70)), (0, off(60)), (480, off(60))))
    first_off = read(notes((0, on(60, 50)), (480, off(60)), (0, on(60, 70)), (480, off(60))))
    assert first_on == first_off
    assert first_on.tracks[0].notes == (Note(0.0, 1.0, 60, 50), Note(1.0, 1.0, 60, 70))


def test_overlapping_notes_of_equal_pitch_begin_alike_and_end_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "overlap.mid"
    path.write_bytes(notes((0, on(60, 50)), (480, on(60, 70)), (480, off(60)), (480, off(60))))
    assert read_midi(path).tracks[0].notes == (Note(0.0, 2.0, 60, 50), Note(1.0, 1.0, 60, 70))
    assert read_midi_fast(path).tracks[0].notes == (Note(0.0, 2.0, 60, 50), Note(1.0, 2.0, 60, 70))


def test_program_change_during_a_note_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "change.mid"
    path.write_bytes(notes((0, program(5)), (0, on(60)), (480, program(7)), (0, off(60))))
    assert [read(path).tracks[0].program for read in (read_midi, read_midi_fast)] == [7, 5]


def test_chunks_that_are_no_tracks_and_bytes_after_the_last_are_skipped(read: Both) -> None:
    plain = midi_file(track(*line([(60, 480)])))
    alien = plain[:14] + b"XFIH\0\0\0\2ab" + plain[14:] + b"junk"
    assert read(alien) == read(plain)
    long_header = plain[:4] + b"\0\0\0\x08" + plain[8:14] + b"ab" + plain[14:]
    assert read(long_header) == read(plain)
    assert read(midi_file(b"MTrk\0\0\0\0", track(*line([(60, 480)])))) == read(plain)


@pytest.mark.parametrize("reader", [read_midi, read_midi_fast])
def test_path_that_is_not_ascii(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "Größe, 旋律" / "ünï 🎵.mid"
    score = Score((Track((Note(0.0, 1.0, 60),)),), (Tempo(0.0, 120.0),), (TimeSignature(0.0, 4, 4),))
    write_midi(score, path)
    assert reader(path) == reader(str(path)) == score
