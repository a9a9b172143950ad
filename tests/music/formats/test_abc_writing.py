"""Writing ABC: what is written is read back, and what ABC cannot say is an error."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import FormatError
from musicae.music.formats.abc import read_abc, write_abc
from musicae.music.formats.abc_reading import tune_to_score
from musicae.music.formats.abc_writing import score_to_abc
from musicae.music.formats.midi import read_midi
from musicae.music.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "examples" / "tunes").glob("*.mid")), *sorted((ROOT / "tests" / "golden").glob("*.mid"))]
Sounding = list[tuple[float, float, int]]


def pitched(score: Score) -> Score:
    """Return a score without its drums."""
    return replace(score, tracks=tuple(track for track in score.tracks if not track.is_drum))


def sounding(track: Track) -> Sounding:
    """Return onset, duration and pitch of the notes of a track."""
    return [(n.onset, n.duration, n.pitch) for n in track.notes]


def facts(score: Score) -> tuple[object, ...]:
    """Return what ABC can say of a score."""
    return (
        [(t.name, t.program, sounding(t)) for t in score.tracks],
        [(t.time, round(6e7 / t.qpm)) for t in score.tempos],
        score.time_signatures,
        score.keys,
        score.bars(),
    )


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_tunes_and_golden_files_are_read_back(path: Path, tmp_path: Path) -> None:
    score = pitched(read_midi(path))
    for target in (tmp_path / "one.abc", tmp_path / "two.abc"):
        write_abc(score, target)
        assert facts(read_abc(target)) == facts(score)
    assert (tmp_path / "one.abc").read_bytes() == (tmp_path / "two.abc").read_bytes()
    assert score_to_abc(read_abc(target)) == target.read_text()


def test_the_text_of_a_tune() -> None:
    notes = (Note(0.0, 1.0, 67), Note(1.0, 0.5, 66), Note(1.5, 0.5, 65), Note(2.0, 1 / 3, 67), Note(2 + 1 / 3, 2 / 3, 69))
    score = Score(
        (Track((*notes, Note(3.5, 2.5, 72)), 73, name='My "tune"'),), (Tempo(0.0, 90.0),), keys=(KeySignature(0.0, 7),)
    )
    assert score_to_abc(score).splitlines() == [
        *("X:1", "T:My tune", "M:4/4", "L:1/16", "Q:1/4=90", 'V:1 name="My tune"', "K:G", "[V:1]", "%%MIDI program 73"),
        "G4 F2=F2 (3:2:2G2A4 z2c2- | c8 z8 |]",
    ]


def test_accidentals_are_written_where_any_reading_of_them_needs_one() -> None:
    pitches = (61, 61, 60, 73, 72, 61)
    score = Score((Track(tuple(Note(i * 1.0, 1.0, p) for i, p in enumerate(pitches))),))
    assert score_to_abc(score).splitlines()[-1] == "^C4 C4 =C4 ^c4 | c4 ^C4 z8 |]"
    for scope in ("octave", "pitch"):
        text = score_to_abc(score).replace("K:none", f"%%propagate-accidentals {scope}\nK:none")
        assert [n.pitch for n in tune_to_score(text).tracks[0].notes] == list(pitches)


def test_chords_layers_voices_and_ties() -> None:
    chord = (Note(0.0, 2.0, 60), Note(0.0, 2.0, 64), Note(1.0, 4.0, 72), Note(2.0, 6.0, 55))
    score = Score((Track(chord, name="right"), Track((Note(4.0, 4.0, 40),), 32, name="left")))
    again = tune_to_score(score_to_abc(score))
    assert [sorted(sounding(t)) for t in again.tracks] == [sorted(sounding(t)) for t in score.tracks]
    assert [t.name for t in again.tracks] == ["right", "left"]
    assert " & " in score_to_abc(score) and "[CE]8" in score_to_abc(score)


def test_changes_of_metre_key_and_tempo_within_bars() -> None:
    notes = tuple(Note(float(i), 1.0, 60 + i % 12) for i in range(20))
    metres = (TimeSignature(0.0, 4, 4), TimeSignature(6.0, 3, 4), TimeSignature(12.0, 5, 8))
    score = Score(
        (Track(notes),),
        (Tempo(0.0, 90.0), Tempo(2.5, 100.0), Tempo(6.0, 61.3)),
        metres,
        (KeySignature(0.0, 2), KeySignature(9.0, 15)),
    )
    again = tune_to_score(score_to_abc(score))
    assert sounding(again.tracks[0]) == sounding(score.tracks[0])
    assert (again.time_signatures, again.keys) == (metres, score.keys)
    assert [(t.time, t.qpm) for t in again.tempos] == [(0.0, 90.0), (2.5, 100.0), (6.0, 61.3)]


def test_a_first_bar_that_is_cut_short_has_a_metre_of_its_own() -> None:
    metres = (TimeSignature(0.0, 4, 4), TimeSignature(1.0, 2, 4))
    again = tune_to_score(score_to_abc(Score((Track((Note(0.0, 1.0, 60), Note(1.0, 2.0, 62))),), time_signatures=metres)))
    assert sounding(again.tracks[0]) == [(0.0, 1.0, 60), (1.0, 2.0, 62)]
    assert again.time_signatures == (TimeSignature(0.0, 1, 4), TimeSignature(1.0, 2, 4))


def test_a_piece_that_goes_on_after_its_last_note() -> None:
    score = Score((Track((Note(0.0, 1.0, 60),)),), time_signatures=(TimeSignature(0.0, 4, 4),), length=16.0)
    assert tune_to_score(score_to_abc(score)).bars() == score.bars()


def test_a_score_without_notes_is_written() -> None:
    assert score_to_abc(Score()).splitlines()[-1] == "z16 |]"


def test_what_abc_cannot_say_is_an_error(tmp_path: Path) -> None:
    kit = Track((Note(0.0, 1.0, 36),), is_drum=True, name="Kit")
    message = "ABC has no drums (track 2 'Kit'); write MIDI or MusicXML instead."
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        write_abc(Score((Track((Note(0.0, 1.0, 60),)), kit)), tmp_path / "x.abc")
    with pytest.raises(FormatError, match=r"^A metre of 4/3 cannot be written in ABC; choose another\.$"):
        score_to_abc(Score(time_signatures=(TimeSignature(0.0, 4, 3),)))
    with pytest.raises(FormatError, match=r" cannot be written: is a directory\.$"):
        write_abc(Score(), tmp_path)
    assert list(tmp_path.iterdir()) == []


# Places in 16 quarter notes: sixteenths in the even ones, triplet sixteenths in the odd ones.
PLACES = st.builds(
    lambda quarter, k: quarter + (k % 4 / 4 if quarter % 2 == 0 else k / 6), st.integers(0, 15), st.integers(0, 5)
)


@st.composite
def melodies(draw: st.DrawFn) -> Track:
    """Draw a track of notes on the grid of notation, of which those of equal pitch do not overlap."""
    notes = []
    for pitch in draw(st.lists(st.integers(24, 100), min_size=1, max_size=4, unique=True)):
        edges = sorted(draw(st.lists(PLACES, min_size=2, max_size=6, unique=True)))
        notes += [Note(a, b - a, pitch) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return Track(tuple(sorted(notes)), draw(st.integers(0, 127)), name=draw(st.sampled_from(["", "a", "Größe 旋律"])))


METRES = st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2), (5, 8), (7, 16), (12, 8)])


@settings(max_examples=60)
@given(st.lists(melodies(), min_size=1, max_size=3), METRES, st.integers(0, 23) | st.none())
def test_scores_on_the_grid_are_read_back(tracks: list[Track], metre: tuple[int, int], key: int | None) -> None:
    keys = () if key is None else (KeySignature(0.0, key),)
    score = Score(tuple(tracks), (Tempo(0.0, 97.3),), (TimeSignature(0.0, *metre),), keys)
    again = tune_to_score(score_to_abc(score))

    def rounded(track: Track) -> Sounding:
        return sorted((round(a, 6), round(b, 6), p) for a, b, p in sounding(track))

    assert [rounded(t) for t in again.tracks] == [rounded(t) for t in score.tracks]
    assert [t.program for t in again.tracks] == [t.program for t in score.tracks]
    assert (again.time_signatures, again.keys) == (score.time_signatures, score.keys)
    assert score_to_abc(again).split("K:")[1] == score_to_abc(score).split("K:")[1]
