import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from musicae import Note, Score, Track
from musicae.cli.commands import render as command
from musicae.music.formats.midi import write_midi
from musicae.sound.render import FORMATS, RATES
from support.commands import check_process

Run = Callable[..., tuple[int, str, str]]


pytestmark = pytest.mark.usefixtures("folder")


def test_the_command_has_the_formats_of_the_library() -> None:
    assert command.FORMATS == tuple(FORMATS)


def test_one_file_goes_to_the_output_in_the_format_of_its_name(run: Run, folder: Path) -> None:
    command = ("render", "a.mid", "-o", "sound/a.flac", "--rate", "22050")
    status, out, err = run(*command)
    info = soundfile.info("sound/a.flac")
    assert (status, err) == (0, "")
    assert out == f"sound/a.flac: a.mid, {info.duration:.1f} s at 22050 samples per second\n"
    facts = json.loads(run(*command, "--force", "--json")[1])
    assert facts == {"file": "a.mid", "output": "sound/a.flac", "seconds": round(info.duration, 3), "rate": 22050}
    assert (info.format, info.samplerate, info.channels) == ("FLAC", 22050, 2)
    assert {p.name for p in folder.iterdir()} == {"a.mid", "b.mid", "sound"}


def test_a_folder_of_files_the_bad_one_last_and_reported(run: Run, folder: Path) -> None:
    (folder / "c.mid").write_bytes(b"no music")
    status, out, err = run("render", ".", "--format", "ogg", "-o", "out", "--rate", "8000")
    assert status == 1
    assert [line.partition(":")[0] for line in out.splitlines()] == ["out/a.ogg", "out/b.ogg"]
    assert "c.mid" in err and "2 of 3 files done" in err
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["a.ogg", "b.ogg"]


def test_the_default_is_a_wav_next_to_it_and_never_overwritten(run: Run, folder: Path) -> None:
    assert run("render", "a.mid", "--rate", "8000")[0] == 0
    before = (folder / "a.wav").read_bytes()
    status, out, err = run("render", "a.mid", "b.mid", "--rate", "8000")
    assert (status, out) == (1, "")
    assert err == "Error: a.wav exists; use --force to overwrite it, or choose another -o.\n"
    assert run("render", "a.mid", "--rate", "8000", "--force")[0] == 0
    assert (folder / "a.wav").read_bytes() == before


def test_a_file_without_notes_is_silent_with_a_warning(run: Run, folder: Path) -> None:
    write_midi(Score(), folder / "empty.mid")
    status, _, err = run("render", "empty.mid", "--rate", "8000")
    assert (status, err) == (0, "empty.mid has no notes, so empty.wav is silent.\n")
    assert not soundfile.read("empty.wav")[0].any()


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["-o", "x.mp3"], 2, "x.mp3: the format 'mp3' is not supported; choose one of wav, flac, ogg."),
        (["-o", "x.wav", "--format", "ogg"], 2, "-o x.wav and --format ogg name different formats; give one of them."),
        (["--format", "mp3"], 2, "'mp3' is not one of 'wav', 'flac', 'ogg'."),
        (["--rate", "44000"], 2, f"Unsupported sample rate 44000; choose one of {', '.join(map(str, RATES))}."),
        (
            ["--soundfont", "no.sf2"],
            1,
            "The soundfont no.sf2 cannot be read: no such file or directory; give a file that ends in",
        ),
        (["--soundfont", "b.mid"], 1, "b.mid is not a SoundFont: it does not begin with 'RIFF' and 'sfbk'; give a .sf2 file."),
        (["b.mid", "-o", "x.wav"], 2, "x.wav is the name of one file, but there are 2 to write; give -o a folder."),
    ],
)
def test_errors_name_the_remedy_and_nothing_is_written(
    run: Run, folder: Path, arguments: list[str], status: int, text: str
) -> None:
    got, out, err = run("render", "a.mid", *arguments)
    assert (got, out) == (status, "")
    assert text in err
    assert {p.name for p in folder.iterdir()} == {"a.mid", "b.mid"}


def test_music_that_is_too_long_is_refused_with_the_file_named(run: Run, folder: Path) -> None:
    write_midi(Score((Track((Note(0.0, 1.0, 60), Note(20_000.0, 1.0, 60))),)), folder / "long.mid")
    status, _, err = run("render", "long.mid")
    assert status == 1
    assert err == "Error: long.mid: The music lasts 2.8 hours, but at most 1 hour is made into sound; take fewer bars.\n"
    assert not (folder / "long.wav").exists()


def test_a_soundfont_of_ones_own(run: Run, folder: Path) -> None:
    from musicae.sound.soundfont import default_soundfont

    (folder / "mine.sf2").write_bytes(default_soundfont().read_bytes())
    for extra in ([], ["--soundfont", "mine.sf2", "--force"]):
        assert run("render", "a.mid", "--rate", "8000", *extra)[0] == 0
    assert np.abs(soundfile.read("a.wav")[0]).max() == pytest.approx(0.89, abs=0.01)


def test_the_whole_process_needs_no_torch_and_gives_the_same_bytes() -> None:
    check_process("render", "a.mid", "--rate", "8000", ending=".ogg", without={"torch", "music21", "matplotlib"})


def test_commands_that_write_music_write_sound_image_and_notation_next_to_it(run: Run, folder: Path) -> None:
    forms = ("wav", "flac", "ogg", "png", "musicxml")
    flags = [f"--{form}" for form in forms]
    status, out, _ = run("sample", "-n", "1", "-o", "new/x.mid", *flags)
    names = [f"new/x.{form}" for form in ("mid", *forms)]
    assert (status, out.partition(":")[0]) == (0, ", ".join(names))
    facts = json.loads(run("sample", "-n", "1", "-o", "new/x.mid", *flags, "--force", "--json")[1])
    assert [facts["output"], *facts["also"]] == names
    assert sorted(p.name for p in (folder / "new").iterdir()) == sorted(f"x.{form}" for form in ("mid", *forms))
    (folder / "new" / "x.mid").unlink()
    status, out, err = run("sample", "-n", "1", "-o", "new/x.mid", "--png")
    assert (status, out) == (1, "") and "new/x.png exists" in err
    assert not (folder / "new" / "x.mid").exists()


def test_the_image_of_a_morph_is_a_row(run: Run, folder: Path) -> None:
    status, out, _ = run("interpolate", "a.mid", "b.mid", "--steps", "3", "-o", "m", "--png", "--json")
    assert status == 0
    names = ["step-01", "step-02", "step-03", "interpolation"]
    assert [json.loads(line)["also"] for line in out.splitlines()] == [[f"m/{name}.png"] for name in names]
    widths = []
    for name in names:
        with Image.open(folder / "m" / f"{name}.png") as picture:
            widths.append(picture.size[0])
    one, row = widths[0], widths[3]
    assert row != one
