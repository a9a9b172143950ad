"""Prepare data for the toy kind, train its model, and use it in the library and on the command line.

python use.py    # writes into the current folder
"""

import json
import random
from pathlib import Path

import torch
from click.testing import CliRunner

import musicae
from musicae.cli.main import cli
from musicae.core.config import to_dict
from musicae.core.registry import MODELS
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.held_out import open_subject
from musicae.datasets.music.prepare import prepare
from musicae.music.evaluation.report import EvaluationOptions, evaluate, evaluate_sections
from musicae.music.experiment import MusicExperiment, spec_of
from musicae.music.kinds import KINDS
from musicae.music.recipes import MusicRecipe
from musicae.music.score import Note, Score, Track
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunOptions

TUNES = "tunes"
RECIPE = MusicRecipe(
    model="rhythm-vae",
    config={},
    representation={"name": "rhythm"},
    transpose=0,
    training=TrainingConfig(steps=2, batch_size=8),
)


def write_tunes() -> None:
    """Write tunes of random rhythms, some of each split."""
    draw = random.Random(0)
    Path(TUNES).mkdir()
    for i in range(30):
        onsets = sorted(draw.sample(range(64), 24))
        notes = tuple(Note(onset / 4, 0.25, 60 + draw.randrange(12)) for onset in onsets)
        musicae.write(Score((Track(notes, name="melody"),)), f"{TUNES}/{i:02}.mid")


def train() -> None:
    """Prepare windows and train two steps."""
    spec = spec_of(RECIPE)
    assert spec == KINDS["rhythm"].spec
    windows = prepare(open_collections((TUNES,), training=True, kind="rhythm"), spec, jobs=0)
    assert [c.name for c in open_collections(kind="rhythm")] == ["ryans"], "melodies have rhythms"
    assert windows.collections == ("rhythm-tunes",) and windows.tokens.max() == 1
    assert len({(w.tobytes(), b.tobytes()) for w, b in zip(windows.tokens, windows.bar_steps, strict=True)}) == len(
        windows.tokens
    )
    metrics = MusicExperiment.open(RECIPE, windows, RunOptions(folder=Path("run"), device="cpu", threads=1)).trainer.fit()
    assert 0 <= metrics["valid_rhythm_f1"] <= 1


def use_tasks() -> None:
    """Load the checkpoint and call tasks on a phrase and on a whole piece."""
    model = musicae.load("run", device="cpu")
    a, b = sorted(Path(TUNES).glob("*.mid"))[:2]
    assert (model.kind.name, model.info.kind) == ("rhythm", "rhythm")
    for source in (model.phrase(a), model.piece(a)):
        assert musicae.reconstruct(model, source).bars()
        assert len(musicae.vary(model, source, 2)) == 2
    assert len(musicae.reconstruct(model, model.piece(a)).bars()) == len(musicae.read(a).bars())
    assert len(musicae.interpolate(model, a, b, 3, even=True).scores) == 3
    assert len(musicae.interpolate(model, model.piece(a), model.piece(b), 3).scores) == 3
    assert len(musicae.sample(model, 2, metre="3/4")) == 2
    assert musicae.mean(model, [a, b]).bars() and len(musicae.continuation(model, a, 2)) == 1
    assert "rhythm_f1" in model.compare(a)


def measure() -> None:
    """Evaluate the checkpoint, all sections that apply to it."""
    subject = open_subject("run", (TUNES,), device="cpu")
    assert "rhythm_f1" in evaluate(subject, limit=10)["rhythm-tunes"]
    report = evaluate_sections(subject, options=EvaluationOptions(limit=10, pairs=2))
    assert "worst_rhythm_f1" in report["rhythm-tunes"] and report["interpolation"]["pairs"] == 2
    assert list(report["skipped"]) == ["samples"]


def use_commands() -> None:
    """Do the same on the command line."""
    Path("rhythm.json").write_text(json.dumps(to_dict(RECIPE)), encoding="utf-8")
    a, b = map(str, sorted(Path(TUNES).glob("*.mid"))[:2])
    for command in (
        ["train", "--config", "rhythm.json", "--data", TUNES, "--threads", "1", "-o", "again"],
        ["evaluate", "--data", TUNES, "--limit", "10", "again"],
        ["reconstruct", "-c", "again", "-o", "a.mid", a],
        ["interpolate", "-c", "again", "--steps", "3", "-o", "morph", a, b],
        ["sample", "-c", "again", "-n", "1", "-o", "sample.mid"],
        ["info", "again"],
    ):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 0, (command, result.output)
        assert command[0] not in ("train", "evaluate", "reconstruct") or "rhythm f1" in result.output.lower(), result.output


if __name__ == "__main__":
    torch.set_num_threads(1)
    assert "rhythm-vae" in MODELS
    for step in (write_tunes, train, use_tasks, measure, use_commands):
        step()
