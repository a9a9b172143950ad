"""The training loop on a model of one number, whose every step can be computed by hand."""

import csv
import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, final

import pytest
import torch
from torch import Tensor, nn

from musicae.checkpoints.format import FORMAT_VERSION, CheckpointInfo, read_info
from musicae.checkpoints.shipped import find_weights
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import to_dict, with_changes
from musicae.core.distributions import Point
from musicae.core.objectives import BetaSchedule, ObjectiveConfig
from musicae.errors import DataError, MusicaeError
from musicae.training.loop import Trainer
from musicae.training.optimizer import TrainingConfig
from musicae.training.validation import Metrics, Validation

CONFIG = TrainingConfig(
    steps=4, batch_size=2, learning_rate=0.1, schedule="exponential", warmup_steps=0, log_every=1, validate_every=2
)


@final
class Line(Autoencoder[Tensor]):
    """Reconstruction error |w x|, or sqrt(w x) where x is 0, whose gradient is not a number."""

    name: ClassVar[str] = "line"
    latent_size = 1

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def encode(self, x: Tensor) -> Point:
        return Point(torch.zeros(len(x), 1))

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        if float(x[0]) == 0.0:
            return -torch.sqrt(self.weight * x[:, 0])
        return -(self.weight * x[:, 0]).abs()

    def generate(
        self, z: Tensor, like: Tensor, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        return like


class Given:
    """A source whose batch of a step holds one number twice; after the last it is interrupted."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def batch(self, step: int, device: torch.device | str) -> Tensor:
        if step >= len(self.numbers):
            raise KeyboardInterrupt
        return torch.full((2, 1), self.numbers[step])


def line(folder: Path, *numbers: float, config: TrainingConfig = CONFIG, **validation: Any) -> Trainer:
    """Return a trainer of the model of one number, with the fields of a `Validation`."""
    info = CheckpointInfo(domain="music", model="line", config={})
    return Trainer(Line(), config, Given(*numbers), folder, info, validation=Validation(**validation))


def weight(trainer: Trainer) -> float:
    """Return that number."""
    return float(trainer.parameters[0].detach())


@pytest.mark.parametrize(("number", "moves"), [(3.0, True), (9_999.0, True), (10_001.0, False), (0.0, False)])
def test_steps_with_a_huge_or_undefined_gradient_are_skipped(number: float, moves: bool, tmp_path: Path) -> None:
    trainer = line(tmp_path, number)
    terms, size = trainer.train_step()
    assert (float(terms.loss), size, trainer.step) == (number, 2, 1)
    assert (weight(trainer) != 1.0) == moves == (float(terms.skipped) == 0.0)
    assert math.isfinite(weight(trainer))


def test_skipped_steps_are_logged_and_twenty_in_a_row_stop_the_run(tmp_path: Path) -> None:
    often = with_changes(CONFIG, steps=40, log_every=20, validate_every=100)
    trainer = line(tmp_path, *[3.0, 20_000.0] * 10, *[20_000.0] * 20, config=often)
    rows: list[Metrics] = []
    with pytest.raises(
        MusicaeError, match=r"^Nothing is learnt: from step 21 to 40 all gradients were larger than the recipe's "
    ):
        trainer.fit(lambda step, metrics: rows.append(metrics))
    assert [row["skipped"] for row in rows] == [0.5]


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_the_checkpoint(number: float, tmp_path: Path) -> None:
    trainer = line(tmp_path, 1.0, 1.0, number, config=with_changes(CONFIG, checkpoint_every=2))
    with pytest.raises(MusicaeError) as error:
        trainer.fit()
    assert str(error.value) == (
        f"The loss became {number} at step 3. Start a new run with a lower learning rate (--config); "
        "--init-from takes this run's last checkpoint."
    )
    assert read_info(tmp_path / "last.safetensors").step == 2


def test_a_loss_that_was_not_finite_is_found_before_anything_is_written(tmp_path: Path) -> None:
    trainer = line(tmp_path, 1.0, math.nan, 1.0, 1.0, config=with_changes(CONFIG, log_every=100, checkpoint_every=3))
    with pytest.raises(
        MusicaeError, match=r"^The loss became nan between steps 1 and 2\."
    ):  # where the first validation is due
        trainer.fit()
    assert not (tmp_path / "best.safetensors").exists() and not (tmp_path / "state.pt").exists()


def test_saved_weights_are_the_running_average(tmp_path: Path) -> None:
    trainer = line(tmp_path, *range(1, 7), config=with_changes(CONFIG, steps=6, average=0.25))
    raw: list[float] = []
    saved: list[float] = []

    def report(step: int, metrics: Metrics) -> None:
        if "loss" in metrics:
            raw.append(weight(trainer))
        else:
            saved.append(_weight(tmp_path / "best.safetensors"))

    trainer.fit(report)
    average, expected = 1.0, []
    for step, now in enumerate(raw):
        decay = min(0.25, (step + 1) / (step + 10))
        average = decay * average + (1 - decay) * now
        expected.append(average)
    assert len(raw) == 6 and saved == pytest.approx(expected[1::2])
    assert _weight(tmp_path / "last.safetensors") == pytest.approx(average) != raw[-1]
    assert weight(trainer) == raw[-1], "training goes on from the weights, not from their average"


def _weight(path: Path) -> float:
    from safetensors.torch import load

    return float(load(path.read_bytes())["weight"])


def test_the_best_checkpoint_has_the_highest_score(tmp_path: Path) -> None:
    scores = iter([0.2, 0.7, 0.7, 0.4])

    def score(model: Autoencoder[Any], batches: Sequence[Any]) -> Metrics:
        return {"note_f1": next(scores), "exact": 0.5}

    config = with_changes(CONFIG, steps=4, validate_every=1)
    trainer = line(tmp_path, 1, 1, 1, 1, config=config, batches=[torch.ones(3, 1)], score=score, maximise="note_f1")
    last = trainer.fit()
    assert {k: v for k, v in last.items() if k[6:] in ("note_f1", "exact")} == {"valid_note_f1": 0.4, "valid_exact": 0.5}
    best = read_info(tmp_path / "best.safetensors")
    assert best.step == 3, "of equals the later one"
    assert best.metrics["valid_note_f1"] == 0.7 and read_info(tmp_path / "last.safetensors").step == 4


def test_without_a_score_the_best_checkpoint_has_the_lowest_loss(tmp_path: Path) -> None:
    # |w x| falls while w walks down from 1 by steps of 0.6, and rises again when it has passed 0.
    config = with_changes(CONFIG, steps=4, learning_rate=0.6, final_learning_rate=0.6, validate_every=1, weight_decay=0.0)
    trainer = line(tmp_path, 1, 1, 1, 1, config=config, batches=[torch.full((3, 1), 2.0)])
    weights: list[float] = []
    trainer.fit(lambda step, metrics: weights.append(weight(trainer)) if "loss" in metrics else None)
    lowest = min(range(4), key=lambda i: abs(weights[i]))
    best = read_info(tmp_path / "best.safetensors")
    assert 0 < lowest < 3 and best.step == lowest + 1
    assert best.metrics["valid_loss"] == pytest.approx(2 * abs(weights[lowest]))
    assert best.metrics["valid_kl_bits"] == 0.0


def test_validation_uses_the_last_weight_of_the_kl_while_it_still_rises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objective = ObjectiveConfig(beta=BetaSchedule(kind="linear", beta=2.0, steps=4))
    config = with_changes(CONFIG, validate_every=1, objective=objective)
    trainer = line(tmp_path, 1, 1, 1, 1, config=config, batches=[torch.ones(2, 1)])
    trained: list[float] = []
    validated: list[float] = []
    forward = trainer.model.forward

    def spy(batch: Any, objective: ObjectiveConfig, beta: float, generator: torch.Generator | None = None) -> Any:
        (trained if trainer.model.training else validated).append(beta)
        return forward(batch, objective, beta, generator)

    monkeypatch.setattr(trainer.model, "forward", spy)
    trainer.fit()
    assert (trained, validated) == ([0.0, 0.5, 1.0, 1.5], [2.0] * 4)


def test_weights_whose_kl_exceeds_the_target_are_never_the_best_and_losses_under_a_controller_do_not_count() -> None:
    schedule = BetaSchedule(kind="target", beta=0.1, target_bits=50.0)
    scored, best = Validation(score=lambda m, b: {}, maximise="f1"), math.inf
    for step, kl, f1 in ((1, 900.0, 0.99), (2, 60.0, 0.98), (3, 54.0, 0.7), (4, 49.0, 0.8), (5, 51.0, 0.75)):
        metrics = {"valid_kl_bits": kl, "valid_f1": f1, "valid_loss": 1.0 + step}
        best = min(best, scored.rank(metrics, schedule, step))
        assert best == {1: 1e9 + 18, 2: 1e9 + 1.2, 3: -0.7, 4: -0.8, 5: -0.8}[step]
    plain = Validation(score=lambda m, b: {})
    assert plain.rank({"valid_kl_bits": 50.0, "valid_loss": 1.0}, schedule, 5) == -5.0, "the last weights"


def test_skipped_steps_are_counted_from_line_to_line_of_the_log(tmp_path: Path) -> None:
    often = with_changes(CONFIG, steps=60, log_every=8, validate_every=5)
    trainer = line(tmp_path, *[3.0] * 8, *[20_000.0] * 52, config=often)
    with pytest.raises(MusicaeError, match=r"^Nothing is learnt: from step 9 to (28|29|30|32) all gradients were larger"):
        trainer.fit()


def test_a_new_run_deletes_what_an_older_one_left(tmp_path: Path) -> None:
    line(tmp_path, 1, 2, 3, 4).fit()
    assert find_weights(tmp_path) == tmp_path / "best.safetensors"
    line(tmp_path, 1, 2, 3, 4).fit(minutes=0.0)
    assert find_weights(tmp_path) == tmp_path / "last.safetensors"
    assert read_info(tmp_path / "last.safetensors").step == 0


def test_without_validation_the_last_weights_are_the_best(tmp_path: Path) -> None:
    assert line(tmp_path, 1, 2, 3, 4).fit() == {}
    assert read_info(tmp_path / "best.safetensors").step == 4


def test_two_trainings_do_not_write_into_one_folder(tmp_path: Path) -> None:
    refused: list[str] = []

    def start_another(step: int, metrics: Metrics) -> None:
        with pytest.raises(DataError) as error:
            line(tmp_path, 9, 9, 9, 9).fit()
        refused.append(str(error.value))

    line(tmp_path, 1, 2, 3, 4).fit(start_another)
    assert set(refused) == {f"{tmp_path} is in use by a training that still runs. Wait, end it, or choose another."}
    kept = (tmp_path / "last.safetensors").read_bytes()
    line(tmp_path / "alone", 1, 2, 3, 4).fit()
    assert kept == (tmp_path / "alone" / "last.safetensors").read_bytes()
    line(tmp_path, 9, 9, 9, 9).fit()  # nobody holds it any more


def test_content_of_a_run_folder(tmp_path: Path) -> None:
    run = tmp_path / "deep" / "run"
    trainer = line(run, 1, 2, 3, 4, batches=[torch.ones(2, 1), torch.full((1, 1), 4.0)])
    seen: list[tuple[int, list[str]]] = []
    trainer.fit(lambda step, metrics: seen.append((step, list(metrics))))
    names = ["best.safetensors", "config.json", "last.safetensors", "lock", "metrics.csv", "state.pt"]
    assert sorted(p.name for p in run.iterdir()) == names
    recipe = json.loads((run / "config.json").read_text())
    assert list(recipe) == ["format_version", "model", "config", "representation", "bars", "data", "training"]
    assert recipe["format_version"] == FORMAT_VERSION == 2
    assert recipe["training"] == to_dict(CONFIG)
    rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
    assert [r["step"] for r in rows] == ["1", "2", "2", "3", "4", "4"] == [str(step) for step, _ in seen]
    assert float(rows[0]["loss"]) == 1.0
    mean = (2 * 1 + 1 * 4) / 3 * abs(weight(trainer))
    assert float(rows[-1]["valid_loss"]) == pytest.approx(mean), "a mean over examples, not over batches"
    assert [r["learning_rate"] for r in rows if r["loss"]] == [str(CONFIG.learning_rate_at(step)) for step in range(4)]


def test_logged_losses_are_means_since_the_line_before(tmp_path: Path) -> None:
    config = with_changes(CONFIG, steps=5, log_every=2, learning_rate=1e-9, final_learning_rate=0.0)
    rows: list[Metrics] = []
    line(tmp_path, 1, 3, 5, 6, 9, config=config).fit(lambda step, metrics: rows.append(metrics))
    assert [r["loss"] for r in rows if "loss" in r] == pytest.approx([2.0, 5.5, 9.0])


def test_training_stops_after_the_minutes_given_and_goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 5)  # every look at the clock takes five seconds
    monkeypatch.setattr("musicae.training.loop.time.monotonic", lambda: float(next(clock)))
    numbers = [1.0] * 50
    config = with_changes(CONFIG, steps=50)
    first = line(tmp_path, *numbers, config=config)
    first.fit(minutes=1)
    assert 0 < first.step < 12
    second = line(tmp_path, *numbers, config=config)
    second.resume()
    assert second.step == first.step and weight(second) == weight(first)
    second.fit(minutes=0)
    assert second.step == first.step, "no time, no step"
    second.fit()
    assert second.step == 50 == read_info(tmp_path / "last.safetensors").step


def test_metrics_of_a_run_that_time_ended_are_of_its_last_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 5)
    monkeypatch.setattr("musicae.training.loop.time.monotonic", lambda: float(next(clock)))
    config = with_changes(CONFIG, steps=50, validate_every=4)
    trainer = line(tmp_path, *[1.0] * 50, config=config, batches=[torch.ones(3, 1)])
    assert trainer.fit(minutes=1) == {} and trainer.step < 4, "no validation, no metrics"
    metrics = trainer.fit(minutes=2)
    assert 4 < trainer.step < 8 and metrics["valid_step"] == 4 and "valid_loss" in metrics
