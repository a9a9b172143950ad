"""Files of music by their suffixes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import musicae
from musicae.errors import FormatError, MidiError, MusicaeError
from musicae.music.formats import FORMATS, is_music, read, suffix, suffixes, write
from musicae.music.score import Note, Score, Tempo, TimeSignature, Track

SCORE = Score((Track((Note(0.0, 1.0, 60), Note(1.0, 3.0, 62)), name="lead"),), (Tempo(0.0, 90.0),), (TimeSignature(0.0, 4, 4),))


@pytest.mark.parametrize("ending", suffixes(writing=True))
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    for path in (tmp_path / f"x{ending}", tmp_path / "deep" / f"X{ending.upper()}"):
        write(SCORE, path)
        again = read(path)
        assert [n for t in again.tracks for n in t.notes] == [n for t in SCORE.tracks for n in t.notes]
        assert again.time_signatures == SCORE.time_signatures and again.tempos[0].qpm == pytest.approx(90.0)
        assert again.tracks[0].name == "lead"


def test_the_public_names_are_these_functions() -> None:
    assert musicae.read is read and musicae.write is write


def test_every_suffix_belongs_to_one_format() -> None:
    assert len(set(suffixes())) == len(suffixes()) and set(suffixes(writing=True)) <= set(suffixes())
    assert [form.name for form in FORMATS] == ["MIDI", "ABC", "MusicXML"]


@pytest.mark.parametrize(
    ("path", "ending", "music"),
    [
        ("a/b.MID", ".mid", True),
        ("book.abc#7", ".abc", True),
        ("x.xml", ".xml", True),
        ("x.txt", ".txt", False),
        ("x", "", False),
    ],
)
def test_suffixes(path: str, ending: str, music: bool) -> None:
    assert (suffix(path), is_music(Path(path))) == (ending, music)


def test_unknown_suffixes_are_named_with_those_that_are_known(tmp_path: Path) -> None:
    known = ".mid, .midi, .kar, .rmi, .abc, .musicxml, .mxl, .xml"
    message = f"song.wav ends in no suffix of a format that is read ({known}); convert it, or rename it."
    (tmp_path / "song.wav").write_bytes(b"no music")
    with pytest.raises(FormatError, match=f"^{re.escape(str(tmp_path))}/{re.escape(message)}$"):
        read(tmp_path / "song.wav")
    (tmp_path / "song.wav").unlink()
    message = f"{tmp_path}/x.rmi ends in no suffix of a format that is written; choose one of {known.replace(' .rmi,', '')}."
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        write(SCORE, tmp_path / "x.rmi")
    with pytest.raises(FormatError, match=rf"^{re.escape(str(tmp_path))} is a folder; name a file in it\.$"):
        read(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "error"), [("x.mid", MidiError), ("x.abc", FormatError), ("x.mxl", FormatError)])
def test_errors_are_those_of_the_format(tmp_path: Path, name: str, error: type[MusicaeError]) -> None:
    with pytest.raises(error, match=r"x\.\w+ cannot be read: no such file or directory\.$"):
        read(tmp_path / name)


def test_a_format_costs_nothing_until_it_is_used(tmp_path: Path) -> None:
    write(SCORE, tmp_path / "x.mxl")
    write(SCORE, tmp_path / "x.abc")
    code = (
        "import sys\nfrom musicae.music.formats import read\n"
        "assert not [n for n in sys.modules if n.startswith('musicae.music.formats.')]\n"
        f"read({str(tmp_path / 'x.abc')!r}); read({str(tmp_path / 'x.mxl')!r})\n"
        "assert not {'music21', 'pretty_midi', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
