"""The scripts in `benchmarks/music` that compare accuracy and KL of several checkpoints, and the recipes there."""

import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from musicae.checkpoints.format import load_checkpoint, save_checkpoint
from musicae.core.config import from_dict
from musicae.core.registry import MODELS
from musicae.datasets.music.held_out import open_subject
from musicae.music.evaluation.report import evaluate
from musicae.music.recipes import MusicRecipe
from musicae.music.representations import representation_from_dict

FOLDER = Path(__file__).parents[2] / "benchmarks" / "music"
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    """Return a function that runs the script with arguments in an empty folder."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.chdir(tmp_path)
    script: Any = importlib.import_module("rate_distortion")
    return lambda *arguments: CliRunner().invoke(script.main, [str(a) for a in arguments])


def measured(checkpoint: Path, tunes: Path) -> dict[str, float]:
    """Return the metrics of a checkpoint on ten test windows."""
    return evaluate(open_subject(checkpoint, (str(tunes),), device="cpu"), limit=10)["folder-tunes"]


@pytest.fixture
def released(small_checkpoint: Path, tmp_path: Path) -> Path:
    """Return a checkpoint that holds metrics."""
    model, info = load_checkpoint(small_checkpoint)
    stored = {"kl_bits": 10.0, "nll_bits": 20.0, "step_accuracy": 0.5, "note_f1": 0.25, "exact": 0.0, "hold_accuracy": 0.5}
    path = tmp_path / "released.safetensors"
    save_checkpoint(path, model, replace(info, metrics={f"test_{k}": v for k, v in stored.items()}))
    return path


def test_checkpoints_are_measured_on_the_same_windows_and_drawn(
    invoke: Invoke, small_checkpoint: Path, released: Path, tune_folder: Path
) -> None:
    given = (f"ours={small_checkpoint}", f"ours={released}", f"baseline={released}")
    command = (*given, "--data", tune_folder, "--limit", 10, "-o", "curve.png", "--json", "curve.json")
    result = invoke(*command)
    assert result.exit_code == 0, result.output
    rows = json.loads(Path("curve.json").read_text())
    expected = measured(small_checkpoint, tune_folder)
    assert [row["label"] for row in rows] == ["ours", "ours", "baseline"]
    assert {row["kl_bits"] for row in rows} == {expected["kl_bits"]} and {row["note_f1"] for row in rows} == {
        expected["note_f1"]
    }
    head, _, line, *_ = result.stdout.splitlines()
    assert head.startswith("| label | checkpoint | parameters | steps | KL, bits |") and "hit F1" not in head
    assert f"| {expected['kl_bits']:.1f} |" in line and f"| {expected['step_accuracy']:.4f} |" in line
    assert Path("curve.png").read_bytes().startswith(b"\x89PNG")
    assert "curve.png exists; use --force" in invoke(*command).stderr


def test_runs_are_compared_one_by_one(monkeypatch: pytest.MonkeyPatch, small_checkpoint: Path, tune_folder: Path) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    script: Any = importlib.import_module("compare")
    command = [str(small_checkpoint), str(small_checkpoint), "--data", str(tune_folder), "--limit", "10"]
    result = CliRunner().invoke(script.main, command)
    assert result.exit_code == 0, result.output
    head, _, first, second = result.stdout.splitlines()
    assert "note f1" in head and "hit f1" not in head and first == second
    expected = measured(small_checkpoint, tune_folder)
    row = dict(zip(head.split(" | "), first.split(" | "), strict=True))
    assert row["note f1"] == f"{expected['note_f1']:.3f}" and row["kl bits"] == f"{expected['kl_bits']:.1f}"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_recipes_fit_their_models(path: Path) -> None:
    recipe = MusicRecipe.read(path)
    representation = representation_from_dict(recipe.representation)
    config = from_dict(MODELS[recipe.model].config_type, {"depth": representation.depth, **recipe.config})
    assert config.depth == representation.depth and recipe.summary


def test_stored_metrics_are_read(invoke: Invoke, released: Path) -> None:
    result = invoke(f"baseline={released}", "--stored", "-o", "curve.svg")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[2].endswith("| 40 | 10.0 | 20.0 | 0.5000 | 0.2500 | 0.0000 | 0.5000 |")


def test_bad_usage(invoke: Invoke, released: Path) -> None:
    assert invoke("runs/mine").stderr.endswith("Error: 'runs/mine' is no LABEL=NAME; write it as ours=runs/mine.\n")
    assert "drop --data and --limit" in invoke(f"a={released}", "--stored", "--limit", 3).stderr
    assert invoke(f"a={released}", "-o", "a.txt").stderr == "Error: a.txt must end in .png, .pdf, .svg.\n"
    assert invoke("a=none").stderr.startswith("Error: There is no checkpoint 'none'")
