"""Names that have changed since format version 1 are mapped when a checkpoint is read: fields, parameters, nested models."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, final

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, read_info, save_checkpoint
from musicae.core.autoencoder import Autoencoder, Nested
from musicae.core.distributions import Point
from musicae.core.registry import MODELS
from musicae.errors import CheckpointError


@final
@dataclass(frozen=True, kw_only=True)
class ToyConfig:
    """Sizes of a `Toy`."""

    width: int = 2


@final
class Toy(Autoencoder[Tensor]):
    """A model some of whose names have changed."""

    name: ClassVar[str] = "toy"
    config_type = ToyConfig
    renamed_parameters: ClassVar[Mapping[str, str]] = {
        "layer": "reader.layer",
        "layer.special": "special",
        "bias": "table.bias",
    }
    renamed_fields: ClassVar[Mapping[str, str]] = {"size": "width"}

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.config = config
        self.latent_size = config.width
        self.reader = nn.ModuleDict({"layer": nn.Linear(config.width, config.width)})
        self.special = nn.Linear(config.width, 1)
        self.table = nn.Linear(1, config.width)
        self.layered = nn.Linear(1, 1)

    def encode(self, x: Tensor) -> Point:
        return Point(x)

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        return (x - z).sum(1)

    def generate(
        self, z: Tensor, like: Tensor, *, temperature: float = 0.0, generator: torch.Generator | None = None
    ) -> Tensor:
        return z


OLD = {
    "layer.weight": torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
    "layer.bias": torch.tensor([5.0, 6.0]),
    "layer.special.weight": torch.tensor([[7.0, 8.0]]),
    "layer.special.bias": torch.tensor([9.0]),
    "table.weight": torch.tensor([[10.0], [11.0]]),
    "bias": torch.tensor([12.0, 13.0]),
    "layered.weight": torch.tensor([[14.0]]),
    "layered.bias": torch.tensor([15.0]),
}
NEW = {
    "reader.layer.weight": OLD["layer.weight"],
    "reader.layer.bias": OLD["layer.bias"],
    "special.weight": OLD["layer.special.weight"],
    "special.bias": OLD["layer.special.bias"],
    "table.weight": OLD["table.weight"],
    "table.bias": OLD["bias"],
    "layered.weight": OLD["layered.weight"],
    "layered.bias": OLD["layered.bias"],
}


@final
@dataclass(frozen=True, kw_only=True)
class OuterConfig:
    """Sizes of an `Outer`."""

    base: str = "toy"
    base_config: dict[str, Any] = field(default_factory=dict)


@final
class Outer(Autoencoder[Tensor]):
    """A model with a `Toy` inside, and parameters named as those of the `Toy`."""

    name: ClassVar[str] = "outer"
    config_type = OuterConfig
    nested = (Nested("inner", "base", "base_config"),)

    def __init__(self, config: OuterConfig) -> None:
        super().__init__()
        self.config = config
        self.inner = Toy(ToyConfig(**config.base_config))
        self.latent_size = self.inner.latent_size
        self.layer = nn.Linear(1, 1, bias=False)

    encode = Toy.encode
    log_likelihood = Toy.log_likelihood
    generate = Toy.generate


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes a checkpoint of a toy model, which is registered meanwhile."""
    monkeypatch.setitem(MODELS.places, "toy", f"{__name__}:Toy")
    monkeypatch.setitem(MODELS.places, "outer", f"{__name__}:Outer")

    def make(tensors: dict[str, Tensor], **description: Any) -> Path:
        path = tmp_path / "toy.safetensors"
        save_file(tensors, path, {"musicae": json.dumps(description)})
        return path

    return make


def equal(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> bool:
    """Return whether two state dicts are the same."""
    return set(ours) == set(theirs) and all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


def test_names_of_version_1_are_mapped(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(OLD, format_version=1, model="toy", config={"size": 2})
    model, info = load_checkpoint(path)
    assert info == CheckpointInfo(domain="images", model="toy", config={"width": 2}, format_version=1)
    assert equal(model.state_dict(), NEW), "the longest prefix of whole words counts"
    save_checkpoint(tmp_path / "again.safetensors", model, info)
    again, written = load_checkpoint(tmp_path / "again.safetensors")
    assert written.format_version == 2 and written.config == {"width": 2}
    assert equal(again.state_dict(), NEW)


def test_names_of_a_nested_model_are_mapped(write: Callable[..., Path]) -> None:
    own = {"layer.weight": torch.tensor([[16.0]])}
    tensors = {**own, **{f"inner.{name}": tensor for name, tensor in OLD.items()}}
    config = {"base": "toy", "base_config": {"size": 2}}
    model, info = load_checkpoint(write(tensors, format_version=1, model="outer", config=config))
    assert info.config == {"base": "toy", "base_config": {"width": 2}}
    assert equal(model.state_dict(), {**own, **{f"inner.{name}": tensor for name, tensor in NEW.items()}})


def test_version_2_has_the_names_of_today_only(write: Callable[..., Path]) -> None:
    description = {"format_version": 2, "domain": "images", "model": "toy"}
    assert equal(load_checkpoint(write(NEW, **description, config={"width": 2}))[0].state_dict(), NEW)
    with pytest.raises(CheckpointError, match="do not fit its configuration"):
        load_checkpoint(write(OLD, **description, config={"width": 2}))
    with pytest.raises(CheckpointError, match="Unknown field 'size' of ToyConfig"):
        load_checkpoint(write(NEW, **description, config={"size": 2}))


@pytest.mark.parametrize(
    ("representation", "domain", "kind"),
    [
        ({}, "images", ""),
        ({"name": "melody", "lowest": 21}, "music", "melody"),
        ({"name": "melody-triplets"}, "music", "melody"),
        ({"name": "drums"}, "music", "drums"),
        ({"name": "of-their-own"}, "music", ""),
    ],
)
def test_domain_and_kind_come_from_the_representation(
    representation: dict[str, Any], domain: str, kind: str, write: Callable[..., Path]
) -> None:
    info = read_info(write(OLD, format_version=1, model="unknown", config={"size": 2}, representation=representation))
    assert (info.domain, info.kind, info.config) == (domain, kind, {"size": 2})
