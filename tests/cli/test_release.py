"""`musicae release`: a finished run becomes one file in half precision, with its metrics and a model card."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae.checkpoints.format import load_checkpoint, read_info

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def music_run(run: Run, tune_folder: Path) -> str:
    """Train a tiny music model for two steps and return its run folder."""
    sizes = {"token_size": 8, "block_size": 16, "pooled_size": 8, "hidden_size": 16, "decoder_size": 16, "cell_size": 8}
    training = {"steps": 2, "batch_size": 8, "validate_every": 2, "checkpoint_every": 2, "log_every": 1}
    recipe = {"model": "plan-vae", "config": {"latent_size": 4, **sizes}, "representation": {"name": "melody"}}
    Path("tiny.json").write_text(json.dumps({**recipe, "training": training}))
    assert run("train", "--config", "tiny.json", "--data", tune_folder, "--threads", 1, "-o", "mine")[0] == 0
    return "mine"


def test_a_run_of_music(run: Run, music_run: str, tune_folder: Path) -> None:
    options = ("--data", tune_folder, "--device", "cpu", "--machine", "one core", "--limit", 10)
    status, out, err = run("release", music_run, *options)
    megabytes = round(Path("mine.safetensors").stat().st_size / 1e6, 2)
    text = f"mine.safetensors: plan-vae, {megabytes} MB in half precision; its metrics are in mine.md\n"
    assert (status, out, err) == (0, text, "")
    assert Path("mine.safetensors").stat().st_size < 0.75 * Path("mine/best.safetensors").stat().st_size
    model, info = load_checkpoint("mine.safetensors")
    assert info.metrics["test_windows"] == 5 and 0 <= info.metrics["test_step_accuracy"] <= 1
    card = Path("mine.md").read_text()
    assert card.startswith("# mine\n\nPlan-vae for melody, 2 bars.\n")
    command = f"`musicae train --config {Path('mine') / 'config.json'}`, 2 steps of 8 windows in 0 minutes on one core"
    assert command in card and f"{model.parameter_count():,} parameters" in card  # type: ignore[operator]
    assert "| folder-tunes | 5 |" in card and "Essen" not in card, "only the data that were given are measured"
    taken = "Error: mine.safetensors exists; use --force to overwrite it, or choose another -o.\n"
    assert run("release", music_run, *options) == (1, "", taken)
    Path("mine.safetensors").unlink()
    taken = "Error: mine.md exists; use --force to overwrite it, or choose another -o.\n"
    assert run("release", music_run, *options) == (1, "", taken)
    facts = json.loads(run("release", music_run, *options, "--force", "--json")[1])
    assert (facts["output"], facts["card"], facts["megabytes"]) == ("mine.safetensors", "mine.md", megabytes)
    assert {name: value for name, value in facts.items() if name.startswith("test_")} == read_info("mine.safetensors").metrics
    assert run("reconstruct", tune_folder / "tune00.mid", "-c", "mine.safetensors")[0] == 0


def test_the_weights_of_the_last_step_and_words_of_ones_own(run: Run, music_run: str, tune_folder: Path) -> None:
    words = ("--summary", "Mine.", "--command", "musicae train mine")
    options = ("--data", tune_folder, "--device", "cpu", "--limit", 4, *words)
    assert run("release", music_run, "--last", "-o", "last.safetensors", *options)[0] == 0
    card = Path("last.md").read_text()
    assert card.startswith("# last\n\nMine.\n")
    assert "`musicae train mine`, 2 steps of 8 windows in 0 minutes on a machine that was not recorded" in card


@pytest.mark.parametrize("name", ["vae", "denoise"])
def test_a_run_of_images(run: Run, runs: Path, photographs: Path, name: str) -> None:
    options = ("--data-dir", photographs, "--device", "cpu", "--samples", 5, "-o", f"{name}-test.safetensors")
    status, out, _ = run("release", runs / name, *options, "--json")
    facts = json.loads(out)
    assert (status, facts["card"]) == (0, f"{name}-test.md")
    assert ("test_nll" in facts) == (name == "vae")
    card = Path(f"{name}-test.md").read_text()
    assert "Half precision changes" in card and ("-log p(x) of the released weights" in card) == (name == "vae")
    assert f"`musicae image train --config {runs / name / 'config.json'}`, 3 steps of 16 images" in card
    kind = {"vae": "Dense-autoencoder", "denoise": "Conv-autoencoder"}[name]
    assert card.startswith(f"# {name}-test\n\n{kind} for images of cifar-10.\n")


def test_bad_usage(run: Run, music_run: str) -> None:
    status, out, err = run("release", music_run, "-o", "mine.pt")
    assert (status, out, err.splitlines()[-1]) == (2, "", "Error: mine.pt: a model's file ends in .safetensors; let -o end so.")
    status, out, err = run("release", "gone")
    assert (status, out) == (1, "") and err.startswith("Error: There is no checkpoint 'gone': neither a file nor a shipped")
    assert not Path("gone.md").exists()
