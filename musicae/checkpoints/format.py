"""Checkpoints: safetensors with all that is needed to use them alone in their metadata; never pickle.

A checkpoint holds format and library version, the model's name and configuration, its representation, training data with
licences, and measured figures. `read_info` reads them without loading a weight.
"""

import json
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from musicae.core.config import from_dict, to_dict
from musicae.core.files import write_atomically
from musicae.core.registry import MODELS
from musicae.errors import CheckpointError, MusicaeError

__all__ = ["FORMAT_VERSION", "CheckpointInfo", "load_checkpoint", "read_info", "save_checkpoint"]

FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class CheckpointInfo:
    """What a checkpoint says of itself.

    Arguments:
        model: Name of the model class (a key of `musicae.core.registry.MODELS`).
        config: Its configuration.
        representation: What `Representation.to_dict` returned; empty for images.
        bars: Bars a window; 0 for images.
        step: Optimizer steps so far.
        training: Training configuration.
        data: Collections with their licences.
        metrics: Measured figures by name.
        musicae_version: Version of the library that wrote it; filled in on saving where it is empty.
        format_version: Version of this layout.
    """

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
        kept = tensor.detach().to("cpu").contiguous()
        tensors[name] = kept.half() if half and kept.is_floating_point() else kept.clone()
    said = to_dict(info)
    said["musicae_version"] = info.musicae_version or _version()
    metadata = {"musicae": json.dumps(said, sort_keys=True)}
    write_atomically(path, save(tensors, metadata))


def _version() -> str:
    """Return the library's version, or an empty string in a checkout that is not installed."""
    try:
        return version("musicae")
    except PackageNotFoundError:
        return ""


def read_info(path: str | Path) -> CheckpointInfo:
    """Read a checkpoint's description without its weights.

    Raises:
        CheckpointError: the file is missing, no checkpoint of musicae, or of a newer format.
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
            f"{path} is no checkpoint of musicae: its metadata lack the key 'musicae'. Give one written by `musicae train`."
        )
    try:
        values = json.loads(metadata["musicae"])
        written = values.get("format_version")
        if written != FORMAT_VERSION:
            raise CheckpointError(
                f"{path} has format {written}; this version of musicae reads format {FORMAT_VERSION}. Update musicae."
            )
        return from_dict(CheckpointInfo, values, where=str(path))
    except (ValueError, AttributeError) as error:
        raise CheckpointError(f"{path} has damaged metadata ({error}). Copy or train it again.") from error


def load_checkpoint(path: str | Path, device: str | torch.device = "cpu") -> tuple[nn.Module, CheckpointInfo]:
    """Build the model of a checkpoint and load its weights (in single precision), ready for use.

    Raises:
        CheckpointError: the file is unusable; the text says which part.
    """
    from safetensors.torch import load

    info = read_info(path)
    if info.model not in MODELS:
        raise CheckpointError(f"{path} holds a model {info.model!r}; known are {', '.join(MODELS)}. Update musicae.")
    kind = MODELS[info.model]
    try:
        model = kind(from_dict(kind.config_type, info.config, where=str(path)))
    except (MusicaeError, RuntimeError) as error:  # RuntimeError: torch cannot make tensors of these sizes
        raise CheckpointError(f"{path} holds an unusable configuration. {error}") from error
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in load(Path(path).read_bytes()).items()}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(f"The weights in {path} do not fit its configuration: {reason}.") from error
    return model.to(device).eval(), info
