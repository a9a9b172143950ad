"""Infilling: given tokens are kept, and `exact` is true where the code alone gives them."""

from collections.abc import Callable
from pathlib import Path

import torch

import musicae
from musicae import Score
from musicae.music.latent.infill import infill


def test_exact_is_true_where_the_code_alone_keeps_what_is_given(
    small_checkpoint: Path, make_tune: Callable[..., Score]
) -> None:
    model = musicae.load(small_checkpoint, device="cpu")
    x = model.batch(*(make_tune(seed) for seed in range(4)))
    given = x.bar_index == 0
    done = infill(model.network, x, given)
    free = model.network.generate(done.z, x)
    same = ((free.tokens == x.tokens) | ~given).all(1)
    assert bool(same[done.exact].all()) and int(done.exact.sum()) >= 3
    assert torch.equal(done.windows.tokens[given], x.tokens[given])
