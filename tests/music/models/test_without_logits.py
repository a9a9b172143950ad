"""A family of music models that does not decode token by token: it works wherever no logits are needed."""

from dataclasses import dataclass
from typing import ClassVar, final

import pytest
import torch
from torch import Tensor, nn

from musicae.core.distributions import Point
from musicae.errors import ParameterError
from musicae.music.evaluation.codes import thorough_metrics
from musicae.music.kinds.melody import MELODY
from musicae.music.latent.even_path import even_path
from musicae.music.latent.infill import infill
from musicae.music.latent.refine import refine
from musicae.music.metrics.melody import window_distance
from musicae.music.models.base import MusicAutoencoder, with_logits
from musicae.music.models.batch import GridBatch
from support.models import plan


@final
@dataclass(frozen=True, kw_only=True)
class AtOnceConfig:
    """Sizes of an `AtOnce`."""

    depth: int = 9
    max_steps: int = 8


@final
class AtOnce(MusicAutoencoder):
    """Decodes all tokens of a window at once."""

    name: ClassVar[str] = "at-once"
    config_type = AtOnceConfig

    def __init__(self, config: AtOnceConfig) -> None:
        super().__init__()
        self.config, self.latent_size = config, 4
        self.inner = nn.Linear(config.max_steps, 4)
        self.outer = nn.Linear(4, config.max_steps * config.depth)

    def encode(self, x: GridBatch) -> Point:
        return Point(self.inner(x.tokens.float()))

    def _scores(self, z: Tensor) -> Tensor:
        return self.outer(z).view(len(z), self.config.max_steps, self.config.depth)

    def log_likelihood(self, x: GridBatch, z: Tensor) -> Tensor:
        return self._scores(z).log_softmax(-1).gather(-1, x.tokens[..., None])[..., 0].sum(1)

    @torch.no_grad()
    def generate(
        self,
        z: Tensor,
        like: GridBatch,
        *,
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
        logit_bias: Tensor | None = None,
    ) -> GridBatch:
        return like.with_tokens(self._scores(z).argmax(-1))


@pytest.fixture
def model() -> AtOnce:
    torch.manual_seed(0)
    return AtOnce(AtOnceConfig()).eval()


@pytest.fixture
def batch() -> GridBatch:
    return GridBatch(torch.randint(9, (5, 8), generator=torch.Generator().manual_seed(1)), torch.full((5, 1), 8))


def test_tools_that_need_logits_name_the_reason(model: AtOnce, batch: GridBatch) -> None:
    given = torch.ones(5, 8, dtype=torch.bool)
    for task, call in (("Refining a code", lambda: refine(model, batch)), ("Infilling", lambda: infill(model, batch, given))):
        with pytest.raises(ParameterError) as error:
            call()
        assert str(error.value) == (
            f"{task} needs the logits of a model that decodes token by token, which at-once does not; choose another such as "
            "plan-vae."
        )
    network = plan().build()
    assert isinstance(network, MusicAutoencoder) and with_logits(network, "x") is network


def test_paths_have_no_bridges(model: AtOnce, batch: GridBatch) -> None:
    ends = 5.0 * torch.randn(2, 4, generator=torch.Generator().manual_seed(2))
    alphas, codes = even_path(model, ends[0], ends[1], 5, batch.take([0]), window_distance)
    assert len(alphas) == len(codes) == 5 and (alphas[0], alphas[-1]) == (0.0, 1.0)
    assert torch.equal(codes[0], ends[0]) and torch.equal(codes[-1], ends[1])


def test_metrics_under_teacher_forcing_are_omitted(model: AtOnce, batch: GridBatch) -> None:
    values = thorough_metrics(model, [batch], MELODY.metrics)
    assert "sampled_step_accuracy" in values and "note_f1" in values
    assert not {"teacher_forced_accuracy", "shuffled_gap_bits"} & set(values)
