"""The lesson's scripts run from beginning to end on a few images, and the notebook is what the scripts generate."""

import gzip
import json
import re
import runpy
import shlex
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from musicae.images.recipes import image_preset
from musicae.music.formats import read

LESSON = Path(__file__).resolve().parents[2] / "examples" / "lesson"
README = (LESSON / "README.md").read_text(encoding="utf-8")
SCRIPTS = sorted(path.stem for path in LESSON.glob("[0-9]*.py"))

# The plots of every chapter, which are all that it writes except its runs and tunes, and lines that it has to print.
PLOTS = {
    "01_autoencoder": ("reconstructions", "codes", "perturbations", "inventions", "two-numbers"),
    "02_denoising": ("repairs", "strangers"),
    "03_super_resolution": ("doubled", "fourfold", "noise"),
    "04_variational": ("codes", "prior", "map", "samples", "interpolations"),
    "05_conditional": ("classes", "hands"),
    "06_adversarial": ("discriminator", "codes", "samples"),
    "07_music": ("morph", "noise", "samples"),
}
PRINTS = {
    "01_autoencoder": r"PCA with 128 numbers: 0\.\d{4}\n(.*\n)*Cross-entropy per pixel: \d\.\d{4}; floor: 0\.0000\n",
    "02_denoising": r"noisy +\d+\.\d dB\nbest linear map +\d+\.\d dB\nnetwork +\d+\.\d dB\n(.*\n)*.*black on white: \d",
    "03_super_resolution": r"\(1, 28, 28\) becomes \(1, 14, 14\)\.\n(.*\n)*bilinear +\d+\.\d dB\n",
    "04_variational": r"ELBO = -\d+\.\d - \d+\.\d = -\d+\.\d nats per digit\n",
    "05_conditional": r"ELBO: -\d+\.\d nats without the label, -\d+\.\d with it; log 10 = 2\.3\n",
    "06_adversarial": r"\nuntrained discriminator: accuracy at most 0\.\d\d, at the end 0\.\d\d\n",
    "07_music": r"48 tokens -> 128 numbers with a KL of \d+\.\d bits -> the tokens, for \d+\.\d bits more\n",
}

Run = Callable[..., Path]


def write_idx(path: Path, array: "np.ndarray[Any, Any]") -> None:
    """Write a gzip IDX file."""
    head = b"".join(n.to_bytes(4, "big") for n in (0x800 + array.ndim, *array.shape))
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes(), 1))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with files like those of MNIST: 40 training, 5,000 validation, 30 test images; class k is a bar."""
    folder = tmp_path_factory.mktemp("digits")
    for name, count in (("train", 5_040), ("t10k", 30)):
        labels = np.arange(count) % 10
        images = np.zeros((count, 28, 28), np.uint8)
        for row in range(4):
            images[np.arange(count), 2 * labels + row, 4:24] = 255
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", labels)
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, digits: Path, tmp_path: Path) -> Run:
    """Return a function that runs a script with a few steps and more options, and returns its output folder."""
    monkeypatch.syspath_prepend(LESSON)  # as Python does for the folder of a script
    monkeypatch.delenv("MUSICAE_LESSON", raising=False)
    monkeypatch.delitem(sys.modules, "_common", raising=False)

    def script(name: str, *options: object) -> Path:
        given = (f"{name}.py", "--data-dir", digits, "--steps", 3, "-o", tmp_path / "out", *options)
        monkeypatch.setattr(sys, "argv", [str(word) for word in given])
        runpy.run_path(str(LESSON / f"{name}.py"), run_name="__main__")
        return tmp_path / "out"

    return script


def check_image(path: Path) -> None:
    """Check that a PNG file has some size and more than one colour."""
    with Image.open(path) as image:
        assert image.format == "PNG" and min(image.size) > 100
        assert max(high - low for low, high in image.convert("RGB").getextrema()) > 100  # type: ignore[misc]


def test_all_chapters_are_known() -> None:
    assert list(PLOTS) == list(PRINTS) == SCRIPTS
    for name in SCRIPTS:
        text = (LESSON / f"{name}.py").read_text(encoding="utf-8")
        assert f"\n    python examples/lesson/{name}.py\n" in text
        assert re.search(r"\b(19|20)\d\d, [A-Z]", text), f"{name} names no source"
        assert re.search(rf"^\| \[`{name}\.py`\]\({name}\.py\) \|", README, re.MULTILINE)


@pytest.mark.parametrize("name", SCRIPTS)
def test_chapter(run: Run, capsys: pytest.CaptureFixture[str], name: str) -> None:
    folder = run(name)
    out = capsys.readouterr().out
    assert re.search(PRINTS[name], out), out
    plots = [folder / f"{name[:2]}-{plot}.png" for plot in PLOTS[name]]
    assert sorted(folder.glob("*.png")) == sorted(plots)
    for path in plots:
        check_image(path)
        assert f"Plot: {path}\n" in out
    if name == "07_music":
        assert len(read(folder / "07-morph.mid").bars()) == 16
        assert len(list(folder.glob("07-sample-*.mid"))) == 8


def test_clothes_are_taken_where_there_are_some(run: Run, capsys: pytest.CaptureFixture[str], digits: Path) -> None:
    run("02_denoising", "--fashion-dir", digits)
    out = capsys.readouterr().out
    assert re.search(r"Repaired digits: \d+\.\d dB\. Clothes: \d+\.\d dB\.", out) and "No clothes" not in out


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch, digits: Path, tmp_path: Path) -> Callable[..., Any]:
    """Return a function from options to the `Lesson` of a script that trains `cvae`."""
    monkeypatch.syspath_prepend(LESSON)
    monkeypatch.delitem(sys.modules, "_common", raising=False)

    def lesson(*given: object) -> Any:
        words = ("--data-dir", digits, "--limit", 20, "-o", tmp_path / "out", *given)
        monkeypatch.setenv("MUSICAE_LESSON", " ".join(map(shlex.quote, map(str, words))))
        return import_module("_common").Lesson(None, "cvae")

    return lesson


def test_weights_are_taken_instead_of_training(
    options: Callable[..., Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recipe = image_preset("cvae")
    first = options().train("cvae", recipe, steps=2)
    out = capsys.readouterr().out
    assert "Training cvae for 2 steps" in out and "20 images of MNIST" in out
    second = options("--weights", f"cvae={tmp_path / 'out' / 'runs' / 'cvae'}").train("cvae", recipe, steps=2)
    assert capsys.readouterr().out == ""
    labels = torch.arange(3)
    assert torch.equal(first.sample(3, labels), second.sample(3, labels))


def test_a_whole_schedule_goes_on_where_it_stopped(
    options: Callable[..., Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    recipe = image_preset("cvae")
    for steps in (3, 5):
        options("--full", "--steps", steps).train("cvae", recipe, steps=2)
        assert f"Training cvae for {steps} steps" in capsys.readouterr().out
    rows = (tmp_path / "out" / "runs" / "cvae-full" / "metrics.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["3", "3", "5", "5"]


def test_weights_of_an_unknown_model_are_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("03_super_resolution", "--weights", "superes")
    assert stopped.value.code == 2
    assert "--weights: 'superes' is not a model of this script; use one of superres, superres-x4 and =FILE." in " ".join(
        capsys.readouterr().err.split()
    )


def test_notebook_is_what_the_scripts_make() -> None:
    made = runpy.run_path(str(LESSON / "make_notebook.py"))["notebook"]()
    assert (LESSON / "lesson.ipynb").read_text(encoding="utf-8") == made, "run python examples/lesson/make_notebook.py"


def test_notebook_is_whole_and_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], digits: Path, tmp_path: Path
) -> None:
    cells = json.loads((LESSON / "lesson.ipynb").read_text(encoding="utf-8"))["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    titles = [line for cell in cells if cell["cell_type"] == "markdown" for line in cell["source"] if line.startswith("## ")]
    assert len(titles) == len(SCRIPTS)
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    monkeypatch.setenv("MUSICAE_LESSON", "")  # so that what the first cell sets is taken back
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(code[0], namespace)
    monkeypatch.setenv("MUSICAE_LESSON", f"--data-dir '{digits}' --steps 2 --output '{tmp_path / 'out'}'")
    for number, content in enumerate(code[1:], 1):
        exec(compile(content, f"cell {number}", "exec"), namespace)
    wanted = {f"{name[:2]}-{plot}.png" for name, plots in PLOTS.items() for plot in plots}
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == wanted
    plot = namespace["lesson"].show(namespace["figure"], "plot")  # what a notebook displays after a cell
    assert plot._repr_png_() == (tmp_path / "out" / "plot.png").read_bytes()
