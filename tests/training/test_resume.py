"""Runs that are interrupted or killed, and resumed: bit for bit what an unbroken run gives; damaged and foreign states."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import to_dict, with_changes
from musicae.core.objectives import BITS, BetaSchedule, ObjectiveConfig
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.errors import CheckpointError
from musicae.music.experiment import MusicExperiment, spec_of
from musicae.music.models.batch import GridBatch
from musicae.music.models.musicvae import MusicVAE, MusicVAEConfig
from musicae.music.models.plan import PlanVAE, PlanVAEConfig
from musicae.music.recipes import MusicRecipe
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig
from musicae.training.run_folder import RunOptions
from musicae.training.validation import Metrics, Validation

MUSIC: dict[str, Callable[[], Autoencoder[Any]]] = {
    "plan-vae": lambda: PlanVAE(
        PlanVAEConfig(
            depth=9, latent_size=4, max_steps=16, max_bar_steps=8, token_size=4, block_size=6, pooled_size=4,
            hidden_size=8, decoder_size=6, cell_size=6,
        )
    ),
    "musicvae": lambda: MusicVAE(
        MusicVAEConfig(depth=9, latent_size=4, encoder_size=6, decoder_sizes=(7, 6), max_steps=16, sampling_rate=2.0)
    ),
}  # fmt: skip


class Tokens:
    """Random windows; a step in `broken` interrupts the run once, as a user would."""

    def __init__(self, broken: int | None = None) -> None:
        self.broken = broken

    def batch(self, step: int, device: torch.device | str) -> GridBatch:
        if step == self.broken:
            raise KeyboardInterrupt
        tokens = torch.randint(9, (3, 16), generator=torch.Generator().manual_seed(step))
        return GridBatch(tokens, torch.full((3, 2), 8))


def music(name: str, folder: Path, source: Tokens, **changes: Any) -> Trainer:
    """Return a trainer of a small music model, with everything that has a state."""
    beta = BetaSchedule(kind="target", beta=0.01, steps=2, target_bits=0.5)
    values: dict[str, Any] = {
        "schedule": "exponential",
        "steps": 12,
        "log_every": 1,
        "validate_every": 3,
        "checkpoint_every": 4,
        "learning_rate": 0.02,
        "average": 0.9,
    }
    config = with_changes(TrainingConfig(), **{**values, "objective": ObjectiveConfig(beta=beta), **changes})
    torch.manual_seed(0)
    model = MUSIC[name]()
    info = CheckpointInfo(domain="music", model=name, config=to_dict(model.config))
    return Trainer(model, config, source, folder, info, validation=Validation(batches=[Tokens().batch(99, "cpu")]))


@pytest.mark.parametrize("name", MUSIC)
def test_an_interrupted_run_ends_in_the_weights_of_an_unbroken_one(name: str, tmp_path: Path) -> None:
    whole = music(name, tmp_path / "whole", Tokens())
    whole.fit()
    with pytest.raises(KeyboardInterrupt):
        music(name, tmp_path / "broken", Tokens(broken=10)).fit()
    again = music(name, tmp_path / "broken", Tokens())
    again.resume()
    assert again.step == 8
    again.fit()
    assert (again.step, again.beta, again.kl_bits, again.best) == (12, whole.beta, whole.kl_bits, whole.best)
    assert whole.beta is not None and whole.beta > 0.01, "the controller has moved"
    other = again.model.state_dict()
    assert all(torch.equal(tensor, other[key]) for key, tensor in whole.model.state_dict().items())
    assert all(torch.equal(a, b) for a, b in zip(whole.average, again.average, strict=True))
    for file in ("best.safetensors", "last.safetensors"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "broken" / file).read_bytes()
    timeless = [{k: v for k, v in r.items() if k not in ("seconds", "examples_per_second")} for r in again.rows]
    assert timeless == [{k: r[k] for k in t} for r, t in zip(whole.rows, timeless, strict=True)]


SCRIPT = """
import sys
from pathlib import Path
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.prepare import prepare
from musicae.music.experiment import MusicExperiment, spec_of
from musicae.music.recipes import MusicRecipe
from musicae.training.run_folder import RunOptions
recipe, run, tunes = map(Path, sys.argv[1:])
read = MusicRecipe.read(recipe)
windows = prepare(open_collections((str(tunes),), training=True), spec_of(read))
MusicExperiment.open(read, windows, RunOptions(folder=run, device="cpu", threads=1)).trainer.fit()
"""


def small_recipe() -> MusicRecipe:
    """Return a recipe whose run would last for hours, with everything that has a state."""
    sizes = {"token_size": 6, "block_size": 12, "pooled_size": 8, "hidden_size": 16, "decoder_size": 12, "cell_size": 8}
    beta = BetaSchedule(kind="target", beta=0.01, steps=2, target_bits=0.5)
    training = TrainingConfig(
        steps=10**6, batch_size=8, schedule="exponential", average=0.9, log_every=2, validate_every=10**6,
        checkpoint_every=3, objective=ObjectiveConfig(beta=beta),
    )  # fmt: skip
    return MusicRecipe(
        model="plan-vae", config={"latent_size": 4, **sizes}, representation={"name": "melody"}, training=training
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_process_can_be_resumed_bit_for_bit(tmp_path: Path, tune_folder: Path) -> None:
    recipe, run = tmp_path / "recipe.json", tmp_path / "run"
    recipe.write_text(json.dumps(to_dict(small_recipe())))

    def open_run(folder: Path, steps: int, *, resume: bool = False) -> Trainer:
        read = MusicRecipe.read(recipe)
        changed = with_changes(read, training=with_changes(read.training, steps=steps))
        windows = prepare(open_collections((str(tune_folder),), training=True), spec_of(changed))
        return MusicExperiment.open(changed, windows, RunOptions(folder=folder, device="cpu", resume=resume)).trainer

    open_run(tmp_path / "none", 1)  # prepares the data
    arguments = [sys.executable, "-c", SCRIPT, str(recipe), str(run), str(tune_folder)]
    with subprocess.Popen(arguments, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE) as process:
        while not (run / "state.pt").exists() and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.15)  # whatever it is doing then
        process.kill()
        process.wait()
        assert process.returncode == -signal.SIGKILL, process.stderr and process.stderr.read()
    killed_at = open_run(run, 10**6, resume=True).step
    assert killed_at >= 3 and killed_at % 3 == 0
    resumed, whole = open_run(run, killed_at + 4, resume=True), open_run(tmp_path / "whole", killed_at + 4)
    assert (resumed.step, whole.step) == (killed_at, 0)
    resumed.fit()
    whole.fit()
    other = resumed.model.state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in whole.model.state_dict().items())
    for file in ("best.safetensors", "last.safetensors"):
        assert (run / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_the_weight_of_the_kl_follows_its_schedule(tmp_path: Path) -> None:
    objective = ObjectiveConfig(beta=BetaSchedule(kind="linear", beta=0.5, steps=4))
    rows: list[Metrics] = []
    trainer = music("musicvae", tmp_path, Tokens(), steps=3, objective=objective)
    trainer.fit(lambda step, metrics: rows.append(metrics))
    trained = [r for r in rows if "loss" in r]
    assert [r["beta"] for r in trained] == [0.0, 0.125, 0.25]
    for r in trained:
        assert r["loss"] == pytest.approx(r["reconstruction"] + r["beta"] * r["kl_bits"] / BITS, rel=1e-5)


def test_a_checkpoint_of_a_run_loads_on_its_own(tmp_path: Path) -> None:
    trainer = music("plan-vae", tmp_path, Tokens(), steps=3)
    trainer.fit()
    model, info = load_checkpoint(tmp_path / "last.safetensors")
    assert isinstance(model, PlanVAE) and info.training == to_dict(trainer.config)
    place = [name for name, _ in trainer.model.named_parameters()].index("head.pool.bias")
    assert torch.equal(model.head.pool.bias, trainer.average[place])


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"learning_rate": 0.5}, "learning_rate"), ({"seed": 5, "average": 0.0}, "average, seed")],
)
def test_resuming_under_another_recipe_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    music("musicvae", tmp_path, Tokens(), steps=1).fit()
    with pytest.raises(CheckpointError) as error:
        music("musicvae", tmp_path, Tokens(), **changes).resume()
    assert str(error.value) == f"{tmp_path / 'state.pt'} belongs to another recipe ({named} differ). Start a new run."


def test_resuming_another_model_is_refused(tmp_path: Path) -> None:
    music("musicvae", tmp_path, Tokens(), steps=1).fit()
    with pytest.raises(CheckpointError, match=r"belongs to another recipe \(model, config differ\)\. Start a new run\.$"):
        music("plan-vae", tmp_path, Tokens(), steps=1).resume()


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        music("plan-vae", tmp_path, Tokens()).resume()
    path = tmp_path / "state.pt"
    assert str(error.value) == f"{path} does not exist: there is no run to resume. Run it without --resume."


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "pickle"])
def test_a_damaged_state_is_refused(damage: str, tmp_path: Path) -> None:
    music("plan-vae", tmp_path, Tokens(), steps=1).fit()
    path = tmp_path / "state.pt"
    if damage == "pickle":
        torch.save({"recipe": "{}", "code": Path}, path)  # a class: only plain containers and tensors are read
    elif damage == "other":
        torch.save({"weight": torch.zeros(1)}, path)
    else:
        path.write_bytes(path.read_bytes()[: 200 if damage == "cut" else 0])
    with pytest.raises(CheckpointError) as error:
        music("plan-vae", tmp_path, Tokens(), steps=1).resume()
    assert str(error.value) == f"{path} is damaged and cannot be resumed. Start a new run."
