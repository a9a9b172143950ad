"""Reading MIDI files: the score is what the bytes say, and where a file leaves a choice, what the module documents."""

import runpy
from pathlib import Path

import pytest

from musicae.music.formats.midi import read_midi, read_midi_bytes, score_to_bytes, write_midi
from musicae.music.score import (
    CHANNEL_PRESSURE,
    PITCH_BEND,
    Control,
    KeySignature,
    Note,
    Score,
    Tempo,
    Text,
    TimeSignature,
    Track,
)
from support.midi_witness import onsets_by_mido, onsets_of

FOLDER = Path(__file__).parents[2] / "golden"
MADE = runpy.run_path(str(FOLDER / "make_golden.py"))
GOLDEN: dict[str, bytes] = MADE["GOLDEN"]
TICK = 1 / 480

Event = tuple[int, bytes]
midi_file, track, line, on, off, name, program, tempo, metre, key = (
    MADE[k] for k in ("midi_file", "track", "line", "on", "off", "name", "program", "tempo", "metre", "key")
)


def read(data: bytes) -> Score:
    """Return the score of a file's bytes; mido must find the same notes begin in them."""
    score = read_midi_bytes(data, "file.mid")
    assert onsets_of(score) == onsets_by_mido(data)
    return score


def notes(*events: Event) -> bytes:
    """Return a file of one track of `events`."""
    data: bytes = midi_file(track(*events))
    return data


def test_golden_files_are_what_their_script_makes() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.glob("*.mid")} == GOLDEN


def test_golden_pick_up_and_tempo_change() -> None:
    score = read(GOLDEN["pickup.mid"])
    assert score.tempos == (Tempo(0.0, 96.0), Tempo(8.0, 6e7 / 454_545))
    assert score.time_signatures == (TimeSignature(0.0, 4, 4),)
    assert [k.name for k in score.keys] == ["G major"]
    (flute,) = score.tracks
    assert (flute.name, flute.program, flute.is_drum) == ("Melody", 73, False)
    assert flute.notes[:2] == (Note(3.0, 1.0, 62, 80), Note(4.0, 1.0, 67, 80))
    assert flute.notes[-1] == Note(18.0, 2.0, 66, 80)
    assert len(flute.notes) == 15 and len(score.bars()) == 5


def test_golden_jig_with_running_status_and_note_ons_of_velocity_0() -> None:
    score = read(GOLDEN["jig.mid"])
    assert score.time_signatures == (TimeSignature(0.0, 6, 8),)
    assert [k.name for k in score.keys] == ["E minor"]
    (jig,) = score.tracks
    assert (jig.name, jig.program) == ("Jig", 21)
    assert [(n.onset, n.duration) for n in jig.notes] == [(i / 2, 0.5) for i in range(24)]
    assert [n.velocity for n in jig.notes] == [100, 80, 80] * 8
    assert [b.start for b in score.bars()] == [0.0, 3.0, 6.0, 9.0]


def test_golden_band_of_three_tracks() -> None:
    score = read(GOLDEN["band.mid"])
    assert [k.name for k in score.keys] == ["C minor"]
    assert [(t.name, t.program, t.is_drum, len(t.notes)) for t in score.tracks] == [
        ("Bass", 33, False, 8),
        ("Kit", 0, True, 32),
        ("Lead", 80, False, 20),
    ]
    assert [{n.velocity for n in t.notes} for t in score.tracks] == [{90}, {100}, {96}]


def test_golden_metres_in_the_second_track() -> None:
    score = read(GOLDEN["metres.mid"])
    assert score.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(6.0, 3, 4), TimeSignature(12.0, 9, 8))
    assert [b.start for b in score.bars()] == [0.0, 4.0, 6.0, 9.0, 12.0, 16.5]
    assert [b.length for b in score.bars()] == [4.0, 2.0, 3.0, 3.0, 4.5, 4.5]


@pytest.mark.parametrize("sharps", range(-7, 8))
@pytest.mark.parametrize("minor", [False, True])
def test_every_key_signature(sharps: int, minor: bool) -> None:
    major = ["B", "F#", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db"]
    relative = ["Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb"]
    tonic = (relative if minor else major)[sharps + 7]
    (found,) = read(notes((0, key(sharps, minor=minor)), *line([(60, 480)]))).keys
    assert found.name == f"{tonic} {'minor' if minor else 'major'}"


def test_tempo_metre_and_key_are_found_in_any_track() -> None:
    late = track((0, tempo(400_000)), (0, metre(3, 2)), (0, key(2)), *line([(60, 480)]))
    score = read(midi_file(track((0, name("title"))), late))
    assert (score.tempos, score.time_signatures) == ((Tempo(0.0, 150.0),), (TimeSignature(0.0, 3, 4),))
    assert score.keys == (KeySignature(0.0, 2),)


def test_tempo_map_begins_at_0_and_repeats_nothing() -> None:
    changes = [(480, tempo(400_000)), (480, tempo(400_000)), (0, tempo(300_000)), (480, tempo(300_000))]
    assert read(notes(*changes, *line([(60, 480)]))).tempos == (Tempo(0.0, 120.0), Tempo(1.0, 150.0), Tempo(2.0, 200.0))


def test_absurd_tempos_are_kept_within_4_and_2000() -> None:
    changes = [(0, tempo(1)), (480, tempo(0xFFFFFF)), (480, tempo(0))]
    score = read(notes(*changes, *line([(60, 480)])))
    assert score.tempos == (Tempo(0.0, 2000.0), Tempo(1.0, 4.0))
    assert score.tracks[0].notes == (Note(2.0, 1.0, 60, 80),)


def test_absurd_and_repeated_metres_are_ignored(caplog: pytest.LogCaptureFixture) -> None:
    changes = [(0, metre(3, 2)), (480, metre(0, 2)), (480, metre(3, 2)), (480, metre(4, 7)), (480, metre(4, 200))]
    assert read(notes(*changes, *line([(60, 480)]))).time_signatures == (TimeSignature(0.0, 3, 4),)
    ignored = ["0/2^2", "4/2^7", "4/2^200"]
    assert caplog.messages == [f"file.mid: ignored a time signature of {metre}" for metre in ignored]


def test_one_track_of_three_channels_gives_three_tracks() -> None:
    chord = [(0, on(60)), (0, on(40, 70, 1)), (0, on(36, 90, 9)), (480, off(60)), (0, off(40, 1)), (0, off(36, 9))]
    score = read(midi_file(track((0, name("song")), (0, program(5)), (0, program(33, 1)), *chord), kind=0))
    assert [(t.program, t.is_drum, t.notes[0].pitch, t.name) for t in score.tracks] == [
        (5, False, 60, "song"),
        (33, False, 40, "song"),
        (0, True, 36, "song"),
    ]


def test_program_change_between_notes_gives_two_tracks() -> None:
    score = read(notes((0, program(5)), *line([(60, 480)]), (0, program(7)), *line([(62, 480)])))
    assert [(t.program, [n.pitch for n in t.notes]) for t in score.tracks] == [(5, [60]), (7, [62])]


@pytest.mark.parametrize("written", ["Mélodie", "旋律", "\x00lead ", ""])
def test_track_names(written: str) -> None:
    assert read(notes((0, name(written)), *line([(60, 480)]))).tracks[0].name == written.strip("\x00 ")


def test_track_name_after_its_notes() -> None:
    assert read(notes(*line([(60, 480)]), (0, name("late")))).tracks[0].name == "late"


WORDS = {"latin-1": "Mélodie", "cp1251": "Мелодия", "gbk": "主旋律", "shift_jis": "「主旋律」メロード"}


@pytest.mark.parametrize("encoding", WORDS)
def test_names_that_are_not_utf8_are_shown_as_latin_1_and_keep_their_bytes(encoding: str) -> None:
    written = WORDS[encoding].encode(encoding)
    score = read(notes((0, name(written)), *line([(60, 480)])))
    assert score.tracks[0].name == written.decode("latin-1")
    assert b"\xff\x03" + bytes([len(written)]) + written in score_to_bytes(score)


def test_of_several_names_the_last_counts() -> None:
    assert read(notes((0, name("one")), *line([(60, 480)]), (0, name("two")))).tracks[0].name == "two"


def test_ends_without_a_note_are_left_out() -> None:
    score = read(notes((0, off(60)), (480, on(62)), (480, off(62))))
    assert [t.notes for t in score.tracks] == [(Note(1.0, 1.0, 62, 80),)]


def test_notes_never_ended_last_until_the_next_note_or_a_quarter_note() -> None:
    score = read(notes((0, on(64)), (240, on(62)), (480, off(62)), (240, on(65)), (0, on(69)), (0, on(60, 80, 1))))
    first, second = score.tracks
    expected = [(0.0, 0.5, 64), (0.5, 1.0, 62), (2.0, 1.0, 65), (2.0, 1.0, 69)]
    assert [(n.onset, n.duration, n.pitch) for n in first.notes] == expected
    assert second.notes == (Note(2.0, 1.0, 60, 80),)


def test_note_of_no_length_lasts_one_tick() -> None:
    score = read(notes((240, on(38, 50)), (0, off(38)), (240, on(38)), (0, on(38, 0)), (240, off(38))))
    assert score.tracks[0].notes == (Note(0.5, TICK, 38, 50), Note(1.0, TICK, 38, 80))
    after_another = read(notes((0, on(38)), (480, on(38, 50)), (0, off(38)), (0, off(38))))
    assert after_another.tracks[0].notes == (Note(0.0, 1.0, 38, 80), Note(1.0, TICK, 38, 50))


def test_note_repeated_at_the_tick_where_it_ends() -> None:
    first_on = read(notes((0, on(60, 50)), (480, on(60, 70)), (0, off(60)), (480, off(60))))
    first_off = read(notes((0, on(60, 50)), (480, off(60)), (0, on(60, 70)), (480, off(60))))
    assert first_on == first_off
    assert first_on.tracks[0].notes == (Note(0.0, 1.0, 60, 50), Note(1.0, 1.0, 60, 70))


def test_of_overlapping_notes_of_equal_pitch_each_end_ends_the_oldest() -> None:
    score = read(notes((0, on(60, 50)), (480, on(60, 70)), (480, off(60)), (480, off(60))))
    assert score.tracks[0].notes == (Note(0.0, 2.0, 60, 50), Note(1.0, 2.0, 60, 70))


def test_where_ends_of_overlapping_notes_are_missing_the_first_ends_all() -> None:
    again = [(480, on(60, 90)), (480, off(60)), (480, on(60, 20)), (480, off(60))]
    score = read(notes((0, on(60, 50)), (480, on(60, 70)), (480, off(60)), *again))
    first, second, third, fourth = score.tracks[0].notes
    assert (first, second) == (Note(0.0, 2.0, 60, 50), Note(1.0, 1.0, 60, 70))
    assert (third, fourth) == (Note(3.0, 1.0, 60, 90), Note(5.0, 1.0, 60, 20)), "one missing end spoils no later note"


def test_a_note_keeps_the_program_with_which_it_began() -> None:
    score = read(notes((0, program(5)), (0, on(60)), (480, program(7)), (0, off(60))))
    assert [t.program for t in score.tracks] == [5]


def test_a_program_set_in_another_track_counts_unless_the_track_has_its_own() -> None:
    conductor = track((0, program(56)), (0, program(33, 1)), (960, program(57)))
    tune = track(*line([(60, 480), (62, 480), (64, 480)]))
    score = read(midi_file(conductor, tune, track((0, program(7, 1)), *line([(40, 480)], channel=1))))
    assert [(t.program, [n.pitch for n in t.notes]) for t in score.tracks] == [(56, [60, 62]), (57, [64]), (7, [40])]
    port = bytes([0xFF, 0x21, 1, 1])
    other = read(midi_file(conductor, track((0, port), *line([(60, 480)]))))
    assert other.tracks[0].program == 0, "channels of another port are other channels"


def test_the_order_of_tracks_is_that_of_their_first_notes() -> None:
    score = read(notes((0, on(60)), (240, on(40, 70, 1)), (100, off(40, 1)), (480, off(60))))
    assert [t.notes[0].pitch for t in score.tracks] == [60, 40]


RUNNING = (0, b"\xf0\x05\x7e\x7f\x09\x01\xf7")
OTHERS = {
    "a system exclusive message": [RUNNING],
    "a continued system exclusive message": [(0, b"\xf0\x03\x43\x12\x00"), (0, b"\xf7\x04\x43\xf8\x90\xf7")],
    "a text": [(0, b"\xff\x01\x01a")],
    "a clock and a song position": [(0, b"\xf8"), (0, b"\xf2\x01\x02")],
    "an unknown meta event": [(0, b"\xff\x60\x02ab")],
}


@pytest.mark.parametrize("events", OTHERS.values(), ids=OTHERS)
def test_running_status_survives_what_belongs_to_no_channel_and_time_is_not_shifted(events: list[Event]) -> None:
    score = read_midi_bytes(notes((0, on(60, 50)), *events, (480, bytes([60, 0])), (480, bytes([62, 70])), *events), "x")
    assert [(n.onset, n.pitch, n.velocity) for n in score.tracks[0].notes] == [(0.0, 60, 50), (2.0, 62, 70)]
    assert score.tracks[0].notes[0].duration == 1.0


def test_events_after_the_end_of_a_track_are_ignored() -> None:
    events = [*line([(60, 480)]), (0, bytes([0xFF, 0x2F, 0])), *line([(62, 480)])]
    assert [n.pitch for n in read_midi_bytes(notes(*events), "x").tracks[0].notes] == [60]


def test_controls_of_one_tick_keep_their_order() -> None:
    wanted = [(101, 0), (100, 0), (6, 12), (38, 0), (101, 127), (100, 127)]
    bends = [(0, bytes([0xE0, 0, 0])), (0, bytes([0xE0, 0x7F, 0x7F])), (0, bytes([0xD0, 99]))]
    setup = [(0, bytes([0xB0, *pair])) for pair in wanted]
    controls = read(notes(*setup, *bends, *line([(60, 480)]))).tracks[0].controls
    assert [(c.number, c.value) for c in controls] == [
        *wanted,
        (PITCH_BEND, -8192),
        (PITCH_BEND, 8191),
        (CHANNEL_PRESSURE, 99),
    ]


def test_both_tracks_of_a_channel_that_changes_its_program_begin_in_its_state() -> None:
    setup = [(0, bytes([0xB0, 7, 100])), (0, program(5)), *line([(60, 480)]), (0, program(7)), (0, bytes([0xB0, 7, 50]))]
    first, second = read(notes(*setup, *line([(62, 480)]))).tracks
    assert first.controls == second.controls == (Control(0.0, 7, 100), Control(1.0, 7, 50))


def test_words_are_kept_byte_by_byte_whatever_their_encoding() -> None:
    words = "「主旋律」".encode("shift_jis")
    lyric = bytes([0xFF, 5, len(words)]) + words
    score = read(notes((0, on(60)), (240, lyric), (240, off(60)), (0, bytes([0xFF, 6, 1]) + b"B")))
    assert score.texts == (Text(0.5, "lyrics", words.decode("latin-1")), Text(1.0, "marker", "B"))
    assert lyric in score_to_bytes(score)


def test_chunks_that_are_no_tracks_and_bytes_after_the_last_are_skipped() -> None:
    plain = midi_file(track(*line([(60, 480)])))
    alien = plain[:14] + b"XFIH\0\0\0\2ab" + plain[14:] + b"junk"
    assert read_midi_bytes(alien, "x") == read(plain)
    long_header = plain[:4] + b"\0\0\0\x08" + plain[8:14] + b"ab" + plain[14:]
    assert read_midi_bytes(long_header, "x") == read(plain)
    assert read_midi_bytes(midi_file(b"MTrk\0\0\0\0", track(*line([(60, 480)]))), "x") == read(plain)


def test_path_that_is_not_ascii(tmp_path: Path) -> None:
    path = tmp_path / "Größe, 旋律" / "ünï 🎵.mid"
    score = Score((Track((Note(0.0, 1.0, 60),)),), (Tempo(0.0, 120.0),), (TimeSignature(0.0, 4, 4),))
    write_midi(score, path)
    assert read_midi(path) == read_midi(str(path)) == score
