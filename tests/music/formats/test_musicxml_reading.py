"""Reading MusicXML: short scores whose notes are worked out by hand, what is written, and files that cannot be read."""

import io
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicae.errors import FormatError
from musicae.music.formats.midi import read_midi
from musicae.music.formats.musicxml import read_musicxml, write_musicxml
from musicae.music.formats.musicxml_reading import score_of
from musicae.music.score import Note, Score, Text, TimeSignature

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "examples" / "tunes").glob("*.mid")), *sorted((ROOT / "tests" / "golden").glob("*.mid"))]
LISTED = (
    '<score-part id="P1"><part-name>Flute</part-name><score-instrument id="I1"><instrument-name>x</instrument-name>'
    '</score-instrument><midi-instrument id="I1"><midi-channel>1</midi-channel><midi-program>74</midi-program>'
    "</midi-instrument></score-part>"
)
FOUR = "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"


def xml(*measures: str, listed: str = LISTED) -> bytes:
    """Return a file of one part."""
    content = "".join(f'<measure number="{i}">{measure}</measure>' for i, measure in enumerate(measures, 1))
    start = '<?xml version="1.0"?><!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "x.dtd">'
    return f'{start}<score-partwise><part-list>{listed}</part-list><part id="P1">{content}</part></score-partwise>'.encode()


def note(pitch: str, duration: int, extra: str = "") -> str:
    """Return a note such as C4 or F#5 of so many divisions; `extra` stands before its duration."""
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1], "")
    name = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>"
    return f"<note>{extra}{name}<duration>{duration}</duration></note>"


def rest(duration: int) -> str:
    return f"<note><rest/><duration>{duration}</duration></note>"


def notes(*measures: str) -> list[tuple[float, float, int]]:
    """Return onset, duration and pitch of the notes of one part."""
    [track] = score_of(xml(*measures)).tracks
    return [(n.onset, n.duration, n.pitch) for n in track.notes]


def facts(score: Score) -> tuple[object, ...]:
    return (
        [(t.name, t.program, t.is_drum, [(n.onset, n.duration, n.pitch) for n in t.notes]) for t in score.tracks],
        [(t.time, round(6e7 / t.qpm)) for t in score.tempos],
        score.time_signatures,
        score.keys,
        score.bars(),
    )


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_tunes_and_golden_files_are_read_back(path: Path, tmp_path: Path) -> None:
    score = read_midi(path)
    for suffix in ("musicxml", "mxl", "xml"):
        target = tmp_path / f"x.{suffix}"
        write_musicxml(score, target)
        assert facts(read_musicxml(target)) == facts(score)
        before = target.read_bytes()
        write_musicxml(score, target)
        assert target.read_bytes() == before


def test_notes_rests_chords_and_voices() -> None:
    chord = note("E4", 4) + note("G4", 4, "<chord/>")
    bass = "<backup><duration>8</duration></backup><forward><duration>2</duration></forward>" + note("C3", 6)
    assert notes(FOUR + note("F#4", 2) + rest(2) + chord + bass) == [(0, 1, 66), (1, 3, 48), (2, 2, 64), (2, 2, 67)]


def test_tied_notes_are_one_and_grace_and_cue_notes_are_skipped() -> None:
    start, both = '<tie type="start"/>', '<tie type="stop"/><tie type="start"/>'
    tied = (FOUR + note("C4", 8, start), note("C4", 8, both), note("C4", 2, '<tie type="stop"/>') + note("C4", 6))
    assert notes(*tied) == [(0, 9, 60), (9, 3, 60)]
    assert notes(FOUR + note("D4", 1, "<grace/>") + note("E4", 2, "<cue/>") + note("C4", 8)) == [(0, 4, 60)]


def test_divisions_may_change_and_triplets_are_exact() -> None:
    thirds = "<attributes><divisions>3</divisions></attributes>" + note("D4", 1) + note("E4", 2) + note("F4", 9)
    found = notes(FOUR + note("C4", 8), thirds)
    assert found == [(0, 4, 60), (4, 1 / 3, 62), (4 + 1 / 3, 2 / 3, 64), (5, 3, 65)]


def test_what_the_list_of_parts_says() -> None:
    [track] = score_of(xml(FOUR + note("C4", 8))).tracks
    assert (track.name, track.program, track.is_drum) == ("Flute", 73, False)
    drums = LISTED.replace("<midi-channel>1<", "<midi-channel>10<")
    assert score_of(xml(FOUR + note("C2", 8), listed=drums)).tracks[0].is_drum


def test_unpitched_notes_are_drums() -> None:
    listed = LISTED.replace("<midi-program>74</midi-program>", "<midi-unpitched>57</midi-unpitched>")
    place = "<unpitched><display-step>{}</display-step><display-octave>{}</display-octave></unpitched>"
    beat = [f"<note>{place.format(*p)}<duration>2</duration></note>" for p in ("F4", "C5", "G5")]
    cowbell = f'<note>{place.format("C", 5)}<duration>2</duration><instrument id="I1"/></note>'
    [kit] = score_of(xml(FOUR + "".join(beat) + cowbell, listed=listed)).tracks
    assert kit.is_drum and [n.pitch for n in kit.notes] == [36, 38, 42, 56]


def test_transposing_parts_sound_as_they_should() -> None:
    clarinet = (
        "<attributes><divisions>2</divisions><key><fifths>2</fifths></key><time><beats>4</beats><beat-type>4</beat-type></time>"
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    )
    score = score_of(xml(clarinet + note("D4", 8)))
    assert score.tracks[0].notes == (Note(0.0, 4.0, 60),)
    assert [k.name for k in score.keys] == ["C major"]


@pytest.mark.parametrize(
    ("mark", "qpm"),
    [
        ('<sound tempo="96"/>', 96.0),
        ('<direction><direction-type><words>x</words></direction-type><sound tempo="61.5"/></direction>', 61.5),
        ("<beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>80</per-minute>", 120.0),
        ("<beat-unit>half</beat-unit><per-minute>50</per-minute>", 100.0),
        ("<beat-unit>quarter</beat-unit><per-minute>c. 50</per-minute>", 120.0),
    ],
)
def test_tempos(mark: str, qpm: float) -> None:
    if mark.startswith("<beat"):
        mark = f"<direction><direction-type><metronome>{mark}</metronome></direction-type></direction>"
    assert [t.qpm for t in score_of(xml(FOUR + mark + note("C4", 8))).tempos] == [qpm]


def test_a_tempo_within_a_bar() -> None:
    mark = '<direction><direction-type><words/></direction-type><offset>2</offset><sound tempo="90"/></direction>'
    score = score_of(xml(FOUR + note("C4", 2) + mark + note("D4", 6)))
    assert [(t.time, t.qpm) for t in score.tempos] == [(0.0, 120.0), (2.0, 90.0)]


@pytest.mark.parametrize(
    ("time", "metre"),
    [
        ("<beats>3+2</beats><beat-type>8</beat-type>", (5, 8)),
        ("<beats>2</beats><beat-type>4</beat-type><beats>3</beats><beat-type>8</beat-type>", (7, 8)),
        ("<senza-misura/>", (40, 16)),
    ],
)
def test_other_metres(time: str, metre: tuple[int, int]) -> None:
    attributes = f"<attributes><divisions>2</divisions><time>{time}</time></attributes>"
    signature = score_of(xml(attributes + note("C4", 20 if "senza" in time else metre[0] * 8 // metre[1]))).time_signatures[0]
    assert (signature.numerator, signature.denominator) == metre


def test_a_pick_up_stands_at_the_end_of_its_bar_and_changes_at_its_beginning() -> None:
    key = "<attributes><key><fifths>-1</fifths><mode>minor</mode></key></attributes>"
    score = score_of(xml(FOUR + key + '<sound tempo="90"/>' + note("C4", 2), note("D4", 8)))
    assert [(n.onset, n.pitch) for n in score.tracks[0].notes] == [(3.0, 60), (4.0, 62)]
    assert [(k.time, k.name) for k in score.keys] == [(0.0, "D minor")]
    assert [(t.time, t.qpm) for t in score.tempos] == [(0.0, 90.0)]


def test_repeats_are_read_once_and_their_halves_are_joined() -> None:
    left = '<barline location="left"><repeat direction="forward"/></barline>'
    right = '<barline location="right"><repeat direction="backward"/></barline>'
    first = (FOUR + note("C4", 2), note("D4", 8), note("E4", 6) + right, left + note("F4", 2), note("G4", 8))
    assert notes(*first) == [(3, 1, 60), (4, 4, 62), (8, 3, 64), (11, 1, 65), (12, 4, 67)]
    second = (FOUR + note("C4", 8), note("D4", 6) + right, left + note("E4", 8), note("F4", 8))
    assert notes(*second) == [(0, 4, 60), (4, 3, 62), (8, 4, 64), (12, 4, 65)]
    ending = '<barline location="left"><ending number="2" type="start"/></barline>'
    third = (FOUR + note("C4", 8), note("D4", 6) + right, ending + note("E4", 6), note("F4", 8))
    assert notes(*third)[2:] == [(8, 3, 64), (11, 4, 65)]


def test_lyrics() -> None:
    lyric = "<lyric><syllabic>{}</syllabic><text>{}</text></lyric>"
    first = note("C4", 4).replace("</note>", lyric.format("begin", "Grö") + "</note>")
    second = note("D4", 4).replace("</note>", lyric.format("end", "ße") + "</note>")
    words = [("Grö", 0.0), ("ße ", 2.0)]
    assert score_of(xml(FOUR + first + second)).texts == tuple(
        Text(t, "lyrics", w.encode().decode("latin-1")) for w, t in words
    )


def test_silent_bars_at_the_end_are_kept() -> None:
    score = score_of(xml(FOUR + note("C4", 8), rest(8), rest(8)))
    assert (score.length, score.time_signatures) == (12.0, (TimeSignature(0.0, 4, 4),))


def packed(**files: bytes) -> bytes:
    """Return a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


GOOD = xml(FOUR + note("C4", 8))
CONTAINER = b'<container><rootfiles><rootfile full-path="deep/s.xml"/></rootfiles></container>'


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "x.mxl"
    for data in (
        packed(**{"META-INF__container.xml": CONTAINER, "deep__s.xml": GOOD}),
        packed(**{"s.musicxml": GOOD}),
        GOOD,  # not compressed after all
    ):
        path.write_bytes(data)
        assert len(read_musicxml(path).tracks) == 1


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><score-partwise>&b;</score-partwise>'
DAMAGED = {
    "empty": (b"", "is no XML that can be read ("),
    "text": (b"X:1\nK:C\n", "is no XML that can be read ("),
    "cut off": (GOOD[:-30], "is no XML that can be read ("),
    "something else": (b"<svg></svg>", "is no MusicXML: it begins with <svg>, not with <score-partwise>"),
    "timewise": (b"<score-timewise></score-timewise>", "is written measure by measure (score-timewise), which is not read"),
    "entities": (BOMB, "defines entities of XML, which no score needs"),
    "entities in UTF-16": (BOMB.decode().encode("utf-16"), "defines entities of XML, which no score needs"),
    "an encoding that does not exist": (b'<?xml version="1.0" encoding="x-none"?><a/>', "is no XML that can be read ("),
    "no end of elements": (b"<score-partwise>" * 1000, "has elements within elements to no end"),
    "no notes": (xml(FOUR + rest(8)), "has no notes"),
    "a pitch that MIDI does not have": (
        xml(FOUR + note("C9", 8) + note("B9", 1)),
        "has a note out of the range of MIDI in measure 1",
    ),
    "a metre that cannot be read": (xml(FOUR.replace(">4<", ">x<")), "has a metre that cannot be read, x/x"),
    "too long": (xml(FOUR + note("C4", 400_000)), "lasts 200000 quarter notes, more than the limit of 50000"),
    "a broken archive": (b"PK\3\4" + b"x" * 100, "is a damaged archive ("),
    "an empty archive": (packed(), "is an archive without a score"),
    "an archive without its score": (packed(**{"META-INF__container.xml": CONTAINER}), "is a damaged archive ("),
}


@pytest.mark.parametrize(("data", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.musicxml"
    path.write_bytes(data)
    with pytest.raises(FormatError) as error:
        read_musicxml(path)
    text = str(error.value)
    assert text.startswith(f"{path} {reason}") and text.endswith("; export it again, or choose another file.")
    assert "\n" not in text


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r" is a folder; name a MusicXML file in it\.$"):
        read_musicxml(tmp_path)
    with pytest.raises(FormatError, match=r" cannot be read: no such file or directory\.$"):
        read_musicxml(tmp_path / "none.mxl")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.mxl"
    path.write_bytes(packed(**{"s.xml": b" " * (40 * 2**20)}))
    assert path.stat().st_size < 2**17
    with pytest.raises(FormatError, match=r" holds a score of more than 32 MiB; export it again, or choose another file\.$"):
        read_musicxml(path)


def test_no_small_file_takes_long() -> None:
    changes = "".join(f"<attributes><divisions>{i}</divisions></attributes>{note('C4', i + 1)}" for i in range(1, 5000))
    start = time.process_time()
    score_of(xml(FOUR + changes))
    score_of(xml(FOUR + note("C4", 2) * 10_000))
    assert time.process_time() - start < 4.0


JUNK = [b"<", b">", b"9", b"/", b"\0", b"-", b"x", b""]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.sampled_from([b"<", b">", b"9", b"/", b"\0", b"-", b"x", b""])),
        min_size=1,
        max_size=5,
    )
)
def test_mutated_files_are_read_or_refused(flips: list[tuple[int, bytes]]) -> None:
    data = xml(FOUR + note("C4", 4) + note("E4", 4, "<chord/>") + note("G4", 4), note("C5", 8, '<tie type="start"/>'))
    for place, byte in flips:
        data = data[: place % len(data)] + byte + data[place % len(data) + 1 :]
    try:
        score = score_of(data)
    except FormatError as error:
        assert "\n" not in str(error)
    else:
        assert len(score.bars()) >= 1
