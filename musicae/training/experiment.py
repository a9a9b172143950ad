"""What the experiments of music and images share: starting a model from the weights of a checkpoint."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from musicae.checkpoints.shipped import load_weights
from musicae.core.autoencoder import Autoencoder
from musicae.core.config import to_dict
from musicae.errors import CheckpointError, ParameterError

__all__ = ["Transfer", "start_from"]

Transfer = Callable[[Autoencoder[Any]], bool]


def start_from(
    model: Autoencoder[Any],
    name: str | Path,
    *,
    representation: Mapping[str, Any] = MappingProxyType({}),
    transfer: Transfer | None = None,
) -> bool:
    """Start a model from the weights of a checkpoint.

    A model of the same class and sizes takes all weights, whatever dropout the checkpoint was trained with.

    Arguments:
        model: The model.
        name: A shipped model's name or the path of a checkpoint.
        representation: What `Representation.to_dict` returns for the model's data; empty for images.
        transfer: Called with the checkpoint's model if its class differs. It copies a part of the weights and returns whether
            the new model uses its code from the first step.

    Returns:
        Whether the model uses its code from the first step.

    Raises:
        CheckpointError: the checkpoint holds another model, size or representation.
    """
    other, info = load_weights(name)
    problem = f"{name} holds another model, size or representation than the recipe; train the preset it came from."
    if info.representation != dict(representation):
        raise CheckpointError(problem)
    if other.name == model.name and _sizes(other.config) == _sizes(model.config):
        model.load_state_dict(other.state_dict())
        return True
    if transfer is None or other.name == model.name:
        raise CheckpointError(problem)
    try:
        return transfer(other)
    except ParameterError as error:
        raise CheckpointError(f"{problem} {error}") from error


def _sizes(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration that weights depend on: all but the dropout shares."""
    return {name: value for name, value in to_dict(config).items() if not name.endswith("_dropout")}
