"""Layers that both wings use: dense networks and their activations."""

from collections.abc import Sequence
from typing import Literal

from torch import nn

from musicae.errors import ParameterError

__all__ = ["Activation", "activation_layer", "mlp"]

Activation = Literal["relu", "silu", "tanh"]

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU, "tanh": nn.Tanh}


def activation_layer(name: Activation) -> nn.Module:
    """Return a new activation layer.

    Raises:
        ParameterError: the name is unknown.
    """
    if name not in _ACTIVATIONS:
        raise ParameterError(f"Unknown activation {name!r}. Allowed: {', '.join(_ACTIVATIONS)}.")
    return _ACTIVATIONS[name]()


def mlp(sizes: Sequence[int], *, activation: Activation = "relu") -> nn.Sequential:
    """Return dense layers with activations between them, and none after the last.

    Arguments:
        sizes: Width of the input, of each hidden layer, and of the output; at least two.
        activation: Name of the activation.

    Returns:
        A network from (B, sizes[0]) to (B, sizes[-1]).

    Raises:
        ParameterError: fewer than two sizes, or one below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ParameterError(f"A dense network needs at least two sizes, each at least 1; got {tuple(sizes)}.")
    layers: list[nn.Module] = []
    for i in range(len(sizes) - 1):
        if i > 0:
            layers.append(activation_layer(activation))
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
    return nn.Sequential(*layers)
