"""Writing MIDI files: what is written is read back, mido finds the same in it, and the same score gives the same bytes."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from musicae.errors import MidiError
from musicae.music.formats.midi import read_midi, read_midi_bytes, score_to_bytes, write_midi
from musicae.music.formats.midi_writing import RESOLUTION, RESOLUTIONS
from musicae.music.score import PITCH_BEND, Control, KeySignature, Note, Score, Tempo, Text, TimeSignature, Track
from support.midi_witness import messages, onsets_by_mido, onsets_of

C = TypeVar("C")
V = TypeVar("V")
TICK = 1 / RESOLUTION
VELOCITY = st.integers(1, 127)


def at(ticks: int) -> float:
    """Return a time in quarter notes."""
    return ticks / RESOLUTION


def read_bytes(score: Score) -> Score:
    """Write and read a score in memory."""
    return read_midi_bytes(score_to_bytes(score), "score")


@st.composite
def note_lists(draw: st.DrawFn) -> tuple[Note, ...]:
    """Draw notes on the grid of ticks, of which those of equal pitch do not overlap."""
    notes = []
    for pitch in draw(st.lists(st.integers(0, 127), min_size=1, max_size=4, unique=True)):
        edges = sorted(draw(st.lists(st.integers(0, 9_600), min_size=2, max_size=8, unique=True)))
        ends = [(a, b) for a, b in pairwise(edges) if draw(st.booleans())] or [(edges[0], edges[1])]
        notes += [Note(at(a), at(b - a), pitch, draw(VELOCITY)) for a, b in ends]
    return tuple(sorted(notes))


TRACKS = st.builds(
    Track,
    note_lists(),
    st.integers(0, 127),
    st.booleans(),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(lambda s: s.strip("\x00 ")),
)


@st.composite
def changes(draw: st.DrawFn, values: st.SearchStrategy[V], make: Callable[[float, V], C]) -> tuple[C, ...]:
    """Draw changes of tempo, metre or key, the first at time 0, of which no two in a row are equal."""
    later = draw(st.lists(st.integers(1, 9_600), max_size=3, unique=True))
    drawn = [(at(tick), draw(values)) for tick in [0, *sorted(later)]]
    kept = [drawn[0], *(b for a, b in pairwise(drawn) if a[1] != b[1])]
    return tuple(make(time, value) for time, value in kept)


MICROSECONDS = st.integers(30_000, 15_000_000)  # a quarter note; 2000 to 4 of them a minute
METRES = st.tuples(st.integers(1, 64), st.sampled_from([1, 2, 4, 8, 16, 32, 64]))
SCORES = st.builds(
    Score,
    st.lists(TRACKS, max_size=4).map(tuple),
    changes(MICROSECONDS, lambda time, value: Tempo(time, 6e7 / value)),
    changes(METRES, lambda time, value: TimeSignature(time, *value)),
    changes(st.integers(0, 23), KeySignature),
)
PLAIN = Score((Track((Note(0.0, 1.0, 60),)),), (Tempo(0.0, 120.0),), (TimeSignature(0.0, 4, 4),))


@settings(max_examples=60)
@given(SCORES)
@example(Score(tempos=(Tempo(0.0, 100.0),), time_signatures=(TimeSignature(0.0, 4, 4),)))
def test_what_was_written_is_read_and_mido_finds_the_same_notes(tmp_path_factory: pytest.TempPathFactory, score: Score) -> None:
    path = tmp_path_factory.getbasetemp() / "round.mid"
    write_midi(score, path)
    assert read_midi(path) == score
    assert onsets_by_mido(path.read_bytes()) == onsets_of(score)
    assert score_to_bytes(read_midi(path)) == path.read_bytes() == score_to_bytes(score)


@given(st.floats(4, 2000))
@example(90.0)
@example(97.3)
def test_tempo_is_written_to_the_nearest_microsecond_and_does_not_drift(qpm: float) -> None:
    microseconds = int.from_bytes(score_to_bytes(Score(tempos=(Tempo(0.0, qpm),))).split(b"\xff\x51\x03")[1][:3])
    assert microseconds == round(6e7 / qpm)
    again = score_to_bytes(Score(tempos=(Tempo(0.0, 6e7 / microseconds),)))
    assert again == score_to_bytes(Score(tempos=(Tempo(0.0, qpm),)))


def test_tempo_that_midi_cannot_hold_is_written_as_the_nearest_read(tmp_path: Path) -> None:
    for qpm, written in ((0.5, 4.0), (1e6, 2000.0)):
        write_midi(Score(PLAIN.tracks, (Tempo(0.0, qpm),)), tmp_path / "x.mid")
        assert read_midi(tmp_path / "x.mid").tempos == (Tempo(0.0, written),)


@given(st.floats(0, 50), st.floats(0, 4), st.floats(30, 300))
@example(0.0, 0.0, 120.0)
@example(1.19140625, 0.0, 30.0)
def test_times_off_the_grid_go_to_the_nearest_tick_and_no_note_is_lost(onset: float, duration: float, qpm: float) -> None:
    score = Score((Track((Note(onset, duration, 60),)),), (Tempo(0.0, qpm), Tempo(10.0, 2 * qpm)))
    (found,) = read_bytes(score).tracks[0].notes
    assert abs(found.onset - onset) <= TICK / 2 + 1e-9
    assert found.duration >= 1 / max(RESOLUTIONS)
    shortest = 1 / max(RESOLUTIONS) if duration == 0 else 0.0
    assert onset + duration + shortest - TICK / 2 - 1e-9 <= found.end <= max(onset + duration, found.onset) + TICK + 1e-9


def test_what_a_score_leaves_open_is_written_as_midi_understands_it() -> None:
    late = Score(PLAIN.tracks, (Tempo(2.0, 60.0),), (TimeSignature(2.0, 3, 4),))
    found = read_bytes(late)
    assert found.tempos == (Tempo(0.0, 120.0), Tempo(2.0, 60.0))
    assert found.time_signatures == (TimeSignature(0.0, 4, 4), TimeSignature(2.0, 3, 4))
    assert read_bytes(Score(PLAIN.tracks)) == PLAIN


def test_tempo_changes_in_any_order_and_after_the_end() -> None:
    tempos = (Tempo(0.0, 120.0), Tempo(2.0, 60.0), Tempo(40.0, 100.0))
    assert read_bytes(Score(PLAIN.tracks, tempos[::-1])).tempos == tempos


def test_twenty_tracks_keep_their_order_and_drums() -> None:
    tracks = tuple(Track((Note(0.0, 1.0, 40 + i),), i, i % 7 == 0, f"track {i}") for i in range(20))
    assert read_bytes(Score(tracks)).tracks == tracks


def test_writing_makes_folders_and_replaces_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.mid"
    write_midi(PLAIN, path)
    write_midi(Score(PLAIN.tracks, (Tempo(0.0, 100.0),)), str(path))
    assert read_midi(path).tempos == (Tempo(0.0, 100.0),)
    assert [p.name for p in path.parent.iterdir()] == ["x.mid"]


def test_writing_where_a_folder_is(tmp_path: Path) -> None:
    message = f"{tmp_path} cannot be written: is a directory."
    with pytest.raises(MidiError, match=f"^{re.escape(message)}$"):
        write_midi(PLAIN, tmp_path)


def test_writing_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "x.mid"
    with pytest.raises(MidiError, match=f"^{re.escape(str(path))} cannot be written: (not a directory|file exists)\\.$"):
        write_midi(PLAIN, path)


@pytest.mark.parametrize("tpq", [24, 96, 120, 192, 220, 256, 384, 480, 960, 1000, 1024, 1920, 3840, 15360])
def test_times_of_every_usual_resolution_are_written_exactly(tpq: int) -> None:
    notes = tuple(Note(k / tpq, 5 / tpq, 60) for k in (0, 7, 3 * tpq + 1, 30 * tpq + 1))
    score = Score((Track(notes),), (Tempo(0.0, 120.0), Tempo(11 / tpq, 100.0)), (TimeSignature(0.0, 4, 4),))
    again = read_bytes(score)
    assert again.tracks[0].notes == notes
    assert [t.time for t in again.tempos] == [0.0, 11 / tpq]


def test_controllers_and_the_end_of_a_piece_are_written_and_read(tmp_path: Path) -> None:
    controls = (Control(0.0, 7, 100), Control(1.0, 64, 127), Control(1.5, PITCH_BEND, -300), Control(2.0, 64, 0))
    score = Score((Track((Note(0.0, 4.0, 60),), controls=controls),), length=16.0)
    write_midi(score, tmp_path / "x.mid")
    again = read_midi(tmp_path / "x.mid")
    assert again.tracks[0].controls == controls
    assert (again.length, again.end, len(again.bars())) == (16.0, 4.0, 4)


def test_words_of_all_kinds_are_written_and_read_byte_by_byte(tmp_path: Path) -> None:
    kanji = "\u6b4c".encode().decode("latin1")
    texts = (
        *(Text(0.0, "copyright", "(c) 1890"), Text(0.0, "text", "@KMIDI KARAOKE FILE"), Text(0.0, "marker", "Verse")),
        *(Text(1.0, "lyrics", "Al"), Text(1.5, "lyrics", "le "), Text(1.5, "lyrics", kanji), Text(3.0, "cue_marker", "cue")),
    )
    notes = tuple(Note(float(i), 1.0, 60 + i) for i in range(4))
    score = Score((Track(notes),), (Tempo(0.0, 100.0), Tempo(2.0, 50.0)), length=8.0, texts=(*texts, Text(9.0, "text", "past")))
    write_midi(score, tmp_path / "song.mid")
    again = read_midi(tmp_path / "song.mid")
    assert (again.texts, again.length, again.tracks, again.tempos) == (texts, 8.0, score.tracks, score.tempos)
    assert score_to_bytes(again) == (tmp_path / "song.mid").read_bytes()


@pytest.mark.parametrize("place", [2 / 3, 0.25, 0.123])
def test_the_longest_score_that_is_read_can_be_written(place: float) -> None:
    notes = (Note(place, 1.0, 60), Note(49_999.0, 1.0, 62))
    again = read_bytes(Score((Track(notes),)))
    assert [n.onset for n in again.tracks[0].notes] == pytest.approx([place, 49_999.0], abs=1 / 240)
    with pytest.raises(MidiError, match=r"^The music lasts 50001 quarter notes, and a file holds 50000; take fewer steps"):
        score_to_bytes(Score((Track((*notes, Note(50_000.0, 1.0, 64))),)))


def test_the_layout_of_a_file() -> None:
    kit = Track((Note(0.0, 0.5, 36, 90), Note(1.0, 0.5, 38, 80)), 8, is_drum=True, name="Kit")
    lead = Track((Note(0.0, 1.0, 60, 70), Note(1.0, 1.0, 60, 80), Note(1.0, 1.0, 55, 80)), 73, name="Lead")
    data = score_to_bytes(
        Score((kit, lead, Track((Note(0.0, 4.0, 40),), 33)), (Tempo(0.0, 90.0),), keys=(KeySignature(0.0, 7),))
    )
    assert messages(data, 0) == [
        (0, "set_tempo tempo=666667"),
        (0, "time_signature clocks_per_click=24 denominator=4 notated_32nd_notes_per_beat=8 numerator=4"),
        (0, "key_signature key=G"),
        (4 * 480, "end_of_track"),
    ]
    assert messages(data, 1) == [
        (0, "track_name name=Kit"),
        (0, "program_change channel=9 program=8"),
        (0, "note_on channel=9 note=36 velocity=90"),
        (240, "note_on channel=9 note=36 velocity=0"),
        (480, "note_on channel=9 note=38 velocity=80"),
        (720, "note_on channel=9 note=38 velocity=0"),
        (4 * 480, "end_of_track"),
    ]
    assert messages(data, 2)[1:] == [
        (0, "program_change channel=1 program=73"),
        (0, "note_on channel=1 note=60 velocity=70"),
        (480, "note_on channel=1 note=55 velocity=80"),
        (480, "note_on channel=1 note=60 velocity=0"),
        (480, "note_on channel=1 note=60 velocity=80"),
        (960, "note_on channel=1 note=55 velocity=0"),
        (960, "note_on channel=1 note=60 velocity=0"),
        (4 * 480, "end_of_track"),
    ]
    assert messages(data, 3)[0] == (0, "program_change channel=2 program=33")


def test_channels_go_round_without_that_of_drums() -> None:
    data = score_to_bytes(Score(tuple(Track((Note(0.0, 1.0, 60),)) for _ in range(20))))
    channels = [messages(data, i)[0][1].split()[1] for i in range(1, 21)]
    assert channels == [f"channel={c}" for c in [*range(9), *range(10, 16), *range(5)]]


def test_controls_of_one_tick_are_written_in_their_order_and_the_bank_before_the_program() -> None:
    bend_range = [Control(0.0, number, value) for number, value in ((101, 0), (100, 0), (6, 12), (101, 127), (100, 127))]
    bank = [Control(0.0, 0, 8), Control(0.0, 32, 1)]
    score = Score((Track((Note(1.0, 1.0, 60),), 4, controls=(*bank, *bend_range)),))
    texts = [text for _, text in messages(score_to_bytes(score), 1)[:8]]
    wanted = [f"control_change channel=0 control={c.number} value={c.value}" for c in score.tracks[0].controls]
    assert texts == [*wanted[:2], "program_change channel=0 program=4", *wanted[2:]]
    assert read_bytes(score).tracks[0].controls == score.tracks[0].controls


def test_the_program_follows_the_last_choice_of_its_bank_before_the_first_note() -> None:
    controls = (Control(0.0, 0, 1), Control(0.5, 7, 90), Control(0.5, 0, 8), Control(0.5, 10, 64), Control(3.0, 0, 2))
    score = Score((Track((Note(1.0, 4.0, 60),), 4, controls=controls),))
    assert [text for _, text in messages(score_to_bytes(score), 1)[:6]] == [
        "control_change channel=0 control=0 value=1",
        "control_change channel=0 control=7 value=90",
        "control_change channel=0 control=0 value=8",
        "program_change channel=0 program=4",
        "control_change channel=0 control=10 value=64",
        "note_on channel=0 note=60 velocity=80",
    ]
    again = read_bytes(score).tracks[0]
    assert (again.program, again.controls) == (4, controls)


NAN = float("nan")
UNSPEAKABLE = [
    (
        Score(time_signatures=(TimeSignature(0.0, 4, 3),)),
        "A metre of 4/3 cannot be written: in MIDI the lower number is a power",
    ),
    (Score(time_signatures=(TimeSignature(0.0, 256, 4),)), "A metre of 256/4 cannot be written"),
    (Score((Track((), 128),)), "Track 1 has program 128; choose one of 0 to 127."),
    (Score((Track((Note(0.0, 1.0, 128),)),)), "Track 1 has a note at 0 of pitch 128 and velocity 80; MIDI has times from 0"),
    (Score((Track((Note(0.0, 1.0, 60, 0),)),)), "Track 1 has a note at 0 of pitch 60 and velocity 0"),
    (Score((Track((Note(-1.0, 1.0, 60),)),)), "Track 1 has a note at -1 of pitch 60"),
    (Score((Track((Note(NAN, 1.0, 60),)),)), "Track 1 has a note at nan of pitch 60"),
    (Score((Track((), controls=(Control(0.0, 7, 200),)),)), "Track 1 has a control that MIDI does not have: Control("),
    (Score(texts=(Text(0.0, "poem", "x"),)), "MIDI has no texts of the kind 'poem'; choose one of text, copyright, lyrics"),
]


@pytest.mark.parametrize(("score", "reason"), UNSPEAKABLE)
def test_what_midi_cannot_say_is_an_error(score: Score, reason: str) -> None:
    with pytest.raises(MidiError, match=f"^{re.escape(reason)}"):
        score_to_bytes(score)
