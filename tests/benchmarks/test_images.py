"""The scripts in `benchmarks/images`, on 150 synthetic digits and small untrained models."""

import gzip
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.images.recipes import IMAGE_PRESETS, model_config

FOLDER = Path(__file__).parents[2] / "benchmarks" / "images"
SMALL: dict[str, Any] = {"hidden_sizes": [6]}
CONFIGS: dict[str, dict[str, Any]] = {  # of every checkpoint of the table
    "conv-ae": {"widths": [2, 2], "hidden_sizes": []},
    "lesson-conv-ae": {"widths": [2, 2], "bottleneck": "dense", "latent_size": 5},
    "conv-vae": {"widths": [2, 2], "hidden_sizes": [], "latent_size": 3},
    "denoise": {"widths": [2, 2]},
    "superres": {"widths": [2, 2]},
    **dict.fromkeys(("vae", "cvae", "vae-2d", "ae"), SMALL),
    "aae": {"hidden_sizes": [6], "discriminator_sizes": [4]},
    "iwae": SMALL,
}
Invoke = Callable[..., tuple[str, str]]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return a function that imports a script as Python does when it runs it."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.fixture
def invoke(script: Callable[[str], Any]) -> Invoke:
    """Return a function that runs a script with arguments and returns stdout and stderr."""

    def run(name: str, *arguments: object) -> tuple[str, str]:
        result = CliRunner().invoke(script(name).main, [str(a) for a in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.stderr
        return result.stdout, result.stderr

    return run


def idx(array: np.ndarray[Any, Any]) -> bytes:
    """Return an official file's content."""
    head = [0x800 + array.ndim, *array.shape]
    return gzip.compress(b"".join(n.to_bytes(4, "big") for n in head) + array.astype(np.uint8).tobytes(), 1)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in the format of MNIST: 120 training digits (and the 5,000 of `valid`) and 30 test digits."""
    folder, random = tmp_path_factory.mktemp("mnist"), np.random.default_rng(0)
    for kind, count in (("train", 5120), ("t10k", 30)):
        labels = np.arange(count) % 10
        images = np.zeros((count, 28, 28), np.uint8)
        for label in range(10):
            images[labels == label, 2 * label + 4 : 2 * label + 7, 6:22] = 200
        images[:, :, 12:16] += random.integers(0, 50, (count, 28, 4), dtype=np.uint8)
        (folder / f"{kind}-images-idx3-ubyte.gz").write_bytes(idx(images))
        (folder / f"{kind}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    return folder


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return untrained checkpoints of the table, much smaller than their presets."""
    torch.manual_seed(0)
    there = {}
    for name, changes in CONFIGS.items():
        recipe = IMAGE_PRESETS[name]
        fields = {k: v for k, v in recipe.config.items() if not (name == "lesson-conv-ae" and k == "widths")}
        config = model_config(type(recipe)(**{**vars(recipe), "config": {**fields, **changes}}), channels=1, size=28)
        path = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        data = {"set": "mnist", "task": recipe.task, "source": "tests", "licence": "free", "images": 120}
        info = CheckpointInfo(
            domain="images",
            model=recipe.model,
            config=to_dict(config),
            data=data,
            step=2,
            training=to_dict(recipe.training),
        )
        save_checkpoint(path, MODELS[recipe.model](config), info)
        there["ae-8" if name == "ae" else name] = path
    return there


@pytest.fixture
def classifier(invoke: Invoke, digits: Path, tmp_path: Path) -> Path:
    """Return a classifier that hardly learnt anything."""
    path = tmp_path / "classifier.safetensors"
    out, _ = invoke("classifier", "-o", path, "--data-dir", digits, "--steps", 2, "--widths", 2, 2)
    assert 0.0 <= json.loads(out)["test_accuracy"] <= 1.0
    return path


def test_every_row_of_the_table(
    invoke: Invoke, script: Callable[[str], Any], digits: Path, checkpoints: dict[str, Path], classifier: Path, tmp_path: Path
) -> None:
    given = [f"{name}={path}" for name, path in checkpoints.items()]
    options = [
        "--data-dir",
        digits,
        "--device",
        "cpu",
        "--samples",
        20,
        "--few",
        5,
        "--digits",
        10,
        "--json",
        tmp_path / "t.json",
    ]
    out, _ = invoke("table", *given, *options, "--classifier", classifier)
    rows = json.loads((tmp_path / "t.json").read_text())["rows"]
    assert [row["row"] for row in rows] == [row.name for row in script("rows").ROWS]
    lines = out.splitlines()
    assert len(lines) == 2 + len(rows) and all(line.count("|") == 7 for line in lines)
    by_name = {row["row"]: row for row in rows}
    assert by_name["vae-nll"]["met"] is False and by_name["lesson-loss"]["met"] is None
    assert by_name["vae-2d-knn"]["more"]["pca_knn_accuracy"] == 1.0, "our digits are easy for principal components"
    assert set(by_name["aae-samples"]["more"]) == {"aae", "ae-8", "vae", "vae-2d", "conv-vae", "cvae"}
    assert "20 samples" in by_name["conv-vae-nll"]["text"] and "upper bound" in by_name["conv-vae-nll"]["text"]
    assert by_name["aae-loss"]["command"].endswith("`musicae image train --config benchmarks/images/ae-8.json`")


def test_rows_without_checkpoints_are_named(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, script: Callable[[str], Any], digits: Path, checkpoints: dict[str, Path]
) -> None:
    monkeypatch.setattr(script("table"), "shipped", dict)
    only = ["--only", "vae-nll", "--only", "cvae-nll", "--only", "aae-samples"]
    options = ["--data-dir", digits, "--device", "cpu", "--samples", 3, "--limit", 4]
    out, err = invoke("table", f"vae={checkpoints['vae']}", f"aae={checkpoints['aae']}", *only, *options)
    assert len(out.splitlines()) == 3 and "all 4 images, 3 samples" in out
    assert "skipped: cvae-nll, which needs cvae\n" in err
    assert "skipped: aae-samples, which needs --classifier\n" in err


def test_the_recipe_of_the_plain_autoencoder_has_the_layers_of_the_adversarial_one() -> None:
    recipe, other = json.loads((FOLDER / "ae-8.json").read_text()), IMAGE_PRESETS["aae"]
    theirs = model_config(other, channels=1, size=28)
    assert recipe["config"]["latent_size"] == theirs.latent_size
    assert tuple(recipe["config"]["hidden_sizes"]) == vars(theirs)["hidden_sizes"]
    assert recipe["training"]["steps"] == other.training.steps


def test_a_classifier_comes_back_from_its_file_and_judges(
    invoke: Invoke, script: Callable[[str], Any], classifier: Path, checkpoints: dict[str, Path]
) -> None:
    judges = script("classifier")
    network, _ = judges.load(classifier)
    chances = judges.probabilities(network, torch.rand(3, 1, 28, 28))
    torch.testing.assert_close(chances.sum(1), torch.ones(3))
    out, _ = invoke("confidence", classifier, checkpoints["cvae"], checkpoints["aae"], "--count", 20)
    conditional, plain = map(json.loads, out.splitlines())
    assert conditional["samples"] == 20 and 0.1 <= conditional["mean_top"] <= 1.0
    assert conditional["as_requested"] is not None and plain["as_requested"] is None


def test_speed_is_measured_in_turns(invoke: Invoke, digits: Path) -> None:
    options = ("--data-dir", digits, "--turns", 2, "--steps", 1, "--limit", 20, "--workers", 0, "--same-process")
    out, _ = invoke("image_speed", *options)
    results = json.loads(out)
    assert set(results["images_per_second"]) == {"ours", "bare", "loader"} and results["batch_size"] == 20
    assert set(results["ratios"]) == {"ours / bare", "ours / loader"} == set(results["bars"])
