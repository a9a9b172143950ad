import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from musicae import Note, Score, Track
from musicae.music.formats.midi import write_midi
from support.commands import check_process

Run = Callable[..., tuple[int, str, str]]


pytestmark = pytest.mark.usefixtures("folder")


def test_an_image_for_each_file(run: Run, folder: Path) -> None:
    out = "images/a.png: a.mid\nimages/b.png: b.mid\n"
    assert run("plot", "a.mid", "b.mid", "-o", "images") == (0, out, "2 of 2 files done.\n")
    status, out, _ = run("plot", "a.mid", "b.mid", "-o", "images", "--force", "--json")
    objects = [{"file": f"{name}.mid", "output": f"images/{name}.png"} for name in "ab"]
    assert (status, [json.loads(line) for line in out.splitlines()]) == (0, objects)
    for name in "ab":
        with Image.open(folder / "images" / f"{name}.png") as image:
            assert image.format == "PNG" and image.size[0] > 400


def test_a_row_is_one_image(run: Run, folder: Path) -> None:
    row = ("plot", "--row", "a.mid", "b.mid", "a.mid")  # a file named twice is taken once
    assert run(*row) == (0, "rolls.png: a.mid and b.mid side by side\n", "")
    status, out, _ = run(*row, "--force", "--json")
    assert (status, json.loads(out)) == (0, {"files": ["a.mid", "b.mid"], "output": "rolls.png"})
    assert {p.name for p in folder.iterdir()} == {"a.mid", "b.mid", "rolls.png"}
    assert run("plot", "--row", "a.mid", "b.mid", "-o", "other.svg")[0] == 0
    assert (folder / "other.svg").read_bytes().startswith(b"<?xml")


def test_some_bars_make_another_image_and_nothing_is_overwritten(run: Run, folder: Path) -> None:
    assert run("plot", "a.mid", "-o", "all.png")[0] == 0
    assert run("plot", "a.mid", "--bars", "2-3", "-o", "some.png")[0] == 0
    assert (folder / "all.png").read_bytes() != (folder / "some.png").read_bytes()
    status, out, err = run("plot", "a.mid", "-o", "all.png")
    assert (status, out, err) == (1, "", "Error: all.png exists; use --force to overwrite it, or choose another -o.\n")
    assert run("plot", "a.mid", "-o", "all.png", "--force")[0] == 0


def test_drums_and_empty_files(run: Run, folder: Path) -> None:
    write_midi(Score((Track((Note(0.0, 0.1, 36), Note(1.0, 0.1, 38)), 0, True),)), folder / "drums.mid")
    write_midi(Score(), folder / "empty.mid")
    assert run("plot", "drums.mid", "empty.mid")[0] == 0
    assert (folder / "drums.png").exists() and (folder / "empty.png").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["a.mid", "-o", "x.jpg"], 2, "x.jpg: the format 'jpg' is not supported; choose one of png, pdf, svg."),
        (["a.mid", "-o", "x.svg", "--format", "pdf"], 2, "-o x.svg and --format pdf name different formats; give one of them."),
        (["a.mid", "--bars", "3-9"], 1, "Error: a.mid has 4 bars, so bars 3-9 cannot be drawn."),
        (["no.mid"], 1, "Error: no.mid cannot be read: no such file or directory."),
        (
            ["a.mid", "--row", "--out-template", "{stem}{suffix}"],
            2,
            "--row draws one image, which --out-template cannot name",
        ),
    ],
)
def test_refusals_write_nothing(run: Run, folder: Path, arguments: list[str], status: int, text: str) -> None:
    got, out, err = run("plot", *arguments)
    assert (got, out) == (status, "")
    assert text in err
    assert {p.name for p in folder.iterdir()} == {"a.mid", "b.mid"}


def test_the_whole_process_needs_no_torch_and_gives_the_same_bytes() -> None:
    check_process("plot", "a.mid", ending=".png", without={"torch", "music21", "matplotlib.pyplot"})
