"""One flat training loop for every model, of music and of images alike.

A batch is whatever the model's `forward` accepts, and a pure function of the step. Each step also seeds all randomness
from (seed, step). So a run that was killed and resumed ends in weights that are bit-equal to those of an uninterrupted run
(on one device and with one number of threads).
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, final

import torch
from torch import Tensor

from musicae.checkpoints.format import CheckpointInfo, save_checkpoint
from musicae.core.autoencoder import Adversarial, Autoencoder
from musicae.core.config import to_dict, with_changes
from musicae.core.objectives import BITS
from musicae.training.optimizer import TrainingConfig, Updater
from musicae.training.progress_log import StepTerms, TrainingLog
from musicae.training.run_folder import RunFolder, recipe_of
from musicae.training.validation import Metrics, Validation

__all__ = ["BatchSource", "Trainer"]

_PROGRESS = ("step", "seconds", "beta", "kl_bits", "best")  # attributes that a resumed run continues with

Report = Callable[[int, Metrics], None]


class BatchSource(Protocol):
    """A source of training batches."""

    def batch(self, step: int, device: torch.device | str) -> Any:
        """Return the batch of a step, always the same one for the same step."""


@final
class Trainer:
    """Trains one model in one run folder.

    Arguments:
        model: The model, on the device to train on.
        config: How to train it.
        source: Training batches.
        folder: The run folder.
        info: Description of the model for checkpoints; the trainer fills in step, training and metrics.
        validation: How the model is validated; None makes the last weights the best.
    """

    def __init__(
        self,
        model: Autoencoder[Any],
        config: TrainingConfig,
        source: BatchSource,
        folder: Path,
        info: CheckpointInfo,
        *,
        validation: Validation | None = None,
    ) -> None:
        self.model, self.config, self.source, self.info = model, config, source, info
        self.validation = validation or Validation()
        self.folder = RunFolder(folder, recipe_of(info, to_dict(config)))
        self.device = next(model.parameters()).device
        parameters: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
        self.discriminator: Updater | None = None
        if isinstance(model, Adversarial):
            theirs = list(model.discriminator.parameters())
            self.discriminator = Updater(theirs, config, model.discriminator_rate)
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

    def fit(self, report: Report | None = None, *, minutes: float | None = None) -> Metrics:
        """Train up to `config.steps` steps, or for some minutes of this call, and write checkpoints on the way.

        Arguments:
            report: Called with the step and its metrics, every `log_every` steps and after each validation.
            minutes: Time limit; `resume` continues from there.

        Returns:
            The metrics of the last validation, with its step as `valid_step`; empty if this call did not validate.

        Raises:
            DataError: another training writes into the same folder.
        """
        with self.folder.claimed():
            return self._fit(report, minutes)

    def _fit(self, report: Report | None, minutes: float | None) -> Metrics:
        """Train, with the folder locked."""
        if self.step == 0:
            self.folder.clear()
        self.folder.write_recipe()
        begin = time.monotonic()
        log, final = TrainingLog(), {}
        while self.step < self.config.steps and (minutes is None or time.monotonic() - begin < 60 * minutes):
            log.add(*self.train_step())
            done = self.step >= self.config.steps
            if done or any(self.step % every == 0 for every in self._rhythm):
                means = log.means(self.step)  # raises for a loss that is not finite, before anything is written
            if done or self.step % self.config.log_every == 0:
                self.seconds += log.seconds
                self._report(self._row(log, means), report)
                log = TrainingLog(log.skipped_in_a_row)
            if done or self.step % self.config.validate_every == 0:
                metrics = self.validate()
                self._report({"step": self.step, "seconds": round(self.seconds, 1), **metrics}, report)
                final = {"valid_step": self.step, **metrics} if metrics else {}
            if done or self.step % self.config.checkpoint_every == 0:
                self.save()
            log.restart_clock()
        self.save()
        return final

    def train_step(self) -> tuple[StepTerms[Tensor], int]:
        """Do one optimizer step; return its terms, which stay on the device, and the batch size."""
        config, step = self.config, self.step
        torch.manual_seed((config.seed * 1_000_003 + step) % 2**63)
        self.model.train()
        batch = self.source.batch(step, self.device)
        self.beta = config.objective.beta.at(step, self.beta, self.kl_bits)
        losses = self.model(batch, config.objective, self.beta)
        skipped = self.updater.update(losses.loss, step)
        if self.average:
            decay = min(config.average, (step + 1) / (step + 10))
            with torch.no_grad():  # or the average would hold on to the graph of every step
                torch._foreach_lerp_(self.average, self.parameters, 1.0 - decay)
        terms = StepTerms(losses.loss.detach(), losses.reconstruction.detach(), losses.kl.detach(), skipped)
        if self.discriminator and isinstance(self.model, Adversarial):
            loss, accuracy = self.model.discriminator_loss(batch)
            self.discriminator.update(loss, step)
            terms = terms._replace(discriminator_loss=loss.detach(), discriminator_accuracy=accuracy.detach())
        if config.objective.beta.kind == "target":  # the only schedule for which the host waits for the device at every step
            kl = float(terms.kl) * BITS
            self.kl_bits = kl if self.kl_bits is None else 0.95 * self.kl_bits + 0.05 * kl
        self.step += 1
        return terms, len(batch)

    def validate(self) -> Metrics:
        """Return the validation metrics, and save the weights if they rank best so far."""
        self._swap()
        self.model.eval()
        objective = self.config.objective
        beta = objective.beta.final(self.config.steps, self.beta)
        metrics = self.validation.measure(self.model, objective, beta, seed=self.config.seed)
        rank = self.validation.rank(metrics, objective.beta, self.step)
        if rank <= self.best:
            self.best = rank
            save_checkpoint(self.folder.best, self.model, self._info(metrics))
        self._swap()
        return metrics

    def save(self) -> None:
        """Write `last.safetensors`, `metrics.csv` and `state.pt`; `resume` reads `state.pt` only."""
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
        if self.discriminator:
            state["discriminator"] = self.discriminator.optimizer.state_dict()
        self.folder.write_state(state)

    def resume(self) -> None:
        """Continue from `state.pt` in the run folder.

        Raises:
            CheckpointError: the file is missing, is damaged, or belongs to another configuration.
        """
        state = self.folder.read_state(self.device)
        self.model.load_state_dict(state["model"])
        self.updater.optimizer.load_state_dict(state["optimizer"])
        if self.discriminator:
            self.discriminator.optimizer.load_state_dict(state["discriminator"])
        self.average = state["average"]
        self.rows = state["rows"]
        for name, value in state["progress"].items():
            setattr(self, name, value)

    def _swap(self) -> None:
        """Exchange the weights with their running average, if there is one."""
        for parameter, average in zip(self.parameters, self.average, strict=False):
            weights = parameter.detach().clone()
            parameter.data.copy_(average)
            average.copy_(weights)

    def _info(self, metrics: Metrics) -> CheckpointInfo:
        return with_changes(self.info, step=self.step, training=to_dict(self.config), metrics=metrics)

    def _report(self, row: dict[str, Any], report: Report | None) -> None:
        self.rows.append(row)
        if report:
            report(self.step, row)

    def _row(self, log: TrainingLog, means: StepTerms[float]) -> dict[str, Any]:
        row = {
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "loss": means.loss,
            "reconstruction": means.reconstruction,
            "kl_bits": means.kl * BITS,
            "beta": self.beta,
            "learning_rate": self.config.learning_rate_at(self.step - 1),
            "examples_per_second": round(log.examples / max(log.seconds, 1e-9), 1),
            "skipped": means.skipped or None,
            "discriminator_loss": means.discriminator_loss,
            "discriminator_accuracy": means.discriminator_accuracy,
        }
        return {name: value for name, value in row.items() if value is not None}
