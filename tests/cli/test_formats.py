"""Every command that reads music takes ABC and MusicXML too, and -o with such an ending writes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Score, read, write

Run = Callable[..., tuple[int, str, str]]
KINDS = ("abc", "musicxml", "mxl", "xml")
COMMANDS = {
    "inspect": ("inspect", "FILE"),
    "plot": ("plot", "FILE", "-o", "roll.png"),
    "render": ("render", "FILE", "-o", "sound.wav"),
    "reconstruct": ("reconstruct", "FILE", "-o", "again.mid"),
    "interpolate": ("interpolate", "FILE", "b.mid", "--steps", "2", "-o", "morph"),
    "vary": ("vary", "FILE", "-n", "1", "-o", "vary.mid"),
    "grid": ("grid", "FILE", "b.mid", "--size", "1x2", "-o", "grid"),
    "mean": ("mean", "FILE", "b.mid", "-o", "mean.mid"),
    "complete": ("complete", "FILE", "--fill", "2", "-o", "complete.mid"),
    "continue": ("continue", "FILE", "-o", "continue.mid"),
    "search": ("search", "FILE", "--in", "."),
    "personalize": ("personalize", ".", "--steps", "2"),
}


@pytest.fixture
def tune(folder: Path, make_tune: Callable[..., Score], shipped: None) -> Score:
    """Write one tune in every format, next to b.mid."""
    score = make_tune(2, bars=4)
    for kind in KINDS:
        write(score, f"tune.{kind}")
    return score


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_read_back(tune: Score, kind: str) -> None:
    notes = [(n.onset, n.duration, n.pitch) for n in tune.tracks[0].notes]
    [track] = read(f"tune.{kind}").tracks
    assert [(n.onset, n.duration, n.pitch) for n in track.notes] == notes


@pytest.mark.parametrize("kind", ("abc", "musicxml"))
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_it(run: Run, tune: Score, name: str, kind: str) -> None:
    arguments = [f"tune.{kind}" if a == "FILE" else a for a in COMMANDS[name]]
    status, _, err = run(*arguments)
    assert status == 0, err


@pytest.mark.parametrize("kind", KINDS)
def test_the_ending_of_the_output_names_its_format(run: Run, tune: Score, kind: str) -> None:
    assert run("reconstruct", "tune.abc", "-o", f"again.{kind}", "--seed", "0")[0] == 2, "reconstruct has no seed"
    assert run("reconstruct", "tune.abc", "-o", f"again.{kind}")[0] == 0
    assert run("reconstruct", "tune.abc", "-o", "again.mid")[0] == 0
    written, midi = (read(f"again.{ending}").tracks[0].notes for ending in (kind, "mid"))
    assert [(n.onset, n.pitch) for n in written] == [(n.onset, n.pitch) for n in midi]


def test_one_ending_is_written_once(run: Run, tune: Score) -> None:
    status, out, _ = run("reconstruct", "tune.abc", "-o", "again.musicxml", "--musicxml", "--png")
    assert (status, out.partition(":")[0]) == (0, "again.musicxml, again.png")


def test_a_template_may_name_a_format(run: Run, tune: Score) -> None:
    assert run("reconstruct", "tune.mxl", "b.mid", "--out-template", "{stem}.again.abc")[0] == 0
    assert [read(f"{stem}.again.abc").end > 0 for stem in ("tune", "b")] == [True, True]
    status, _, err = run("reconstruct", "tune.mxl", "--out-template", "{stem}.wav")
    text = "--out-template gives 'tune.wav' for tune.mxl; let it end in {suffix}."
    assert (status, err.splitlines()[-1]) == (2, f"Error: {text}")


@pytest.mark.parametrize("name", ["x.abc", "x.xml", "x.mid"])
def test_files_of_music_are_not_folders_for_sound_and_images(run: Run, tune: Score, name: str) -> None:
    for command in ("render", "plot"):
        status, out, _ = run(command, "b.mid", "-o", name)
        assert (status, out) == (2, "")


def test_a_folder_is_searched_for_all_formats(run: Run, tune: Score) -> None:
    status, out, err = run("inspect", ".", "--json")
    assert status == 0, err
    assert len(out.splitlines()) == 2 + len(KINDS)
