"""Models over blocks: their submodules, and weights that one takes from another."""

import pytest
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.models.blocks import BlockAutoencoder
from support.models import Case, conductor, plan

PHRASE = plan(max_bar_steps=8)  # its windows of 16 time steps are the phrases of LONG
LONG = conductor(max_bar_steps=8, max_steps=32, bars=4, latent_size=16)


def build(case: Case, seed: int) -> BlockAutoencoder:
    """Return a fresh model."""
    model = case.build(seed, loud=True)
    assert isinstance(model, BlockAutoencoder)
    return model


def equal(ours: torch.nn.Module, theirs: torch.nn.Module) -> bool:
    """Return whether two modules have the same weights."""
    other = theirs.state_dict()
    return all(torch.equal(tensor, other[name]) for name, tensor in ours.state_dict().items())


def snapshot(model: BlockAutoencoder) -> dict[str, Tensor]:
    """Return a copy of a model's weights."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_every_parameter_belongs_to_a_submodule() -> None:
    parts = {name.partition(".")[0] for name, _ in build(plan(expression_parts=4), 0).named_parameters()}
    assert parts == {"token", "reader", "writer", "expression", "head"}
    assert build(plan(), 0).expression is None


def test_a_model_takes_reader_and_writer_of_another() -> None:
    ours, theirs = build(conductor(max_bar_steps=8, hidden_size=30), 1), build(PHRASE, 0)
    before = snapshot(ours)
    assert ours.take_weights(theirs) is False, "the head has other sizes"
    for name in ("token", "reader", "writer"):
        assert equal(getattr(ours, name), getattr(theirs, name))
    kept = {name: tensor for name, tensor in ours.state_dict().items() if name.partition(".")[0] in ("head", "conductor")}
    assert kept and all(torch.equal(tensor, before[name]) for name, tensor in kept.items())


def test_expression_is_taken_too() -> None:
    ours, theirs = build(conductor(expression_parts=4), 1), build(plan(expression_parts=4), 0)
    assert ours.expression is not None and theirs.expression is not None
    ours.take_weights(theirs)
    assert equal(ours.expression, theirs.expression)


def test_a_model_of_many_bars_takes_the_head_of_one_whose_windows_are_its_phrases() -> None:
    ours, theirs = build(LONG, 1), build(PHRASE, 0)
    assert ours.take_weights(theirs) is True
    assert equal(ours.head, theirs.head)
    assert theirs.take_weights(ours) is False, "a model of few bars takes no head"


def test_a_model_takes_no_head_of_a_model_of_its_own_class() -> None:
    for case in (PHRASE, LONG):
        ours, theirs = build(case, 1), build(case, 0)
        before = snapshot(ours)
        assert ours.take_weights(theirs) is False
        assert all(torch.equal(tensor, before[f"head.{name}"]) for name, tensor in ours.head.state_dict().items())


def test_other_block_sizes_are_refused() -> None:
    with pytest.raises(ParameterError) as error:
        build(LONG, 1).take_weights(build(plan(max_bar_steps=8, cell_size=13), 0))
    assert str(error.value) == "The models' blocks differ: cell_size is 12 here and 13 there."
    with pytest.raises(ParameterError, match="expression_parts is 0 here and 4 there"):
        build(conductor(), 1).take_weights(build(plan(expression_parts=4), 0))
