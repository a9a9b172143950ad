"""`musicae data`, `train` and `evaluate` on a small folder of MIDI files."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Score
from musicae.datasets.music.collections import COLLECTIONS, open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.experiment import spec_of
from musicae.music.formats.midi import write_midi
from musicae.music.recipes import PRESETS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def data(run: Run, tune_folder: Path) -> Path:
    """Return a folder of tunes that have been read into the cache."""
    assert run("data", "prepare", "--data", tune_folder, "--jobs", 0)[0] == 0
    return tune_folder


@pytest.fixture
def recipe(folder: Path) -> str:
    """Write a recipe of a tiny model and return the file's name."""
    sizes = {"token_size": 8, "block_size": 16, "pooled_size": 8, "hidden_size": 16, "decoder_size": 16, "cell_size": 8}
    training = {"steps": 4, "batch_size": 8, "validate_every": 2, "checkpoint_every": 2, "log_every": 1}
    values = {
        "model": "plan-vae",
        "config": {"latent_size": 4, **sizes},
        "representation": {"name": "melody"},
        "training": training,
    }
    Path("tiny.json").write_text(json.dumps(values))
    return "tiny.json"


def test_prepare_tells_what_there_is(run: Run, tune_folder: Path) -> None:
    status, out, err = run("data", "prepare", "--data", tune_folder, "--jobs", 0)
    assert (status, err) == (0, "")
    assert re.search(r"^folder-tunes +20 +0 +3\d\d ", out, re.MULTILINE)
    assert "metres 4/4 7, 3/4 7, 6/8 6" in out


def test_what_is_prepared_is_what_the_preset_is_trained_on(run: Run, data: Path) -> None:
    status, out, _ = run("data", "describe", "--data", data, "--json")
    told = json.loads(out)
    windows = prepare(open_collections((str(data),)), spec_of(PRESETS["melody-2bar"]), jobs=0)
    assert (status, told["key"], told["bars"]) == (0, windows.key, 2)
    assert json.loads(run("data", "describe", "--data", data, "--json", "--bars", 1)[1])["bars"] == 1


def test_drums_are_prepared_for_a_preset_of_drums(run: Run, groove_folder: Path) -> None:
    status, out, _ = run("data", "prepare", "--data", f"groove={groove_folder}", "--preset", "drums-2bar", "--jobs", 0)
    assert status == 0 and re.search(r"^groove +6 ", out, re.MULTILINE)
    assert run("data", "prepare", "--data", f"groove={groove_folder}")[0] == 1
    assert run("data", "prepare", "--seed", -1)[0] == 2


def test_describe_prints_json_with_reasons(run: Run, data: Path) -> None:
    mine = Path("mine")
    mine.mkdir()
    (mine / "good.mid").write_bytes((data / "tune00.mid").read_bytes())
    (mine / "bad.mid").write_text("no music")
    assert run("data", "prepare", "--data", "mine", "--jobs", 0)[0] == 0
    status, out, err = run("data", "describe", "--data", "mine", "--json")
    counts = json.loads(out)["collections"]["folder-mine"]
    reason = "is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid)."
    assert (status, err) == (0, "")
    assert (counts["tunes"], counts["rejected"]) == (1, [["folder-mine/bad.mid", reason]])
    assert f"  rejected 1: {reason}" in run("data", "describe", "--data", "mine")[1].splitlines()


def test_unknown_collections_are_refused(run: Run) -> None:
    known = ", ".join(COLLECTIONS)
    text = f"Error: 'ryan' is neither a collection nor a folder; did you mean 'ryans'? Collections: {known}.\n"
    for command in (["data", "prepare"], ["data", "describe"], ["train"]):
        assert run(*command, "--data", "ryan") == (1, "", text)


def test_a_folder_without_midi_files_is_refused(run: Run) -> None:
    Path("empty").mkdir()
    assert run("data", "prepare", "--data", "empty") == (
        1,
        "",
        "Error: empty holds no file ending in .mid, .midi, .kar, .rmi, .abc, .musicxml, .mxl, .xml.\n",
    )


def test_train_writes_a_run_that_other_commands_take(run: Run, data: Path, recipe: str) -> None:
    status, out, err = run("train", "--config", recipe, "--data", data, "--threads", 1, "-o", "mine", "--json")
    result = json.loads(out)
    assert status == 0
    assert (result["folder"], result["step"]) == ("mine", 4)
    assert err.startswith("plan-vae: ")
    assert "from folder-tunes" in err.splitlines()[0]
    assert re.search(r"^step 4: .*note F1", err, re.MULTILINE)
    assert {p.name for p in Path("mine").iterdir()} >= {"config.json", "metrics.csv", "best.safetensors", "last.safetensors"}
    with Path("mine/metrics.csv").open(newline="") as file:
        assert {row["step"] for row in csv.DictReader(file)} == {"1", "2", "3", "4"}
    assert json.loads(run("info", "mine/last.safetensors", "--json")[1])["step"] == 4
    assert run("sample", "-n", 1, "-c", "mine", "-o", "new")[0] == 0


def test_a_run_is_overwritten_with_force_and_goes_on_with_resume(run: Run, data: Path, recipe: str) -> None:
    command = ("train", "--config", recipe, "--data", data, "--threads", 1, "-o", "mine")
    assert run(*command)[0] == 0
    before = Path("mine/last.safetensors").read_bytes()
    refusal = "Error: mine already holds a run. Continue it with --resume, overwrite it with --force, or choose another.\n"
    assert run(*command) == (1, "", refusal)
    assert Path("mine/last.safetensors").read_bytes() == before
    status, out, _ = run(*command, "--force")
    assert (status, out.startswith("mine: trained up to step 4; ")) == (0, True)
    assert re.search(r" of time steps right, [0-9.]+ no-event baseline, [0-9.]+ note F1, ", out)
    assert Path("mine/last.safetensors").read_bytes() == before, "the same seed trains the same weights"
    assert json.loads(run(*command, "--resume", "--json")[1])["step"] == 4


def test_options_change_the_recipe(run: Run, data: Path, recipe: str) -> None:
    changes = ("--steps", 2, "--batch-size", 4, "--seed", 9)
    assert run("train", "--config", recipe, "--data", data, *changes, "--threads", 1)[0] == 0
    training = json.loads(Path("runs/tiny/config.json").read_text())["training"]
    assert [training[name] for name in ("steps", "batch_size", "seed")] == [2, 4, 9]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "tiny.json is not valid JSON: Expecting value: line 1 column 2 (char 1). Fix it or pass another file."),
        ('{"modell": 1}', "Unknown field 'modell' of MusicRecipe in tiny.json; did you mean 'model'?"),
        ("[]", "MusicRecipe in tiny.json must be an object of named fields, got list."),
    ],
)
def test_bad_recipes_are_refused(run: Run, text: str, reason: str) -> None:
    Path("tiny.json").write_text(text)
    status, out, err = run("train", "--config", "tiny.json")
    assert (status, out) == (2, "")
    assert err.startswith(f"Error: {reason}")
    assert err.count("\n") == 1
    assert not Path("runs").exists()


def test_a_missing_recipe_and_a_file_for_the_run_folder_are_refused(run: Run, recipe: str) -> None:
    text = "Error: none.json cannot be read: no such file or directory.\n"
    assert run("train", "--config", "none.json") == (2, "", text)
    text = "Error: tiny.json is a file; -o names the run folder.\n"
    assert run("train", next(iter(PRESETS)), "-o", recipe) == (1, "", text)


def test_test_sets_are_not_trained_on(run: Run) -> None:
    text = "Error: The collection 'essen' (non-commercial use only) is a test set; do not train on it.\n"
    assert run("train", "--data", "essen") == (1, "", text)


def test_evaluate_measures_a_checkpoint(run: Run, small_checkpoint: Path, make_tune: Callable[..., Score]) -> None:
    Path("known").mkdir()
    for seed in range(6):
        write_midi(make_tune(seed, bars=2), f"known/{seed}.mid")  # what the small model knows by heart
    command = ("evaluate", small_checkpoint, "--data", "known", "--split", "train")
    assert run("data", "prepare", "--data", "known", "--jobs", 0)[0] == 0
    status, out, _ = run(*command, "--json")
    figures = json.loads(out)["folder-known"]
    assert (status, figures["exact"], figures["note_f1"], figures["step_accuracy"]) == (0, 1.0, 1.0, 1.0)
    assert 0.3 < figures["hold_accuracy"] < 0.8
    assert json.loads(run(*command, "--limit", 2, "--json")[1])["folder-known"]["windows"] == 2
    title, head, row, empty, _, head_of_more, row_of_more = run(*command)[1].splitlines()
    assert title.strip() == f"{small_checkpoint}, train windows, greedy from the posterior mean"
    assert head.split()[:4] == ["collection", "windows", "no-event", "baseline"]
    assert row.split()[:4] == ["folder-known", f"{figures['windows']:.0f}", f"{figures['hold_accuracy']:.3f}", "1.0000"]
    assert (empty, head_of_more.split()[1:4]) == ("", ["teacher", "forced", "accuracy"])
    assert row_of_more.split()[:2] == ["folder-known", "1.0000"]


def test_evaluate_refuses_what_it_cannot_measure(run: Run, data: Path, small_checkpoint: Path) -> None:
    text = "Error: There is no checkpoint 'none': neither a file nor a shipped model"
    status, out, err = run("evaluate", "none", "--data", data)
    assert (status, out) == (1, "")
    assert err.startswith(text)
    status, out, err = run("evaluate", small_checkpoint, "--data", data, "--split", "all")
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("Error: Invalid value for '--split': 'all' is not one of")
