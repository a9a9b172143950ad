"""What is measured while a model trains: means of the loss terms, speed, and signs that something is wrong."""

import math
import time
from typing import Generic, NamedTuple, TypeVar, final

import torch
from torch import Tensor

from musicae.errors import MusicaeError

__all__ = ["StepTerms", "TrainingLog"]

PATIENCE = 20  # steps; if so many in a row are skipped, something is wrong

Scalar = TypeVar("Scalar", Tensor, float)


class StepTerms(NamedTuple, Generic[Scalar]):
    """The terms of one optimizer step as scalar tensors, or their means over several steps as numbers.

    Arguments:
        loss: The objective, in nats per example.
        reconstruction: Negative log likelihood of the data given the code, in nats per example.
        kl: KL of the posterior to the prior, in nats per example.
        skipped: 1 if the step was skipped, 0 if not; as a mean, the share of skipped steps.
        discriminator_loss: Loss of the discriminator in nats; None for a model without one.
        discriminator_accuracy: Accuracy of the discriminator; None for a model without one.
    """

    loss: Scalar
    reconstruction: Scalar
    kl: Scalar
    skipped: Scalar
    discriminator_loss: Scalar | None = None
    discriminator_accuracy: Scalar | None = None


@final
class TrainingLog:
    """Sums of loss terms, examples and training time between two lines of the log.

    Arguments:
        skipped_before: Number of consecutive steps that were skipped just before.
    """

    def __init__(self, skipped_before: int = 0) -> None:
        self.examples, self.seconds = 0, 0.0
        self.skipped_in_a_row = self._skipped_before = skipped_before
        self._sums, self._steps = torch.zeros(()), 0
        self.restart_clock()

    def restart_clock(self) -> None:
        """Ignore the time since the last call, which went into validation or saving."""
        self._mark = time.monotonic()

    def add(self, terms: StepTerms[Tensor], examples: int) -> None:
        """Add the terms of one step; they stay on their device, so the host does not wait for it."""
        scalars = [term for term in terms if term is not None]
        self._sums = self._sums + torch.stack(scalars)
        self._steps, self.examples = self._steps + 1, self.examples + examples
        self._count_time()

    def _count_time(self) -> None:
        """Count the time since the last call as training."""
        self.seconds += time.monotonic() - self._mark
        self.restart_clock()

    def means(self, step: int) -> StepTerms[float]:
        """Return the means of the terms; this waits for the device.

        Arguments:
            step: The last of the added steps, from 1, for messages.

        Raises:
            MusicaeError: the loss was not finite in one of the steps, or too many consecutive steps were skipped.
        """
        means: StepTerms[float] = StepTerms(*(self._sums / self._steps).tolist())
        self._count_time()
        self.skipped_in_a_row = self._skipped_before + self._steps if means.skipped == 1.0 else 0
        if self.skipped_in_a_row >= PATIENCE:
            raise MusicaeError(
                f"Nothing is learnt: from step {step - self.skipped_in_a_row + 1} to {step} all gradients were larger than the "
                "recipe's skip_norm. Start a new run with a larger one, or a lower learning rate (--config)."
            )
        if not math.isfinite(means.loss):
            place = f"at step {step}" if self._steps == 1 else f"between steps {step - self._steps + 1} and {step}"
            raise MusicaeError(
                f"The loss became {means.loss} {place}. Start a new run with a lower learning rate (--config); "
                "--init-from takes this run's last checkpoint."
            )
        return means
