"""Releases: half-precision weights with their metrics, and the model card."""

from pathlib import Path

import pytest
import torch

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, read_info, save_checkpoint
from musicae.checkpoints.release import ModelCard, Provenance, half_precision, markdown_table, release, weights_of
from musicae.core.config import to_dict, with_changes
from musicae.errors import CheckpointError
from musicae.music.models.plan import PlanVAE
from support.models import plan

CARD = ModelCard(
    provenance=Provenance(summary="A small model.", command="musicae train small", machine="one CPU core"),
    inputs="2 bars of anything",
    examples="windows",
    facts={"Not for": "the ear"},
    sections=[("Data", "Some data."), ("Metrics", markdown_table(("name", "value"), [("a", 1), ("b", "2.0")]))],
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run folder whose best weights are those of step 30, and its last those of step 40."""
    folder = tmp_path / "run"
    info = CheckpointInfo(
        domain="music",
        kind="melody",
        model=PlanVAE.name,
        config=to_dict(plan().config),
        representation={"name": "melody"},
        bars=2,
        training={"steps": 50, "batch_size": 256},
        metrics={"valid_exact": 0.5},
    )
    save_checkpoint(folder / "best.safetensors", plan().build(1), with_changes(info, step=30))
    save_checkpoint(folder / "last.safetensors", plan().build(2), with_changes(info, step=40))
    (folder / "metrics.csv").write_text("step,seconds,loss\n20,60.0,3\n40,119.0,2\n30,90.0,1\n")
    return folder


def card_of(run: Path, *, last: bool = False) -> list[str]:
    """Return the lines of the card of a release."""
    release(run, run.parent / "out" / "small.safetensors", CARD, {"exact": 0.25}, last=last)
    return (run.parent / "out" / "small.md").read_text().splitlines()


def test_weights_are_stored_in_half_precision_with_their_metrics(run: Path, tmp_path: Path) -> None:
    output = tmp_path / "out" / "small.safetensors"
    metrics = {"exact": 0.123456789, "kl_bits": 12.0, "nll": float("nan"), "bound": float("inf")}
    info = release(run, output, CARD, metrics)
    assert read_info(output).metrics == info.metrics == {"test_exact": 0.123457, "test_kl_bits": 12.0}
    assert (info.step, info.kind, info.domain) == (30, "melody", "music")
    ours, theirs = load_checkpoint(output)[0].state_dict(), plan().build(1).state_dict()
    assert all(torch.equal(tensor, theirs[name].half().float()) for name, tensor in ours.items())
    assert sorted(p.name for p in output.parent.iterdir()) == ["small.md", "small.safetensors"]


def test_the_card_states_weights_and_training(run: Path) -> None:
    size = plan().build().parameter_count()
    lines = card_of(run)
    megabytes = (run.parent / "out" / "small.safetensors").stat().st_size / 1e6
    assert lines == [
        "# small",
        "",
        "A small model.",
        "",
        f"- **Model**: `plan-vae`, {size:,} parameters, code of 8 dimensions; {megabytes:.2f} MB in half precision.",
        "- **Input and output**: 2 bars of anything.",
        "- **Training**: `musicae train small`, 40 steps of 256 windows in 2 minutes on one CPU core; the weights are those of "
        "step 30, the best on validation data.",
        "- **Not for**: the ear.",
        "",
        "## Data",
        "",
        "Some data.",
        "",
        "## Metrics",
        "",
        "| name | value |",
        "| --- | --- |",
        "| a | 1 |",
        "| b | 2.0 |",
    ]


def test_the_last_weights_can_be_released(run: Path) -> None:
    training = next(line for line in card_of(run, last=True) if "Training" in line)
    assert training == "- **Training**: `musicae train small`, 40 steps of 256 windows in 2 minutes on one CPU core."
    assert read_info(run.parent / "out" / "small.safetensors").step == 40


def test_a_checkpoint_without_a_run_can_be_released(run: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes((run / "best.safetensors").read_bytes())
    release(alone, tmp_path / "small.safetensors", CARD, {})
    training = next(line for line in (tmp_path / "small.md").read_text().splitlines() if "Training" in line)
    assert training.startswith(
        "- **Training**: `musicae train small`, 50 steps of 256 windows on one CPU core; the weights are"
    )


def test_the_candidate_is_what_is_released(run: Path, tmp_path: Path) -> None:
    with half_precision(run) as candidate:
        measured = load_checkpoint(candidate)[0].state_dict()
        assert read_info(candidate).metrics == {"valid_exact": 0.5}
    assert not candidate.exists()
    release(run, tmp_path / "small.safetensors", CARD, {})
    theirs = load_checkpoint(tmp_path / "small.safetensors")[0].state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in measured.items())
    with half_precision(run, last=True) as candidate:
        assert read_info(candidate).step == 40


def test_large_models_are_refused(run: Path) -> None:
    with pytest.raises(CheckpointError) as error, half_precision(run, most_bytes=10_000):
        raise AssertionError
    assert str(error.value).startswith(f"{run} would take 0.0 MB in half precision; a release holds at most 0.0 MB.")


def test_other_names_and_runs_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        release(run, tmp_path / "small.pt", CARD, {})
    assert str(error.value) == f"{tmp_path / 'small.pt'} must end in .safetensors."
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        weights_of(tmp_path / "nothing")
    (run / "last.safetensors").unlink()
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        weights_of(run, last=True)
    assert weights_of(run) == run / "best.safetensors"
