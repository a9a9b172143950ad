"""What is measured while a model trains: means of loss terms, speed, and whether something goes wrong."""

import math
import time

import torch
from torch import Tensor

from musicae.errors import MusicaeError

__all__ = ["Meter"]

PATIENCE = 20  # steps; where so many in a row are left out, something is wrong


class Meter:
    """Sums loss terms, examples and training time between two lines of the log.

    Arguments:
        left_out: How many steps in a row were left out just before.
    """

    def __init__(self, left_out: int = 0) -> None:
        self.sums, self.steps, self.examples, self.seconds = torch.zeros(()), 0, 0, 0.0
        self.before = self.left_out = left_out  # steps in a row, before the first of these and up to the last
        self.skip()

    def skip(self) -> None:
        """Leave out the time since the last call: it went into validation or saving."""
        self.mark = time.monotonic()

    def add(self, terms: Tensor, examples: int) -> None:
        """Add one step's terms, wherever they are."""
        self.sums, self.steps, self.examples = self.sums + terms, self.steps + 1, self.examples + examples
        self.count()

    def count(self) -> None:
        """Count the time since the last call as training."""
        self.seconds += time.monotonic() - self.mark
        self.skip()

    def means(self, step: int) -> list[float]:
        """Return the means of the terms, having waited for the device.

        Raises:
            MusicaeError: the loss was not finite in one of the steps, the last of which was `step` (from 1), or many steps
                in a row were left out.
        """
        loss, *others = (self.sums / self.steps).tolist()
        self.count()
        self.left_out = self.before + self.steps if others[2] == 1.0 else 0
        if self.left_out >= PATIENCE:
            raise MusicaeError(
                f"Nothing is learnt: from step {step - self.left_out + 1} to {step} all gradients were larger than the "
                "recipe's skip_norm. Start a new run with a larger one, or a lower learning rate (--config)."
            )
        if not math.isfinite(loss):
            place = f"at step {step}" if self.steps == 1 else f"between steps {step - self.steps + 1} and {step}"
            raise MusicaeError(
                f"The loss became {loss} {place}. Start a new run with a lower learning rate (--config); "
                "--init-from takes this run's last checkpoint."
            )
        return [loss, *others]
