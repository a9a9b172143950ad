"""Read checkpoints and run folders of format version 1, which musicae 0.1 wrote and the shipped weights still have.

Version 1 names neither domain nor kind, and some configuration fields and parameters had other names. Each model class states
its own changes: `Autoencoder.renamed_fields`, `Autoencoder.renamed_parameters` and, for a model that contains another one,
`Autoencoder.nested`.
"""

import json
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from musicae.core.autoencoder import Autoencoder
from musicae.core.registry import MODELS

__all__ = ["upgrade_config", "upgrade_info", "upgrade_parameters", "upgrade_state"]

KINDS = {"melody": "melody", "melody-triplets": "melody", "drums": "drums"}  # per representation of version 1


def upgrade_info(values: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a version 1 checkpoint with domain, kind and the field names of today.

    Values of a wrong type stay as they are, so that the caller can name them.
    """
    representation = values.get("representation")
    name = representation.get("name") if isinstance(representation, dict) else None
    domain, kind = ("music", KINDS.get(str(name), "")) if representation else ("images", "")
    upgraded = {"domain": domain, "kind": kind, **values}
    if isinstance(values.get("config"), dict):
        upgraded["config"] = upgrade_config(values.get("model"), values["config"])
    if isinstance(values.get("data"), dict):
        upgraded["data"] = _upgrade_data(values["data"])
    return upgraded


def upgrade_config(model: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's configuration of version 1 with the field names of today.

    Arguments:
        model: Name of the model class; the configuration of an unknown model is returned as it is.
        config: Its configuration.
    """
    kind = _model_class(model)
    if kind is None:
        return dict(config)
    upgraded = {kind.renamed_fields.get(name, name): value for name, value in config.items()}
    for part in kind.nested:
        inner = upgraded.get(part.config)
        if isinstance(inner, Mapping):
            upgraded[part.config] = upgrade_config(upgraded.get(part.model), inner)
    return upgraded


def upgrade_parameters(model: str, config: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a model's state dict of version 1 with the parameter names of today.

    Arguments:
        model: Name of the model class.
        config: Its configuration, with the field names of today.
        tensors: Tensors by name.
    """
    return {_parameter(model, config, name): tensor for name, tensor in tensors.items()}


def upgrade_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a training state of version 1 with the names of today.

    The optimizer's part needs no change, because it refers to the parameters by their order, which is still the same.

    Raises:
        KeyError: the state has no recipe or no weights.
    """
    recipe = json.loads(state["recipe"])
    recipe["config"] = upgrade_config(recipe["model"], recipe["config"])
    recipe["data"] = _upgrade_data(recipe["data"])
    weights = upgrade_parameters(recipe["model"], recipe["config"], state["model"])
    upgraded = {"discriminator" if name == "opponent" else name: value for name, value in state.items()}
    return {**upgraded, "recipe": json.dumps(recipe), "model": weights}


def _upgrade_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of training data of version 1 with the words of today, which are new for images only."""
    upgraded = {"images" if name == "pictures" else name: value for name, value in data.items()}
    task = upgraded.get("task")
    if isinstance(task, Mapping) and task.get("name") == "pictures":
        upgraded["task"] = {**task, "name": "images"}
    return upgraded


def _parameter(model: Any, config: Any, name: str) -> str:
    """Return the name of today of one parameter."""
    kind = _model_class(model)
    if kind is None:
        return name
    for part in kind.nested:
        if name.startswith(f"{part.module}."):
            inner = _parameter(config[part.model], config[part.config], name.removeprefix(f"{part.module}."))
            return f"{part.module}.{inner}"
    words = name.split(".")
    for end in range(len(words), 0, -1):  # the longest prefix counts
        prefix = ".".join(words[:end])
        if prefix in kind.renamed_parameters:
            return ".".join([kind.renamed_parameters[prefix], *words[end:]])
    return name


def _model_class(name: Any) -> type[Autoencoder[Any]] | None:
    """Return a model class by name; None if there is none, as in damaged metadata."""
    return MODELS[name] if isinstance(name, str) and name in MODELS else None
