"""The terms of a step and their means."""

import math

import pytest
import torch

from musicae.errors import MusicaeError
from musicae.training.progress_log import StepTerms, TrainingLog


def terms(loss: float, *, skipped: float = 0.0, accuracy: float | None = None) -> StepTerms[torch.Tensor]:
    values = [torch.tensor(value) for value in (loss, 2.0 * loss, 3.0, skipped)]
    more = [] if accuracy is None else [torch.tensor(0.5), torch.tensor(accuracy)]
    return StepTerms(*values, *more)


def test_means_have_the_names_of_the_terms() -> None:
    log = TrainingLog()
    log.add(terms(1.0), 4)
    log.add(terms(2.0, skipped=1.0), 4)
    means = log.means(2)
    assert means == StepTerms(1.5, 3.0, 3.0, 0.5)
    assert (means.discriminator_loss, means.discriminator_accuracy, log.examples) == (None, None, 8)
    assert log.skipped_in_a_row == 0 and log.seconds >= 0


def test_terms_of_a_discriminator_are_averaged_too() -> None:
    log = TrainingLog()
    log.add(terms(1.0, accuracy=0.25), 4)
    log.add(terms(1.0, accuracy=0.75), 4)
    assert log.means(2)[4:] == (0.5, 0.5)


def test_consecutive_skipped_steps_are_counted_across_lines_of_the_log() -> None:
    log = TrainingLog(skipped_before=18)
    log.add(terms(1.0, skipped=1.0), 4)
    log.means(19)
    assert log.skipped_in_a_row == 19
    log.add(terms(1.0, skipped=1.0), 4)
    with pytest.raises(MusicaeError, match=r"^Nothing is learnt: from step 1 to 20 all gradients were larger"):
        log.means(20)


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    log = TrainingLog()
    log.add(terms(math.inf), 4)
    with pytest.raises(MusicaeError, match=r"^The loss became inf at step 7\. Start a new run with a lower learning rate"):
        log.means(7)
