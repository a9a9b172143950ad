"""`musicae models` where music and pictures are shipped."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling, GaussianNoise

Run = Callable[..., tuple[int, str, str]]

MADE: dict[str, tuple[str, dict[str, Any], ImageTask, dict[str, float]]] = {
    "aae": ("adversarial-autoencoder", {"hidden_sizes": (4,), "discriminator_sizes": (4,)}, ImageTask(), {"test_psnr": 19.0}),
    "ae": ("dense-autoencoder", {"hidden_sizes": (4,), "variational": False}, ImageTask(), {}),
    "cvae": ("conditional-autoencoder", {"hidden_sizes": (4,)}, ImageTask(binarise="dynamic"), {"test_nll": 82.125}),
    "denoise": ("dense-autoencoder", {"variational": False}, ImageTask(corruption=GaussianNoise()), {"test_psnr": 21.5}),
    "superres": ("dense-autoencoder", {"variational": False}, ImageTask(corruption=Downscaling()), {"test_psnr": 25.25}),
    "vae": ("dense-autoencoder", {"hidden_sizes": (4,)}, ImageTask(binarise="dynamic"), {"test_kl_bits": 36.04}),
}


@pytest.fixture
def both(tmp_path: Path, small_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Let one model of music and six of pictures be shipped."""
    there = {"small": small_checkpoint}
    for name, (kind, fields, task, metrics) in MADE.items():
        config = MODELS[kind].config_type(latent_size=2, size=8, **fields)
        info = CheckpointInfo(
            domain="images",
            model=kind,
            config=to_dict(config),
            data={"set": "mnist", "task": task.to_dict()},
            metrics=dict(metrics),
        )
        there[name] = tmp_path / f"{name}.safetensors"
        save_checkpoint(there[name], MODELS[kind](config), info)
    monkeypatch.setattr("musicae.checkpoints.shipped.shipped", lambda: there)
    return there


def test_music_and_pictures_have_a_table_each(run: Run, both: dict[str, Path]) -> None:
    status, out, err = run("models")
    assert (status, err) == (0, "")
    music, images = ([line.split() for line in part.splitlines()] for part in out.rstrip().split("\n\n"))
    assert music[0] == ["name", "model", "kind", "bars", "MB"], "metrics that no model has take no column"
    assert music[1][:4] == ["small", "plan-vae", "melody", "2"]
    assert images[0] == "name model task data code MB PSNR dB -log p(x) nats KL bits".split()
    size = str(round(both["aae"].stat().st_size / 1e6, 1))
    assert images[1:] == [
        ["aae", "adversarial-autoencoder", "samples", "mnist", "2", size, "19.00"],
        ["ae", "dense-autoencoder", "reconstructs", "mnist", "2", "0.0"],
        ["cvae", "conditional-autoencoder", "samples", "of", "a", "class", "mnist", "2", "0.0", "82.12"],
        ["denoise", "dense-autoencoder", "repairs", "gaussian", "mnist", "2", images[4][6], "21.50"],
        ["superres", "dense-autoencoder", "enlarges", "2", "times", "mnist", "2", images[5][7], "25.25"],
        ["vae", "dense-autoencoder", "samples", "mnist", "2", "0.0", "36.0"],
    ]


def test_json_names_the_domain_and_has_an_object_per_line(run: Run, both: dict[str, Path]) -> None:
    rows = {row["name"]: row for row in map(json.loads, run("models", "--json")[1].splitlines())}
    assert list(rows) == list(both)
    assert (rows["small"]["domain"], rows["small"]["kind"]) == ("music", "melody") and "task" not in rows["small"]
    vae = {"domain": "images", "model": "dense-autoencoder", "task": "samples", "data": "mnist", "code_size": 2, "MB": 0.0}
    assert rows["vae"] == {"name": "vae", **vae, "test_kl_bits": 36.04}


def test_pictures_alone_begin_at_the_top(run: Run, both: dict[str, Path]) -> None:
    del both["small"]
    assert run("models")[1].split()[:2] == ["name", "model"]
