"""`musicae image`: every command on tiny models trained on a tiny data set of our own, and what is said of bad input."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from PIL import Image

from musicae.cli.image import COMMANDS
from musicae.cli.main import main
from musicae.datasets.image_figures import FIGURES
from musicae.errors import CheckpointError, ParameterError
from musicae.figures import save_figure
from musicae.image_presets import IMAGE_PRESETS
from musicae.picture_files import read_picture, tile, write_picture
from musicae.pictures import load_pictures

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parent.parent

SMALL = {"variational": True, "hidden_sizes": [12], "latent_size": 3}
MAP = {"variational": False, "bottleneck": "map", "widths": [4, 4]}
TASKS = {"noise": {"corruption": {"name": "gaussian"}}, "halves": {"corruption": {"name": "downscaling", "factor": 2}}}
MODELS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "vae": ("dense-autoencoder", SMALL, {"binarise": "dynamic"}),
    "flat": ("dense-autoencoder", {**SMALL, "latent_size": 2}, {"binarise": "dynamic"}),
    "plain": ("dense-autoencoder", {**SMALL, "variational": False}, {}),
    "denoise": ("conv-autoencoder", MAP, TASKS["noise"]),
    "superres": ("conv-autoencoder", MAP, TASKS["halves"]),
    "cvae": ("conditional-autoencoder", SMALL, {"binarise": "dynamic"}),
    "aae": ("adversarial-autoencoder", {"hidden_sizes": [12], "latent_size": 3, "opponent_sizes": [8]}, {}),
}


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the format of CIFAR-10: class k is a bright bar at row 3 k on some colour."""
    folder, random = tmp_path_factory.mktemp("cifar"), np.random.default_rng(0)
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        images = np.broadcast_to(random.integers(0, 120, (20, 3, 1, 1)), (20, 3, 32, 32)).copy()
        labels = np.arange(20) % 10
        for image, label in zip(images, labels, strict=True):
            image[:, 3 * label : 3 * label + 3] = 255
        rows = np.concatenate([labels[:, None], images.reshape(20, -1)], 1).astype(np.uint8)
        (folder / name).write_bytes(rows.tobytes())
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """Return a folder with a short run of each model, made by `musicae image train --config`."""
    folder = tmp_path_factory.mktemp("runs")
    for name, (model, config, task) in MODELS.items():
        training = {"steps": 3, "batch_size": 16, "warmup_steps": 1, "weight_decay": 0.0}
        recipe = {"model": model, "config": config, "task": task, "data": "cifar-10", "training": training}
        (folder / f"{name}.json").write_text(json.dumps(recipe))
        arguments = ["--config", folder / f"{name}.json", "--data-dir", photographs, "--device", "cpu", "-o", folder / name]
        with pytest.raises(SystemExit) as stopped:
            main(["image", "train", *map(str, arguments)])
        assert stopped.value.code == 0
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Return a colour PNG of 32 x 32 pixels."""
    path = tmp_path / "picture.png"
    write_picture(torch.linspace(0, 1, 3 * 32 * 32).reshape(3, 32, 32), path)
    return path


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_an_example_and_a_row(run: Run, name: str) -> None:
    status, out, _ = run("image", name, "-h")
    assert status == 0 and re.search(rf"^  Example:\n +musicae image {name}", out, re.MULTILINE)
    command = import_module(f"musicae.cli.image.{name}").command
    assert all(p.help for p in command.params if isinstance(p, click.Option))
    assert re.search(rf"`musicae image {name}\b", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_every_file_is_a_command_and_help_lists_presets_and_figures(run: Run) -> None:
    helpers = {"__init__", "repair", "shared"}
    assert {path.stem for path in (ROOT / "cli" / "image").glob("*.py")} - helpers == set(COMMANDS)
    assert all(re.search(rf"^  {name} ", run("image", "train", "-h")[1], re.MULTILINE) for name in IMAGE_PRESETS)
    assert all(re.search(rf"^  {name} ", run("image", "plot", "-h")[1], re.MULTILINE) for name in FIGURES)
    assert run("image", "smaple")[2].endswith("Error: No such command 'smaple'; did you mean 'sample'?\n")


def test_training_goes_on(run: Run, runs: Path, photographs: Path, tmp_path: Path) -> None:
    where = ("--data-dir", photographs, "--device", "cpu", "-o", tmp_path / "run")
    train = ("image", "train", "--config", runs / "aae.json", *where)
    status, out, err = run(*train)
    assert status == 0 and lines(out)[0]["step"] == 3 and "valid_psnr" in lines(out)[0]
    assert "90 pictures of CIFAR-10; 5 batches of 16 an epoch." in err
    assert run(*train)[::2] == (
        1,
        f"Error: {tmp_path / 'run'} holds a run already. Go on with --resume, overwrite with --force, or choose another.\n",
    )
    assert lines(run(*train, "--resume", "--steps", 5)[1])[0]["step"] == 5
    again = ("image", "train", "--config", tmp_path / "run" / "config.json", "--force", *where, "--limit", 10)
    assert "10 pictures of CIFAR-10; 1 batches of 10 an epoch." in run(*again)[2]
    assert run(*train, "--force", "--init-from", runs / "vae")[2].endswith(
        f"Error: {runs / 'vae'} holds another model or size than the recipe; train the preset it came from.\n"
    )
    assert run(*train, "--force", "--init-from", runs / "aae", "--steps", 1)[0] == 0
    assert run("image", "train", "vae", "--config", "x.json")[0] == 2


def test_a_corruption_can_be_given(run: Run, runs: Path, photographs: Path, tmp_path: Path) -> None:
    train = (
        "image",
        "train",
        "--config",
        runs / "denoise.json",
        "--data-dir",
        photographs,
        "-o",
        tmp_path / "run",
        "--steps",
        1,
    )
    assert run(*train, "--corruption", "masking:patch=4")[0] == 0
    assert load_pictures(tmp_path / "run").task.to_dict()["corruption"] == {"name": "masking", "amount": 0.5, "patch": 4}
    assert run(*train, "--force", "--corruption", "mask")[::2] == (
        2,
        "Error: Unknown corruption 'mask'; did you mean 'masking'? Known: gaussian, salt-and-pepper, masking, downscaling.\n",
    )


@pytest.mark.parametrize("name", MODELS)
def test_evaluate_tells_what_the_model_has(run: Run, runs: Path, photographs: Path, name: str) -> None:
    given = ("image", "evaluate", runs / name, "--data-dir", photographs, "--samples", 3, "--device", "cpu")
    status, out, _ = run(*given, "--json")
    figures = json.loads(out)
    assert status == 0 and (figures["pictures"], figures["split"], figures["source"]) == (20, "test", "CIFAR-10")
    variational = name in ("vae", "flat", "cvae")
    for key in ("elbo", "nll", "kl"):
        assert (figures[key] is not None) == variational, key
    if variational:
        assert figures["nll"] <= figures["nll_bound"] + 5 and figures["binarise"] == "dynamic"
        assert figures["kl_bits"] == pytest.approx(figures["kl"] / np.log(2))
    assert (figures["opponent_accuracy"] is not None) == (name == "aae")
    assert (figures["psnr_damaged"] is not None) == (name in ("denoise", "superres"))
    assert (figures["psnr_bilinear"] is not None) == (name == "superres")
    assert figures["bernoulli_above_floor"] == pytest.approx(figures["bernoulli"] - figures["bernoulli_floor"])
    assert figures["bernoulli_per_pixel"] == pytest.approx(figures["bernoulli"] / 3072)
    assert 0 <= figures["knn_accuracy"] <= 1 and 0 <= figures["active_units"] <= figures["code_size"]
    if name != "aae":
        return
    table = run(*given, "--limit", 7)[1]
    assert "7 test pictures" in " ".join(table.split()) and "opponent's accuracy" in table and "ELBO, nats" not in table


def test_samples(run: Run, runs: Path, tmp_path: Path) -> None:
    status, out, err = run("image", "sample", "-c", runs / "vae", "-n", 3, "-o", tmp_path / "many", "--seed", 1)
    files = [Path(f) for f in lines(out)[0]["samples"]]
    assert (status, err) == (0, "") and [f.name for f in files] == ["sample-01.png", "sample-02.png", "sample-03.png"]
    first = files[0].read_bytes()
    assert Image.open(files[0]).size == (32, 32)
    run("image", "sample", "-c", runs / "vae", "-n", 3, "-o", tmp_path / "many", "--seed", 1, "--force")
    assert files[0].read_bytes() == first
    sheet = tmp_path / "sheet.png"
    assert run("image", "sample", "-c", runs / "cvae", "--label", 1, "--label", 2, "-n", 4, "--zoom", 2, "-o", sheet)[0] == 0
    assert Image.open(sheet).size == (132, 132)
    assert "nothing made its codes look like N(0, I)" in run("image", "sample", "-c", runs / "plain", "-o", tmp_path / "p")[2]
    assert run("image", "sample", "-c", runs / "aae", "-o", tmp_path / "a", "--temperature", 1)[2] == ""


def test_reconstructions_and_interpolations(run: Run, runs: Path, picture: Path, tmp_path: Path) -> None:
    target = tmp_path / "again.png"
    status, out, _ = run("image", "reconstruct", picture, "-c", runs / "vae", "-o", target)
    assert status == 0 and lines(out)[0]["output"] == str(target) and lines(out)[0]["psnr"] > 0
    assert Image.open(target).mode == "RGB"
    ends = ("image", "interpolate", picture, target, "--steps", 4)
    assert run(*ends, "-c", runs / "vae", "-o", tmp_path / "path")[0] == 0
    assert {p.name for p in (tmp_path / "path").iterdir()} == {"interpolation.png", *(f"step-0{i}.png" for i in range(1, 5))}
    assert Image.open(tmp_path / "path" / "interpolation.png").size == (4 * 34 - 2, 32)
    first, last = (read_picture(tmp_path / "path" / f"step-0{i}.png", size=32, channels=3) for i in (1, 4))
    model = load_pictures(runs / "vae")
    for end, file in ((first, picture), (last, target)):
        torch.testing.assert_close(end, model.reconstruct(model.read(file)), atol=1 / 255, rtol=0)
    assert run(*ends, "-c", runs / "cvae", "--label", 3, "--label", 4, "-o", tmp_path / "strip.png")[0] == 0


def test_repairs(run: Run, runs: Path, picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    status, out, _ = run("image", "denoise", picture, "-c", runs / "denoise", "--damage", "-o", folder)
    assert status == 0 and set(lines(out)[0]) == {"file", "output", "damaged", "psnr", "psnr_damaged"}
    assert run("image", "denoise", folder / "picture.damaged.png", "-c", runs / "denoise", "-o", folder)[0] == 0
    small = tmp_path / "small.png"
    Image.open(picture).resize((16, 16)).save(small)
    assert run("image", "upscale", small, "-c", runs / "superres", "-o", folder)[0] == 0
    assert Image.open(folder / "small.upscaled.png").size == (32, 32)
    assert run("image", "upscale", picture, "-c", runs / "superres", "--damage", "-o", folder)[0] == 0
    model, x = load_pictures(runs / "superres"), read_picture(small, size=16, channels=3)
    assert torch.equal(model.enlarge(x), model.repair(x.repeat_interleave(2, 2).repeat_interleave(2, 3)))


@pytest.mark.parametrize("name", ["flat", "superres", "cvae"])
def test_all_figures_are_drawn(run: Run, runs: Path, photographs: Path, tmp_path: Path, name: str) -> None:
    given = ("-c", runs / name, "--data-dir", photographs, "-n", 3, "-o", tmp_path)
    status, out, _ = run("image", "plot", "all", *given)
    drawn = {Path(f).stem for f in lines(out)[0]["figures"]}
    assert status == 0 and all(Image.open(f).format == "PNG" for f in lines(out)[0]["figures"])
    special = {"flat": {"manifold"}, "superres": {"repairs"}, "cvae": {"classes"}}[name]
    always = {"reconstructions", "codes", "perturbations", "interpolations"}
    assert drawn == always | special | (set() if name == "superres" else {"latent", "samples", "posterior"})


def test_one_figure_and_other_formats(run: Run, runs: Path, photographs: Path, tmp_path: Path) -> None:
    given = ("image", "plot", "latent", "-c", runs / "vae", "--data-dir", photographs)
    assert run(*given, "-o", tmp_path / "figure.svg")[0] == 0
    text = (tmp_path / "figure.svg").read_text()
    assert "<svg" in text
    assert run(*given, "-o", tmp_path / "figure.doc")[2] == f"Error: {tmp_path / 'figure.doc'} must end in .png, .pdf, .svg.\n"
    with pytest.raises(ParameterError, match=r"must end in \.png, \.pdf, \.svg\.$"):
        save_figure(None, tmp_path / "x.txt")  # type: ignore[arg-type]


MISFITS = [
    (("reconstruct", "{gone}", "-c", "{vae}"), 1, "{gone}: no such file."),
    (("reconstruct", "{text}", "-c", "{vae}"), 1, "{text}: not a picture in PNG or JPEG format."),
    (("reconstruct", "{cut}", "-c", "{vae}"), 1, "{cut}: cut off or damaged ("),
    (
        ("reconstruct", "{small}", "-c", "{vae}"),
        1,
        "{small}: 16 x 16 pixels in mode RGB, but 32 x 32 pixels in mode RGB (colour) are wanted; --fit converts it.",
    ),
    (
        ("reconstruct", "{grey}", "-c", "{vae}"),
        1,
        "{grey}: 32 x 32 pixels in mode L, but 32 x 32 pixels in mode RGB (colour) are wanted; --fit converts it.",
    ),
    (("reconstruct", "{picture}", "-c", "{gone}"), 1, "There is no checkpoint '{gone}': neither a file nor a shipped model"),
    (("reconstruct", "{picture}", "-c", "{cvae}"), 1, "{cvae} is conditional; give --label, one of 0 to 9."),
    (("reconstruct", "{picture}", "-c", "{cvae}", "--label", "10"), 1, "The label 10 is out of range; {cvae} knows 0 to 9."),
    (("sample", "-c", "{vae}", "--label", "1"), 1, "{vae} is told no labels; leave out --label, or take a model such as cvae."),
    (
        ("denoise", "{picture}", "-c", "{vae}"),
        2,
        "{vae} was not trained to repair pictures; take a model such as denoise or superres.",
    ),
    (
        ("denoise", "{picture}", "-c", "{superres}"),
        1,
        "{superres} enlarges small pictures; use `musicae image upscale`, or another -c.",
    ),
    (
        ("upscale", "{picture}", "-c", "{denoise}"),
        2,
        "{denoise} repairs gaussian, it does not enlarge; take a model such as superres.",
    ),
    (("upscale", "{picture}", "-c", "{superres}"), 1, "{picture}: 32 x 32 pixels in mode RGB, but 16 x 16 pixels in mode RGB"),
    (("plot", "clases", "-c", "{vae}"), 2, "Unknown figure 'clases'. Known: all, reconstructions, codes, "),
    (("plot", "classes", "-c", "{vae}"), 2, "{vae} is told no classes; take a conditional model such as cvae."),
    (("plot", "manifold", "-c", "{vae}"), 2, "A manifold needs a code of 2 numbers, {vae} has 3; take vae-2d."),
    (("plot", "codes", "latent", "-c", "{vae}", "-o", "x.png"), 2, "x.png is the name of one file, but there are 2 figures"),
    (("plot", "repairs", "-c", "{vae}"), 2, "{vae} was not trained to repair pictures; take a model such as"),
    (
        ("evaluate", "{vae}", "--data", "mnist"),
        1,
        "MNIST has pictures of 1 x 28 x 28, but {vae} takes 3 x 32 x 32; choose other --data or train a model on these.",
    ),
    (("train", "conv-vea"), 2, "Unknown image preset 'conv-vea'; did you mean 'conv-vae'? Known: ae, conv-ae, "),
    (("train", "vae", "--data", "minst"), 1, "Unknown data set 'minst'; did you mean 'mnist'? Known: mnist, "),
    (
        ("train", "vae", "--data-dir", "{folder}", "-o", "{folder}/r"),
        1,
        "{folder}/train-images-idx3-ubyte.gz: no such file; put",
    ),
    (("train", "vae", "-o", "{picture}"), 1, "{picture} is a file; -o names the run folder."),
]


@pytest.mark.parametrize(("arguments", "status", "message"), MISFITS, ids=[" ".join(m[0]) for m in MISFITS])
def test_bad_input_gets_one_clear_sentence(
    run: Run,
    runs: Path,
    photographs: Path,
    picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    places: dict[str, Path] = {"picture": picture, "folder": tmp_path, **{name: runs / name for name in MODELS}}
    places |= {name: tmp_path / f"{name}.png" for name in ("gone", "text", "cut", "small", "grey")}
    places["text"].write_text("no picture")
    places["cut"].write_bytes(picture.read_bytes()[:-600])
    Image.open(picture).resize((16, 16)).save(places["small"])
    Image.open(picture).convert("L").save(places["grey"])
    before = set(tmp_path.rglob("*"))
    where = ("--data-dir", photographs) if arguments[0] == "plot" else ()
    found, out, err = run("image", *(a.format(**places) for a in arguments), *where)
    assert (found, out) == (status, "")
    assert message.format(**places) in err.replace("\n", " "), err
    assert "Traceback" not in err and set(tmp_path.rglob("*")) == before, "nothing is left behind"


def test_nothing_is_overwritten(run: Run, runs: Path, picture: Path) -> None:
    status, _, err = run("image", "reconstruct", picture, "-c", runs / "vae", "-o", picture)
    assert (status, err) == (1, f"Error: {picture} exists; use --force to overwrite it, or choose another -o.\n")
    status, _, err = run("image", "denoise", picture, "-c", runs / "denoise", "--damage", "-o", "one.png")
    assert status == 2 and "one.png is the name of one file, but --damage writes two for each picture" in err


def test_music_and_pictures_are_kept_apart(run: Run, runs: Path, small_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        load_pictures(small_checkpoint)
    assert str(error.value) == f"{small_checkpoint} is a model of music (plan-vae), not of pictures."
    status, _, err = run("sample", "-c", runs / "vae", "-o", tmp_path / "out")
    assert status == 1 and err == f"Error: {runs / 'vae'} is a model of images (dense-autoencoder), not of music.\n"


def test_any_picture_can_be_made_to_fit(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("RGBA", (60, 20), (0, 0, 0, 0)).save(path)
    x = read_picture(path, size=28, channels=1, fit=True, invert=True)
    assert x.shape == (1, 1, 28, 28) and not x.any(), "what is transparent is white paper, and inverted it is black"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(tmp_path / "red.jpg")
    red = read_picture(tmp_path / "red.jpg", size=8, channels=3, fit=True)
    torch.testing.assert_close(red[0, :, 4, 4], torch.tensor([1.0, 0.0, 0.0]), atol=0.02, rtol=0.0)


def test_pictures_survive_files_and_tiles(tmp_path: Path) -> None:
    x = torch.randint(256, (5, 3, 6, 6), generator=torch.Generator().manual_seed(0)).float() / 255
    write_picture(x[0], tmp_path / "x.png")
    torch.testing.assert_close(read_picture(tmp_path / "x.png", size=6, channels=3), x[:1])
    sheet = tile(x, columns=3, gap=1)
    assert sheet.shape == (3, 13, 20) and torch.equal(sheet[:, 7:, 7:13], x[4]) and bool((sheet[:, 6] == 1).all())
    with pytest.raises(ParameterError, match=r"must have shape \(N, C, H, W\) with N at least 1, got \(0, 1, 2, 2\)"):
        tile(torch.zeros(0, 1, 2, 2))
