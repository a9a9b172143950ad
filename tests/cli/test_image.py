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

from musicae.cli.commands.image import COMMANDS
from musicae.errors import CheckpointError
from musicae.images.files import read_image
from musicae.images.model import load as load_image_model
from musicae.images.recipes import IMAGE_PRESETS
from musicae.plots.lesson import PLOTS
from support.house import documentation

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]

MODELS = ("vae", "flat", "plain", "denoise", "superres", "cvae", "aae")  # what `runs` holds


def opened(path: Path | str) -> Image.Image:
    """Return a picture whose file is closed again."""
    with Image.open(path) as picture:
        picture.load()
        return picture


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_an_example_and_a_row(run: Run, name: str) -> None:
    status, out, _ = run("image", name, "-h")
    assert status == 0 and re.search(rf"^  Example:\n +musicae image {name}", out, re.MULTILINE)
    command = import_module(f"musicae.cli.commands.image.{name}").command
    assert all(p.help for p in command.params if isinstance(p, click.Option))
    assert re.search(rf"musicae image {name}\b", documentation())


def test_every_file_is_a_command_and_help_lists_presets_and_plots(run: Run) -> None:
    assert {path.stem for path in (ROOT / "cli" / "commands" / "image").glob("*.py")} - {"__init__"} == set(COMMANDS)
    assert all(re.search(rf"^  {name} ", run("image", "train", "-h")[1], re.MULTILINE) for name in IMAGE_PRESETS)
    assert all(re.search(rf"^  {name} ", run("image", "plot", "-h")[1], re.MULTILINE) for name in PLOTS)
    assert run("image", "smaple")[2].endswith("Error: No such command 'smaple'; did you mean 'sample'?\n")


def test_training_goes_on(run: Run, runs: Path, photographs: Path, tmp_path: Path) -> None:
    where = ("--data-dir", photographs, "--device", "cpu", "-o", tmp_path / "run")
    train = ("image", "train", "--config", runs / "aae.json", *where)
    status, out, err = run(*train, "--json")
    assert status == 0 and lines(out)[0]["step"] == 3 and "valid_psnr" in lines(out)[0]
    assert "90 images of CIFAR-10; 5 batches of 16 per epoch." in err
    assert run(*train)[::2] == (
        1,
        f"Error: {tmp_path / 'run'} already holds a run. Continue it with --resume, overwrite it with --force, "
        "or choose another.\n",
    )
    assert lines(run(*train, "--resume", "--steps", 5, "--json")[1])[0]["step"] == 5
    again = ("image", "train", "--config", tmp_path / "run" / "config.json", "--force", *where, "--limit", 10)
    status, out, err = run(*again)
    assert (status, out.startswith(f"{tmp_path / 'run'}: trained up to step 5; ")) == (0, True) and out.endswith(" dB PSNR\n")
    assert "10 images of CIFAR-10; 1 batches of 10 per epoch." in err
    assert run(*train, "--force", "--init-from", runs / "vae")[2].endswith(
        f"Error: {runs / 'vae'} holds another model, size or representation than the recipe; train the preset it came from.\n"
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
    assert load_image_model(tmp_path / "run").task.to_dict()["corruption"] == {"name": "masking", "amount": 0.5, "patch": 4}
    assert run(*train, "--force", "--corruption", "mask")[::2] == (
        2,
        "Error: Unknown corruption 'mask'; did you mean 'masking'? Known: gaussian, salt-and-pepper, masking, downscaling.\n",
    )


@pytest.mark.parametrize("name", MODELS)
def test_evaluate_tells_what_the_model_has(run: Run, runs: Path, photographs: Path, name: str) -> None:
    given = ("image", "evaluate", runs / name, "--data-dir", photographs, "--samples", 3, "--device", "cpu")
    status, out, _ = run(*given, "--json")
    figures = json.loads(out)
    assert status == 0 and (figures["images"], figures["split"], figures["source"]) == (20, "test", "CIFAR-10")
    variational = name in ("vae", "flat", "cvae")
    for key in ("elbo", "nll", "kl"):
        assert (figures[key] is not None) == variational, key
    if variational:
        assert figures["nll"] <= figures["nll_bound"] + 5 and figures["binarise"] == "dynamic"
        assert figures["kl_bits"] == pytest.approx(figures["kl"] / np.log(2))
    assert (figures["discriminator_accuracy"] is not None) == (name == "aae")
    assert (figures["psnr_damaged"] is not None) == (name in ("denoise", "superres"))
    assert (figures["pca_mse"] is None) == (name in ("denoise", "superres"))
    assert (figures["psnr_bilinear"] is not None) == (name == "superres")
    assert figures["bernoulli_above_floor"] == pytest.approx(figures["bernoulli"] - figures["bernoulli_floor"])
    assert figures["bernoulli_per_pixel"] == pytest.approx(figures["bernoulli"] / 3072)
    assert 0 <= figures["knn_accuracy"] <= 1 and 0 <= figures["active_units"] <= figures["code_size"]
    if name != "aae":
        return
    table = run(*given, "--limit", 7)[1]
    assert "7 test images" in " ".join(table.split()) and "discriminator accuracy" in table and "ELBO, nats" not in table


def test_samples(run: Run, runs: Path, tmp_path: Path) -> None:
    command = ("image", "sample", "-c", runs / "vae", "-n", 3, "-o", tmp_path / "many", "--seed", 1)
    status, out, err = run(*command, "--json")
    files = [Path(f["output"]) for f in lines(out)]
    assert (status, err) == (0, "") and [f.name for f in files] == ["sample-01.png", "sample-02.png", "sample-03.png"]
    first = files[0].read_bytes()
    assert opened(files[0]).size == (32, 32)
    text = f"{files[0]} to sample-03.png: 3 samples of {runs / 'vae'}\n"
    assert run(*command, "--force") == (0, text, "")
    assert files[0].read_bytes() == first
    sheet = tmp_path / "sheet.png"
    labels = ("--label", 1, "--label", 2)
    status, out, _ = run("image", "sample", "-c", runs / "cvae", *labels, "-n", 4, "--zoom", 2, "-o", sheet, "--json")
    assert (status, lines(out)) == (0, [{"seed": 0, "samples": 4, "output": str(sheet)}])
    assert opened(sheet).size == (132, 132)
    assert (
        "nothing in its training made codes look like N(0, I)"
        in run("image", "sample", "-c", runs / "plain", "-o", tmp_path / "p")[2]
    )
    assert run("image", "sample", "-c", runs / "aae", "-o", tmp_path / "a", "--temperature", 1)[2] == ""


def test_reconstructions_and_interpolations(run: Run, runs: Path, picture: Path, tmp_path: Path) -> None:
    target = tmp_path / "again.png"
    command = ("image", "reconstruct", picture, "-c", runs / "vae", "-o", target)
    status, out, _ = run(*command, "--json")
    [facts] = lines(out)
    assert (status, facts["file"], facts["output"]) == (0, str(picture), str(target)) and facts["psnr"] > 0
    assert run(*command, "--force") == (0, f"{target}: {picture}, PSNR {facts['psnr']:.2f} dB\n", "")
    assert opened(target).mode == "RGB"
    ends = ("image", "interpolate", picture, target, "--steps", 4)
    strip = tmp_path / "path" / "interpolation.png"
    text = f"{strip}: 4 steps from {picture} to {target}, side by side; each alone in step-01.png to step-04.png\n"
    assert run(*ends, "-c", runs / "vae", "-o", tmp_path / "path") == (0, text, "")
    *steps, joined = lines(run(*ends, "-c", runs / "vae", "-o", tmp_path / "path", "--force", "--json")[1])
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert joined == {"sources": [str(picture), str(target)], "steps": 4, "output": str(strip)}
    assert {p.name for p in (tmp_path / "path").iterdir()} == {"interpolation.png", *(f"step-0{i}.png" for i in range(1, 5))}
    assert opened(tmp_path / "path" / "interpolation.png").size == (4 * 34 - 2, 32)
    first, last = (read_image(tmp_path / "path" / f"step-0{i}.png", size=32, channels=3) for i in (1, 4))
    model = load_image_model(runs / "vae")
    for end, file in ((first, picture), (last, target)):
        torch.testing.assert_close(end, model.reconstruct(model.read(file)), atol=1 / 255, rtol=0)
    assert run(*ends, "-c", runs / "cvae", "--label", 3, "--label", 4, "-o", tmp_path / "strip.png")[0] == 0


def test_repairs(run: Run, runs: Path, picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    command = ("image", "denoise", picture, "-c", runs / "denoise", "--damage", "-o", folder)
    status, out, _ = run(*command, "--json")
    [facts] = lines(out)
    assert status == 0 and set(facts) == {"file", "output", "damaged", "psnr", "psnr_damaged"}
    measured = f"PSNR {facts['psnr']:.2f} dB (damaged {facts['psnr_damaged']:.2f} dB)"
    text = f"{facts['output']}: {picture} denoised from {facts['damaged']}, {measured}\n"
    assert run(*command, "--force") == (0, text, "")
    assert run("image", "denoise", folder / "picture.damaged.png", "-c", runs / "denoise", "-o", folder)[0] == 0
    small = tmp_path / "small.png"
    opened(picture).resize((16, 16)).save(small)
    assert run("image", "upscale", small, "-c", runs / "superres", "-o", folder)[0] == 0
    assert opened(folder / "small.upscaled.png").size == (32, 32)
    assert run("image", "upscale", picture, "-c", runs / "superres", "--damage", "-o", tmp_path / "other")[0] == 0
    model, x = load_image_model(runs / "superres"), read_image(small, size=16, channels=3)
    assert torch.equal(model.enlarge(x), model.repair(x.repeat_interleave(2, 2).repeat_interleave(2, 3)))


@pytest.mark.parametrize("name", ["flat", "superres", "cvae"])
def test_all_plots_are_drawn(run: Run, runs: Path, photographs: Path, tmp_path: Path, name: str) -> None:
    given = ("-c", runs / name, "--data-dir", photographs, "--columns", 2, "-o", tmp_path)
    status, out, _ = run("image", "plot", "all", *given, "--json")
    drawn = {facts["plot"] for facts in lines(out)}
    assert status == 0 and all(opened(facts["output"]).format == "PNG" for facts in lines(out))
    assert [Path(facts["output"]).stem for facts in lines(out)] == [facts["plot"] for facts in lines(out)]
    special = {"flat": {"manifold"}, "superres": {"repairs"}, "cvae": {"classes"}}[name]
    always = {"reconstructions", "codes", "perturbations", "interpolations"}
    assert drawn == always | special | (set() if name == "superres" else {"latent", "samples", "posterior"})


def test_one_plot_and_other_formats(run: Run, runs: Path, photographs: Path, tmp_path: Path) -> None:
    given = ("image", "plot", "latent", "-c", runs / "vae", "--data-dir", photographs)
    file = tmp_path / "plot.svg"
    assert run(*given, "-o", file)[:2] == (0, f"{file}: latent of {runs / 'vae'}\n")
    text = file.read_text()
    assert "<svg" in text
    assert run(*given, "-o", tmp_path / "plot.doc")[2] == f"Error: {tmp_path / 'plot.doc'} must end in .png, .pdf, .svg.\n"


def test_nothing_is_overwritten(run: Run, runs: Path, picture: Path) -> None:
    status, _, err = run("image", "reconstruct", picture, "-c", runs / "vae", "-o", picture)
    assert (status, err) == (1, f"Error: {picture} exists; use --force to overwrite it, or choose another -o.\n")
    status, _, err = run("image", "denoise", picture, "-c", runs / "denoise", "--damage", "-o", "one.png")
    assert status == 2 and "one.png is the name of one file, but --damage writes two for each image" in err


def test_music_and_images_are_kept_apart(run: Run, runs: Path, small_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        load_image_model(small_checkpoint)
    assert str(error.value) == f"{small_checkpoint} is a music model (plan-vae), not an image model; see `musicae models`."
    status, _, err = run("sample", "-c", runs / "vae", "-o", tmp_path / "out")
    reason = "is a model of images (dense-autoencoder); music needs a music model such as melody-2bar."
    assert (status, err) == (1, f"Error: {runs / 'vae'} {reason}\n")
