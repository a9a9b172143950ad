"""`musicae evaluate`: its parts, tables, JSON and pictures, on tiny models and a small folder of tunes."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musicae.checkpoints.format import load_checkpoint, save_checkpoint
from musicae.datasets.music.held_out import open_subject
from musicae.music.evaluation.report import ALL, evaluate, overall
from musicae.music.metrics.samples import FEATURES

Run = Callable[..., tuple[int, str, str]]
KNOWN = ("copies", "nearest")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def learnt(small_checkpoint: Path) -> Path:
    """Return a checkpoint that says that it was trained on two collections, one of them at hand."""
    model, info = load_checkpoint(small_checkpoint)
    path = Path("learnt.safetensors")
    save_checkpoint(path, model, replace(info, data={"collections": {"folder-tunes": {}, "pop909": {}}}))
    return path


def measured(run: Run, *arguments: object) -> dict[str, Any]:
    status, out, err = run("evaluate", *arguments, "--json")
    assert (status, err) == (0, "")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    found: dict[str, Any] = json.loads(out, parse_constant=refuse)
    return found


def test_the_default_has_the_quick_figures_and_more(run: Run, small_checkpoint: Path, tune_folder: Path) -> None:
    command = (small_checkpoint, "--data", tune_folder, "--limit", 40)
    found = measured(run, *command)
    assert set(found) == {"folder-tunes"}
    quick = evaluate(open_subject(small_checkpoint, (str(tune_folder),), device="cpu"), limit=40)["folder-tunes"]
    assert {name: found["folder-tunes"][name] for name in quick} == quick
    more = {"teacher_forced_accuracy", "sampled_step_accuracy", "worst_step_accuracy", "worst_note_f1", "nll_bits_per_note"}
    assert set(found["folder-tunes"]) - set(quick) == more | {"shuffled_gap_bits", "shuffled_gap_accuracy"}
    assert measured(run, *command) == found != measured(run, *command, "--seed", 1)


def test_the_figures_of_all_windows_of_one_collection_or_several() -> None:
    one, both = {"exact": 0.25}, {"exact": 0.5}
    assert overall({"folder-tunes": one}) == one
    assert overall({"folder-tunes": one, "pop909": {"exact": 0.75}, ALL: both}) == both


def test_all_parts(run: Run, learnt: Path, tune_folder: Path) -> None:
    command = (learnt, "--data", tune_folder, "--pairs", 5, "--full")
    found = measured(run, *command)
    assert list(found) == ["folder-tunes", "interpolation", "samples"]
    paths, samples = found["interpolation"], found["samples"]
    assert (paths["pairs"], len(paths["even"]["curve"])) == (5, paths["steps"])
    assert 1 <= paths["even"]["step_ratio"] <= paths["even"]["step_ratio_worst"] <= paths["even"]["step_ratio_largest"]
    assert (samples["known"], samples["unknown"], samples["temperature"]) == (["folder-tunes"], ["pop909"], 0.5)
    assert list(samples["samples"]) == list(samples["held_out"])
    for figures in (samples["samples"], samples["held_out"]):
        assert all(0 <= value <= 1 for value in figures.values())
        assert figures["overlap"] == pytest.approx(sum(figures[f"overlap_{name}"] for name in FEATURES) / 6)
    for feature, shape in samples["histograms"].items():
        sums = {name: sum(values) for name, values in shape.items() if name != "middles"}
        assert sums == pytest.approx(dict.fromkeys(("reference", "samples", "held_out"), 1.0)), feature
    status, out, _ = run("evaluate", *command)
    titles = [line for line in out.splitlines() if f"{learnt}, test windows" in line]
    assert (status, len(titles)) == (0, 4)
    assert f"{samples['count']} samples at temperature 0.5" in out
    row = next(line for line in out.splitlines() if line.startswith("copies"))
    assert row.split() == ["copies", *(f"{samples[k]['copies']:.4f}" for k in ("samples", "held_out"))]


def test_novelty_needs_the_training_windows(run: Run, small_checkpoint: Path, learnt: Path, tune_folder: Path) -> None:
    command = ("--data", tune_folder, "--part", "samples")
    assert not set(KNOWN) & set(measured(run, small_checkpoint, *command)["samples"]["samples"])
    of_training = measured(run, learnt, *command, "--split", "train")["samples"]
    assert (of_training["held_out"]["copies"], of_training["held_out"]["nearest"]) == (1.0, 0.0)
    assert set(measured(run, learnt, *command)) == {"samples"}
    hot = measured(run, learnt, *command, "--temperature", 3)["samples"]["samples"]
    assert hot["overlap"] < of_training["samples"]["overlap"]


def test_models_of_drums(run: Run, drum_checkpoint: Path, groove_folder: Path) -> None:
    command = ("evaluate", drum_checkpoint, "--data", f"groove={groove_folder}", "--split", "train", "--limit", 6)
    status, out, err = run(*command, "--full", "--pairs", 2, "--json", "--plot", "drums.png")
    found = json.loads(out)
    reason = "its features are those of melodies (intervals, scales, durations), and this is a model of drums."
    assert (status, err, found["skipped"]) == (0, f"Skipped: samples; {reason}\n", {"samples": reason})
    assert {"hit_f1", "worst_hit_f1", "velocity_error", "plain_velocity_error"} <= set(found["groove"])
    assert not {"note_f1", "worst_note_f1"} & set(found["groove"])
    assert "in_scale" not in found["interpolation"]["even"] and 0 <= found["interpolation"]["even"]["end_fidelity"] <= 1
    head = run(*command)[1].splitlines()[1]
    assert "hit f1" in head and "plain timing error" in head and "note f1" not in head
    text = f"Error: The samples of this model cannot be measured: {reason}\n"
    assert run(*command, "--part", "samples") == (2, "", text)


def test_all_parts_in_one_picture(run: Run, small_checkpoint: Path, tune_folder: Path) -> None:
    command = ("evaluate", small_checkpoint, "--data", tune_folder, "--limit", 20, "--pairs", 3, "--full", "--plot", "a.png")
    status, out, _ = run(*command)
    assert status == 0 and out.count("\n\n") == 3, "four tables"
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert run(*command) == (1, "", "Error: a.png exists; use --force to overwrite it, or choose another --plot.\n")


def test_pictures_are_the_same_in_each_run(run: Run, small_checkpoint: Path, tune_folder: Path) -> None:
    command = ("evaluate", small_checkpoint, "--data", tune_folder, "--pairs", 2, "--part", "interpolation", "--plot", "a.svg")
    assert run(*command)[0] == 0
    first = Path("a.svg").read_bytes()
    assert first.startswith(b"<?xml")
    assert run(*command, "--force")[0] == 0 and Path("a.svg").read_bytes() == first


def test_bad_usage_is_told_at_once(run: Run) -> None:
    assert run("evaluate", "none", "--plot", "a.txt") == (2, "", "Error: a.txt must end in .png, .pdf, .svg.\n")
    status, out, err = run("evaluate", "none", "--full", "--part", "samples")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1] == "Error: --full measures all parts; give either --full or --part."


def test_too_few_windows(run: Run, small_checkpoint: Path, tune_folder: Path) -> None:
    command = ("evaluate", small_checkpoint, "--data", tune_folder, "--limit", 1)
    text = "Error: No two windows have bars of the same lengths, so nothing can be interpolated; raise --limit.\n"
    assert run(*command, "--part", "interpolation") == (1, "", text)
    text = "Error: Samples are compared with two halves of the windows, and there is only one; raise --limit.\n"
    assert run(*command, "--part", "samples") == (1, "", text)
    alone = measured(run, *command[1:])["folder-tunes"]
    assert alone["shuffled_gap_bits"] == 0.0 and all(math.isfinite(value) for value in alone.values())
