"""Laws of models of token grids: padding, teacher forcing, forbidden tokens, and windows that are too long."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from musicae.errors import ParameterError
from musicae.music.latent.refine import keep_tokens
from musicae.music.models.base import GridAutoencoder
from musicae.music.models.batch import GridBatch
from support.models import DEPTH, SEQUENCES, Case, data, outputs, windows


@SEQUENCES
def test_padding_changes_nothing(case: Case) -> None:
    model = case.build(loud=True)
    for window in windows()[1:]:
        x = GridBatch.from_windows([window])
        length, extra = len(window.tokens), case.config.max_steps - len(window.tokens)
        junk = torch.randint(DEPTH, (1, extra), generator=torch.Generator().manual_seed(2))
        wide = GridBatch(torch.cat([x.tokens, junk], 1), torch.nn.functional.pad(x.bar_steps, (0, 2)))
        for plain, padded in zip(outputs(model, x), outputs(model, wide), strict=True):
            torch.testing.assert_close(plain, padded[:, :length] if padded.dtype == torch.int64 else padded)


@SEQUENCES
def test_teacher_forcing_and_free_running_agree(case: Case) -> None:
    model, x = case.build(loud=True), data(case)
    assert isinstance(model, GridAutoencoder)
    with torch.no_grad():
        z = 2.0 * torch.randn(4, case.config.latent_size, generator=torch.Generator().manual_seed(0))
        made = model.generate(z, x)
        assert len(made.tokens.unique()) > 3, "an even output would prove nothing"
        logits = model.logits(made, z)
    assert logits.shape == (*x.tokens.shape, DEPTH)
    assert torch.equal(torch.where(x.mask, logits.argmax(-1), 0), made.tokens)


@SEQUENCES
def test_the_logit_bias_forbids_and_forces_tokens(case: Case) -> None:
    model, x = case.build(loud=True), data(case)
    assert isinstance(model, GridAutoencoder)
    z = 2.0 * torch.randn(4, case.config.latent_size, generator=torch.Generator().manual_seed(0))
    plain = model.generate(z, x).tokens
    odd = torch.zeros(DEPTH).masked_fill(torch.arange(DEPTH) % 2 == 0, -torch.inf)
    for temperature in (0.0, 1.0):
        made = model.generate(z, x, temperature=temperature, logit_bias=odd)
        assert bool((made.tokens % 2 == 1)[x.mask].all())
    given = torch.rand(x.tokens.shape, generator=torch.Generator().manual_seed(1)) < 0.4
    made = model.generate(z, x, logit_bias=keep_tokens(x, given, DEPTH))
    assert torch.equal(made.tokens[given & x.mask], x.tokens[given & x.mask])
    assert not torch.equal(made.tokens, x.tokens) and not torch.equal(made.tokens, plain)
    given = torch.arange(x.tokens.shape[1]).expand_as(x.tokens) % 5 < 3  # the same time steps of all windows, never asked for
    keep = keep_tokens(x, given, DEPTH)
    assert torch.equal(model.generate(z, x, logit_bias=keep).tokens, model.generate(z, x, logit_bias=keep.clamp(-1e9)).tokens)
    for nothing in (torch.zeros(DEPTH), torch.zeros(1, 1, DEPTH), torch.zeros(*x.tokens.shape, DEPTH)):
        assert torch.equal(model.generate(z, x, logit_bias=nothing).tokens, plain)


@SEQUENCES
@pytest.mark.parametrize("call", ["encode", "log_likelihood", "generate"])
def test_windows_that_are_too_long_are_refused(case: Case, call: str) -> None:
    model, most = case.build(), case.config.max_steps
    x = GridBatch(torch.zeros(2, most + 1, dtype=torch.int64), torch.tensor([[most // 2, most // 2 + 1]] * 2))
    z = torch.zeros(2, case.config.latent_size)
    calls: dict[str, Callable[[], Any]] = {
        "encode": lambda: model.encode(x),
        "log_likelihood": lambda: model.log_likelihood(x, z),
        "generate": lambda: model.generate(z, x),
    }
    with pytest.raises(ParameterError) as error:
        calls[call]()
    assert (
        str(error.value) == f"A window of {most + 1} time steps is longer than the model's {most}; take fewer or shorter bars."
    )
