"""One flat training loop for every model; it knows neither pixels nor notes.

A batch is whatever the model's `forward` accepts, and a pure function of the step. Each step also seeds all randomness
from (seed, step). So a run that was killed and resumed ends in bit-equal weights to one that was not (on one device and
one number of threads).
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.autoencoder import Adversarial, Autoencoder
from musicae.core.config import replace, to_dict
from musicae.core.objectives import BITS
from musicae.training.optimizer import TrainingConfig, Updater
from musicae.training.progress_log import Meter
from musicae.training.run_folder import RunFolder, recipe_of

__all__ = ["Metrics", "Source", "Trainer", "TrainingConfig"]

Metrics = dict[str, float]

_PROGRESS = ("step", "seconds", "beta", "kl_bits", "best")


class Source(Protocol):
    """Where training batches come from."""

    def batch(self, step: int, device: torch.device | str) -> Any:
        """Return the batch of a step; the same one whenever asked."""


_TOLERATED = 1.1  # a KL up to so many times the target is one that is held
_BEHIND = 1e9  # ranks from here on are those of weights whose KL is too large


class Trainer:
    """Trains one model in one run folder.

    Arguments:
        model: The model.
        config: How to train it.
        source: Training batches.
        folder: The run folder.
        info: What checkpoints will say of the model; step and metrics are filled in here.
        validation: Fixed batches for validation; may be empty, then the last weights count as best.
        score: Further figures of the model on validation batches, by name.
        maximise: Which of the further figures makes a model the best; None takes the lowest validation loss, or the last
            weights where a controller moves the weight of the KL.
        device: Where to compute.
    """

    def __init__(
        self,
        model: Autoencoder[Any],
        config: TrainingConfig,
        source: Source,
        folder: Path,
        info: CheckpointInfo,
        *,
        validation: Sequence[Any] = (),
        score: Callable[[Autoencoder[Any], Sequence[Any]], Metrics] | None = None,
        maximise: str | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.model, self.config, self.source, self.info = model.to(device), config, source, info
        self.folder = RunFolder(folder, recipe_of(info, to_dict(config)))
        self.validation, self.score, self.maximise = validation, score, maximise
        self.device = torch.device(device)
        parameters: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
        self.opponent: Updater | None = None
        if isinstance(model, Adversarial):
            theirs = list(model.opponent.parameters())
            self.opponent = Updater(theirs, config, model.opponent_rate)
            parameters = [p for p in parameters if not any(p is their for their in theirs)]
        self.updater = Updater(parameters, config)
        self.average = [p.detach().clone() for p in parameters] if config.average else []
        self.parameters = parameters
        self.step = 0
        self.seconds = 0.0
        self.beta: float | None = None
        self.kl_bits: float | None = None
        self.best = math.inf
        self.rows: list[dict[str, Any]] = []
        self._rhythm = (config.log_every, config.validate_every, config.checkpoint_every)

    def fit(self, report: Callable[[int, Metrics], None] | None = None, *, minutes: float | None = None) -> Metrics:
        """Train up to `config.steps` steps, or for some minutes of this call; checkpoints are written on the way.

        Arguments:
            report: Called with the step and its figures, every `log_every` steps.
            minutes: Stop after this time; `resume` goes on from there.

        Returns:
            The last validation's figures, and as `valid_step` the step they are of; empty if this call did not validate.

        Raises:
            DataError: another training writes into the same folder.
        """
        with self.folder.claimed():
            return self._fit(report, minutes)

    def _fit(self, report: Callable[[int, Metrics], None] | None, minutes: float | None) -> Metrics:
        """Train, while nobody else writes into the folder."""
        if self.step == 0:
            self.folder.clear()
        self.folder.write_recipe()
        begin = time.monotonic()
        meter, final = Meter(), {}
        while self.step < self.config.steps and (minutes is None or time.monotonic() - begin < 60 * minutes):
            meter.add(*self.train_step())
            done = self.step >= self.config.steps
            if done or any(self.step % every == 0 for every in self._rhythm):
                means = meter.means(self.step)  # so that nothing is written after a loss that is not finite
            if done or self.step % self.config.log_every == 0:
                self.seconds += meter.seconds
                self._log(self._row(meter, means), report)
                meter = Meter(meter.left_out)
            if done or self.step % self.config.validate_every == 0:
                figures = self.validate()
                self._log({"step": self.step, "seconds": round(self.seconds, 1), **figures}, report)
                final = {"valid_step": self.step, **figures} if figures else {}
            if done or self.step % self.config.checkpoint_every == 0:
                self.save()
            meter.skip()
        self.save()
        return final

    def train_step(self) -> tuple[Tensor, int]:
        """Do one optimizer step; return its terms and the batch size.

        They are loss, reconstruction and KL in nats per example, and 1 where the step was left out; those of an adversarial
        model go on with the loss and the accuracy of its opponent. They stay on the device, so that the host does not wait
        for it.
        """
        config, step = self.config, self.step
        torch.manual_seed((config.seed * 1_000_003 + step) % 2**63)
        self.model.train()
        batch = self.source.batch(step, self.device)
        self.beta = config.objective.beta.at(step, self.beta, self.kl_bits)
        losses = self.model(batch, config.objective, self.beta)
        skipped = self.updater.update(losses.loss, step)
        if self.average:
            decay = min(config.average, (step + 1) / (step + 10))
            with torch.no_grad():  # or the average would drag the graph of every step along
                torch._foreach_lerp_(self.average, self.parameters, 1.0 - decay)
        figures = [losses.loss, losses.reconstruction, losses.kl, skipped]
        if self.opponent and isinstance(self.model, Adversarial):
            duel = self.model.duel(batch)
            self.opponent.update(duel.loss, step)
            figures += [duel.loss, duel.accuracy]
        terms = torch.stack(figures).detach()
        if config.objective.beta.kind == "target":  # the only reader; it makes the host wait for the device once a step
            kl = float(terms[2]) * BITS
            self.kl_bits = kl if self.kl_bits is None else 0.95 * self.kl_bits + 0.05 * kl
        self.step += 1
        return terms, len(batch)

    @torch.no_grad()
    def validate(self) -> Metrics:
        """Return the figures on the validation batches, and keep the weights if their loss is the best so far."""
        self._swap()
        self.model.eval()
        total, count = torch.zeros(3), 0
        beta = self.config.objective.beta.final(self.config.steps, self.beta)
        generator = torch.Generator(self.device).manual_seed(self.config.seed)
        for batch in self.validation:
            losses = self.model(batch, self.config.objective, beta, generator)
            total += torch.stack([losses.loss, losses.reconstruction, losses.kl]).cpu() * len(batch)
            count += len(batch)
        figures: Metrics = {}
        if count:
            loss, reconstruction, kl = (total / count).tolist()
            figures = {"valid_loss": loss, "valid_reconstruction": reconstruction, "valid_kl_bits": kl * BITS}
            if self.score:
                figures |= {f"valid_{name}": value for name, value in self.score(self.model, self.validation).items()}
        rank = self._rank(figures)
        if rank <= self.best:
            self.best = rank
            save_checkpoint(self.folder.best, self.model, self._info(figures))
        self._swap()
        return figures

    def _rank(self, figures: Metrics) -> float:
        """Return by what weights are compared on validation, the lower the better.

        Where the KL is held at a target, weights whose KL lies more than a tenth above it come behind all others, the nearest
        to it first: they tell more than they may. Losses under the weights of a controller cannot be compared.
        """
        schedule = self.config.objective.beta
        if schedule.kind == "target" and figures:
            ratio = figures["valid_kl_bits"] / schedule.target_bits
            if ratio > _TOLERATED:
                return _BEHIND + ratio
        if self.maximise and self.score and figures:
            return -figures[f"valid_{self.maximise}"]
        return -float(self.step) if schedule.kind == "target" else figures.get("valid_loss", -float(self.step))

    def save(self) -> None:
        """Write `last.safetensors`, `metrics.csv` and `state.pt`; only the last one counts for `resume`."""
        self._swap()
        save_checkpoint(self.folder.last, self.model, self._info({}))
        self._swap()
        self.folder.write_metrics(self.rows)
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.updater.optimizer.state_dict(),
            "average": self.average,
            "progress": {name: getattr(self, name) for name in _PROGRESS},
            "rows": self.rows,
        }
        if self.opponent:
            state["opponent"] = self.opponent.optimizer.state_dict()
        self.folder.write_state(state)

    def resume(self) -> None:
        """Go on from `state.pt` in the run folder.

        Raises:
            CheckpointError: there is none, it is damaged, or it belongs to another configuration.
        """
        state = self.folder.read_state(self.device)
        self.model.load_state_dict(state["model"])
        self.updater.optimizer.load_state_dict(state["optimizer"])
        if self.opponent:
            self.opponent.optimizer.load_state_dict(state["opponent"])
        self.average = state["average"]
        self.rows = state["rows"]
        for name, value in state["progress"].items():
            setattr(self, name, value)

    def _swap(self) -> None:
        """Exchange the weights with their running average, where there is one."""
        for parameter, average in zip(self.parameters, self.average, strict=False):
            kept = parameter.detach().clone()
            parameter.data.copy_(average)
            average.copy_(kept)

    def _info(self, metrics: Metrics) -> CheckpointInfo:
        return replace(self.info, step=self.step, training=to_dict(self.config), metrics=metrics)

    def _log(self, row: dict[str, Any], report: Callable[[int, Metrics], None] | None) -> None:
        self.rows.append(row)
        if report:
            report(self.step, row)

    def _row(self, meter: Meter, means: list[float]) -> dict[str, Any]:
        loss, reconstruction, kl, skipped, *duel = means
        return {
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "loss": loss,
            "reconstruction": reconstruction,
            "kl_bits": kl * BITS,
            "beta": self.beta,
            "learning_rate": self.config.learning_rate_at(self.step - 1),
            "examples_per_second": round(meter.examples / max(meter.seconds, 1e-9), 1),
            **({"skipped": skipped} if skipped else {}),
            **dict(zip(("opponent_loss", "opponent_accuracy"), duel, strict=False)),
        }
