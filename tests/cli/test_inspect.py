"""`musicae inspect`, `info` and `models`: what is in files, checkpoints, and this copy of the library."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Note, Score, Track
from musicae.music.formats.midi import write_midi
from musicae.music.score import KeySignature, Tempo, TimeSignature

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def band(make_tune: MakeTune) -> str:
    """Write a file with two changes of metre and tempo, a bass, a melody and drums, and return its name."""
    bass = Track(tuple(Note(float(i), 1.0, 36) for i in range(16)), 33, name="bass")
    melody = Track(make_tune(0).tracks[0].notes, 73, name="melody")
    drums = Track((Note(0.0, 0.5, 38),), 0, True, "kit")
    tempos, metres = (Tempo(0.0, 90.0), Tempo(8.0, 120.5)), (TimeSignature(0.0, 4, 4), TimeSignature(8.0, 3, 4))
    write_midi(Score((bass, melody, drums), tempos, metres, (KeySignature(0.0, 14),)), "band.mid")
    return "band.mid"


def test_inspect_shows_everything_in_words(run: Run, band: str) -> None:
    status, out, err = run("inspect", band)
    assert (status, err) == (0, "")
    assert [line.rstrip() for line in out.splitlines()] == [
        "band.mid: 5 bars, 9.32 s",
        "  metre 4/4 from bar 1, 3/4 from bar 3; tempo 90 from bar 1, 120.5 from bar 3; key D minor from bar 1",
        "    track  name    program  notes  pitches",
        "    1      bass    33       16     36-36",
        " *  2      melody  73       26     60-67",
        "    3      kit     drums    1      38-38",
        "  commands take track 2, bars 1-2, with melody-2bar",
    ]


def test_inspect_prints_one_json_object_a_file(run: Run, band: str) -> None:
    status, out, _ = run("inspect", "a.mid", band, "--json")
    a, facts = map(json.loads, out.splitlines())
    assert (status, a["file"], a["take"]) == (0, "a.mid", {"track": 1, "bars": "1-2", "model": "melody-2bar"})
    assert facts["metres"] == [{"bar": 1, "metre": "4/4"}, {"bar": 3, "metre": "3/4"}]
    assert facts["tempos"] == [{"bar": 1, "qpm": 90.0}, {"bar": 3, "qpm": 120.5}]
    assert facts["keys"] == [{"bar": 1, "key": "D minor"}]
    assert (facts["bars"], facts["seconds"]) == (5, 9.32)
    bass = {"number": 1, "name": "bass", "program": 33, "drums": False, "notes": 16, "lowest": 36, "highest": 36}
    assert facts["tracks"][0] == bass
    assert [t["drums"] for t in facts["tracks"]] == [False, False, True]


def test_inspect_and_reconstruct_take_the_same_bars(run: Run, small_checkpoint: Path) -> None:
    rest = tuple(Note(float(i), 1.0, 60 + i % 5) for i in range(20, 44))
    metres = (TimeSignature(0.0, 17, 8), TimeSignature(17.0, 3, 4), TimeSignature(20.0, 3, 4), TimeSignature(23.0, 4, 4))
    write_midi(Score((Track((Note(1.0, 1.0, 60), *rest)),), (), metres), "odd.mid")
    take = json.loads(run("inspect", "odd.mid", "--json")[1])["take"]
    took = json.loads(run("reconstruct", "odd.mid", "-c", small_checkpoint, "--json")[1])
    assert take == {"track": 1, "bars": "5-6", "model": "melody-2bar"}
    assert {name: took[name] for name in ("track", "bars")} == {"track": 1, "bars": "5-6"}


def test_inspect_takes_phrases_of_any_number_of_bars(run: Run) -> None:
    last = run("inspect", "a.mid", "--bars-per-phrase", 4)[1].splitlines()[-1]
    assert last == "  commands take track 1, bars 1-4, with melody-2bar"


@pytest.mark.parametrize(
    ("score", "metre", "reason"),
    [
        (Score(), None, "no notes; choose another file."),
        (Score((Track((Note(0.0, 1.0, 60),)),)), (17, 8), "bar 1 (17/8) has 51 time steps, more than the model's 48"),
        (Score((Track((Note(0.0, 1.0, 60),)),)), (7, 32), "Bar 1 (7/32) lasts 0.875 quarter notes"),
    ],
)
def test_inspect_tells_why_it_would_take_nothing(run: Run, score: Score, metre: tuple[int, int] | None, reason: str) -> None:
    write_midi(Score(score.tracks, (), (TimeSignature(0.0, *metre),) if metre else ()), "x.mid")
    status, out, err = run("inspect", "x.mid")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1].startswith("  x.mid")
    assert reason in out.splitlines()[-1]
    assert reason in json.loads(run("inspect", "x.mid", "--json")[1])["take"]["reason"]


def test_inspect_shows_the_good_files_beside_bad_ones(run: Run) -> None:
    Path("text.mid").write_text("no music")
    status, out, err = run("inspect", "missing.mid", "a.mid", "text.mid", "b.mid")
    assert status == 1
    assert [line.split(":")[0] for line in out.splitlines() if not line.startswith(" ")] == ["a.mid", "b.mid"]
    assert err.splitlines() == [
        "Error: missing.mid cannot be read: no such file or directory.",
        "Error: text.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid).",
        "2 of 4 files done, 2 failed.",
    ]
    status, out, err = run("inspect", "missing.mid", "a.mid", "--json")
    error = "missing.mid cannot be read: no such file or directory."
    first, second = map(json.loads, out.splitlines())
    assert (status, err, first, second["file"]) == (1, "", {"file": "missing.mid", "error": error}, "a.mid")


def test_names_from_files_are_no_markup(run: Run) -> None:
    name = "[/bold] :smile: [red]x"
    write_midi(Score((Track((Note(0.0, 4.0, 60),), name=name),)), "[red]x.mid")
    status, out, _ = run("inspect", "[red]x.mid")
    assert status == 0
    assert out.startswith("[red]x.mid: 1 bar, 2.0 s\n")
    assert name in out


def test_many_changes_are_counted_and_metres_may_be_missing(run: Run) -> None:
    tempos = tuple(Tempo(float(i), 100.0 + i) for i in range(30))
    write_midi(Score((Track((Note(0.0, 40.0, 60),)),), tempos), "rubato.mid")
    data = Path("rubato.mid").read_bytes()
    Path("rubato.mid").write_bytes(data.replace(b"\xff\x58\x04\x04\x02", b"\xff\x7f\x04\x04\x02"))  # no longer a metre
    line = run("inspect", "rubato.mid")[1].splitlines()[1]
    assert line.startswith("  metre 4/4 (none given); tempo 100 from bar 1, ")
    assert line.endswith("107 from bar 2 and 22 more; key none given")
    facts = json.loads(run("inspect", "rubato.mid", "--json")[1])
    assert (facts["metres"], facts["keys"], len(facts["tempos"])) == ([], [], 30)


def test_info_prints_the_description_of_a_checkpoint(run: Run, small_checkpoint: Path) -> None:
    megabytes = round(os.path.getsize(small_checkpoint) / 1e6, 2)
    status, out, err = run("info", small_checkpoint)
    head, file, *details = out.splitlines()
    assert (status, err, head) == (0, "", f"small: plan-vae for music (melody) of 2 bars, {megabytes} MB")
    assert file.startswith(f"{small_checkpoint}, step 40, musicae ")
    assert details[0] == "  representation: highest 108, lowest 21, name melody, steps_per_quarter 4"
    assert details[1].startswith("  config: ") and "latent_size 16, " in details[1]
    status, out, err = run("info", small_checkpoint, "--json")
    facts = json.loads(out)
    assert (status, err) == (0, "")
    assert facts["file"] == str(small_checkpoint)
    assert facts["megabytes"] == megabytes
    assert (facts["model"], facts["bars"], facts["config"]["latent_size"]) == ("plan-vae", 2, 16)
    assert facts["representation"] == {"name": "melody", "steps_per_quarter": 4, "lowest": 21, "highest": 108}


def test_info_refuses_what_is_no_checkpoint(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: {"melody-2bar": Path("x")})
    text = "Error: There is no checkpoint 'melody-2baar': neither a file nor a shipped model; did you mean 'melody-2bar'?"
    assert run("info", "melody-2baar") == (1, "", f"{text} Shipped: melody-2bar.\n")
    text = "Error: a.mid is not a safetensors file, or is damaged. Give a checkpoint written by `musicae train`.\n"
    assert run("info", "a.mid") == (1, "", text)


def test_models_lists_what_is_shipped(run: Run, small_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: {"small": small_checkpoint})
    megabytes = round(os.path.getsize(small_checkpoint) / 1e6, 1)
    row = {"name": "small", "domain": "music", "kind": "melody", "model": "plan-vae", "bars": 2, "MB": megabytes}
    assert json.loads(run("models", "--json")[1]) == row
    status, out, _ = run("models")
    assert status == 0
    assert out.splitlines()[1].split()[:5] == ["small", "plan-vae", "melody", "2", str(megabytes)]


def test_models_says_so_where_none_is_shipped(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", dict)
    text = "This copy of musicae comes without models; train one with `musicae train`.\n"
    assert run("models") == (0, "", text)
    assert run("models", "--json") == (0, "", text)
