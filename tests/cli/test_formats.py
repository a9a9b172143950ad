"""Every command that reads music takes ABC and MusicXML too, and -o with such an ending writes it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from musicae import Score, Track, read, write
from musicae.cli.main import COMMANDS
from musicae.music.latent.attribute_vectors import write_vectors
from support.vectors import some_vectors

Run = Callable[..., tuple[int, str, str]]
KINDS = ("abc", "musicxml", "mxl", "xml")
TUNES = Path(__file__).parents[2] / "examples" / "tunes"

# Commands, with the tunes as X and Y, their folder as DIR, and a file that is written.
READ = {
    "attributes X": "",
    "complete X --bars 3-4 --fill 4": "X.completed.mid",
    "continue X": "X.continued.mid",
    "data describe --data DIR": "",
    "data prepare --data DIR --jobs 0": "",
    "grid X Y --size 1x2": "grid/grid.mid",
    "inspect X": "",
    "interpolate X Y --steps 2": "morph/interpolation.mid",
    "mean X Y": "mean.mid",
    "personalize DIR --steps 2": "personal.safetensors",
    "plot X": "X.png",
    "reconstruct X": "X.reconstructed.mid",
    "reconstruct DIR --whole -o again": "again/X.reconstructed.mid",
    "render X --rate 8000": "X.wav",
    "search X --in DIR": "",
    "steer X --set density=+1": "X.steered.mid",
    "vary X -n 1": "variations/X.vary-01.mid",
}
# These take drums, or no music at all.
OTHERS = {"completion", "evaluate", "humanize", "image", "info", "models", "release", "sample", "train"}


@pytest.fixture
def tune(folder: Path, make_tune: Callable[..., Score], shipped: None) -> Score:
    """Write one tune in every format, next to b.mid."""
    score = make_tune(2, bars=4)
    for kind in KINDS:
        write(score, f"tune.{kind}")
    return score


@pytest.fixture
def model(folder: Path, small_checkpoint: Path) -> list[str]:
    """Work in a folder with a checkpoint that has attribute vectors, and return the option that names it."""
    shutil.copy(small_checkpoint, "small.safetensors")
    write_vectors(Path("small.safetensors"), some_vectors(small_checkpoint))
    return ["-c", "small.safetensors"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_read_back(tune: Score, kind: str) -> None:
    notes = [(n.onset, n.duration, n.pitch) for n in tune.tracks[0].notes]
    [track] = read(f"tune.{kind}").tracks
    assert [(n.onset, n.duration, n.pitch) for n in track.notes] == notes


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_that_reads_music_takes_it(run: Run, model: list[str], kind: str) -> None:
    for name, source in (("X", "a-reel"), ("Y", "b-reel")):
        write(read(TUNES / f"{source}.mid"), f"dir/{name}.{kind}")
    for command, written in READ.items():
        words = [f"dir/{w}.{kind}" if w in ("X", "Y") else "dir" if w == "DIR" else w for w in command.split()]
        needs_model = words[0] not in ("inspect", "plot", "render", "data")
        status, _, err = run(*words, *(model if needs_model else []))
        assert (status, "Error" in err) == (0, False), (command, err)
        if written:
            assert Path(written).stat().st_size > 0
            Path(written).unlink()


def test_every_command_is_tried() -> None:
    assert {command.split()[0] for command in READ} | OTHERS == set(COMMANDS)


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


def test_drums_in_musicxml_are_humanized(run: Run, folder: Path, drum_checkpoint: Path) -> None:
    beat = read(TUNES.parent / "songs" / "beat.mid")
    write(beat, "beat.musicxml")
    assert run("humanize", "beat.musicxml", "-c", drum_checkpoint)[0] == 0
    assert len(read("beat.humanized.mid").tracks[0].notes) == len(read("beat.musicxml").tracks[0].notes)


SINGLE = ("complete X --bars 3-4 --fill 4", "continue X", "mean X X", "steer X --set density=+1", "vary X -n 1")


@pytest.mark.parametrize("command", SINGLE)
def test_commands_with_one_result_write_the_format(run: Run, model: list[str], command: str) -> None:
    words = [str(TUNES / "a-reel.mid") if word == "X" else word for word in command.split()]
    for suffix in ("abc", "musicxml"):
        assert run(*words, *model, "-o", f"x.{suffix}")[0] == 0
        assert read(f"x.{suffix}").tracks[0].notes


def test_samples_as_abc(run: Run, model: list[str]) -> None:
    assert run("sample", "-n", 1, *model, "-o", "x.abc")[0] == 0
    assert Path("x.abc").read_text().startswith("X:1\n")


def test_a_tune_of_a_book_is_named_by_its_number(run: Run, model: list[str]) -> None:
    head = "X:{}\nT:{}\nM:4/4\nL:1/8\nK:C\n"
    Path("book.abc").write_text(head.format(1, "One") + "C8|D8|E8|F8|\n\n" + head.format(7, "Seven") + "c8|d8|\n")
    names = ("book.abc", "book.abc#1", "book.abc#7")
    lowest = [json.loads(run("inspect", name, "--json")[1])["tracks"][0]["lowest"] for name in names]
    assert lowest == [60, 60, 72]
    assert run("reconstruct", "book.abc#7", *model)[0] == 0
    assert Path("book.reconstructed.mid").exists()
    status, out, err = run("inspect", "book.abc#3")
    assert (status, out, err) == (1, "", "Error: book.abc holds no tune 3; choose one of 1, 7.\n")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        (
            "x.txt",
            "X:1",
            "x.txt ends in no suffix of a format that is read (.mid, .midi, .kar, .rmi, .abc,",
        ),
        ("x.abc", "X:1\nK:C\n", "x.abc has no notes; fix it, or choose another tune."),
        ("x.xml", "<svg></svg>", "x.xml is no MusicXML: it begins with <svg>, not with <score-partwise>; export it again, or"),
    ],
)
def test_files_that_cannot_be_read(run: Run, folder: Path, name: str, content: str, text: str) -> None:
    Path(name).write_text(content)
    status, out, err = run("inspect", name)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"Error: {text}")


def test_what_a_format_cannot_express_is_an_error(run: Run, model: list[str]) -> None:
    score = read("a.mid")
    kit = Track(score.tracks[0].notes, is_drum=True, name="Kit")
    write(replace(score, tracks=(*score.tracks, kit)), "band.mid")
    status, out, err = run("reconstruct", "band.mid", "--whole", "--keep-tracks", *model, "-o", "x.abc")
    assert (status, out, err) == (1, "", "Error: ABC has no drums (track 2 'Kit'); write MIDI or MusicXML instead.\n")
    assert not Path("x.abc").exists()
