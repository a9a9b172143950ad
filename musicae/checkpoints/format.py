"""Checkpoints: safetensors files with a full description in their metadata, so that each can be used alone; never pickle.

A checkpoint holds the versions of format and library, the domain and kind of its data, the model's name and configuration, its
representation, its training data with licences, and metrics. `read_info` reads this without the weights.

Format version 2 is written. Version 1, of musicae 0.1, is read too (see `musicae.checkpoints.version_1`).
"""

import json
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from musicae.checkpoints.version_1 import upgrade_info, upgrade_parameters
from musicae.core.config import from_dict, to_dict
from musicae.core.files import write_atomically
from musicae.core.registry import MODELS
from musicae.errors import CheckpointError, MusicaeError

__all__ = ["FORMAT_VERSION", "CheckpointInfo", "load_checkpoint", "read_info", "save_checkpoint"]

FORMAT_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class CheckpointInfo:
    """The description of a checkpoint.

    Arguments:
        domain: What its data are: `music` or `images`.
        kind: Kind of music, `melody` or `drums`; empty for images.
        model: Name of the model class (a key of `musicae.core.registry.MODELS`).
        config: Its configuration.
        representation: What `Representation.to_dict` returned; empty for images.
        bars: Bars per window; 0 for images.
        step: Optimizer steps so far.
        training: Training configuration.
        data: Collections with their licences.
        metrics: Measured metrics by name.
        musicae_version: Version of the library that wrote it; filled in when it is saved, if empty.
        format_version: Version of the file's layout; a file is always written with `FORMAT_VERSION`.
    """

    domain: str
    kind: str = ""
    model: str
    config: dict[str, Any]
    representation: dict[str, Any] = field(default_factory=dict)
    bars: int = 0
    step: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    musicae_version: str = ""
    format_version: int = FORMAT_VERSION


def save_checkpoint(path: Path, model: nn.Module, info: CheckpointInfo, *, half: bool = False) -> None:
    """Write a model's weights and its description, whole or not at all.

    Arguments:
        path: The file.
        model: The model.
        info: Its description.
        half: Whether to store floating-point weights in half precision.
    """
    from safetensors.torch import save

    tensors = {}
    for name, tensor in model.state_dict().items():
        stored = tensor.detach().to("cpu").contiguous()
        tensors[name] = stored.half() if half and stored.is_floating_point() else stored.clone()
    description = to_dict(info)
    description |= {"format_version": FORMAT_VERSION, "musicae_version": info.musicae_version or _version()}
    metadata = {"musicae": json.dumps(description, sort_keys=True)}
    write_atomically(path, save(tensors, metadata))


def _version() -> str:
    """Return the library's version, or an empty string in a checkout that is not installed."""
    try:
        return version("musicae")
    except PackageNotFoundError:
        return ""


def read_info(path: str | Path) -> CheckpointInfo:
    """Read a checkpoint's description without its weights.

    Returns:
        The description in the terms of today, whatever the version of the file, which `format_version` gives.

    Raises:
        CheckpointError: the file is missing, is not a checkpoint of musicae, or has a newer format.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        reason = "does not exist" if not path.exists() else "is not a safetensors file, or is damaged"
        raise CheckpointError(f"{path} {reason}. Give a checkpoint written by `musicae train`.") from error
    if "musicae" not in metadata:
        raise CheckpointError(
            f"{path} is not a checkpoint of musicae: its metadata lack the key 'musicae'. Give one written by `musicae train`."
        )
    try:
        values = json.loads(metadata["musicae"])
        written = values.get("format_version")
        if written not in (1, FORMAT_VERSION):
            raise CheckpointError(
                f"{path} has format {written}; this version of musicae reads formats 1 and {FORMAT_VERSION}. Update musicae."
            )
        return from_dict(CheckpointInfo, upgrade_info(values) if written == 1 else values, where=str(path))
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} has damaged metadata ({error}). Copy or train it again.") from error


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> tuple[nn.Module, CheckpointInfo]:
    """Build the model of a checkpoint and load its weights (in single precision), ready for use.

    Raises:
        CheckpointError: the file is unusable; the text names the part.
    """
    from safetensors.torch import load

    info = read_info(path)
    if info.model not in MODELS:
        raise CheckpointError(f"{path} holds a model {info.model!r}; known are {', '.join(MODELS)}. Update musicae.")
    model_class = MODELS[info.model]
    try:
        model = model_class(from_dict(model_class.config_type, info.config, where=str(path)))
    except (MusicaeError, RuntimeError) as error:  # RuntimeError: torch cannot make tensors of these sizes
        raise CheckpointError(f"{path} holds an unusable configuration. {error}") from error
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in load(Path(path).read_bytes()).items()}
    if info.format_version == 1:
        tensors = upgrade_parameters(info.model, to_dict(model.config), tensors)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(f"The weights in {path} do not fit its configuration: {reason}.") from error
    return model.to(device).eval(), info
