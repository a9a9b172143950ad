"""Find checkpoints by name or path: the shipped ones lie in `musicae/weights`."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicae.core.config import nearest
from musicae.errors import CheckpointError

if TYPE_CHECKING:
    import torch

    from musicae.checkpoints.format import CheckpointInfo
    from musicae.core.autoencoder import Autoencoder

__all__ = ["find_weights", "load_weights", "shipped"]


@lru_cache(maxsize=1)
def shipped() -> dict[str, Path]:
    """Return the shipped checkpoints: name to file."""
    folder = Path(str(files("musicae.weights")))
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def find_weights(name: str | Path) -> Path:
    """Return the file of a checkpoint given by a shipped model's name or by its path.

    Raises:
        CheckpointError: there is neither.
    """
    path = Path(name)
    if str(name) in shipped():
        return shipped()[str(name)]
    if path.is_file():
        return path
    for weights in (path / "best.safetensors", path / "last.safetensors"):  # of a run that was not validated yet only the last
        if weights.is_file():
            return weights
    known = ", ".join(shipped()) or "none"
    hint = nearest(str(name), shipped())
    raise CheckpointError(f"There is no checkpoint {str(name)!r}: neither a file nor a shipped model{hint} Shipped: {known}.")


def load_weights(name: str | Path, device: "str | torch.device" = "cpu") -> "tuple[Autoencoder[Any], CheckpointInfo]":
    """Load a checkpoint by name or path.

    Raises:
        CheckpointError: it does not exist or is unusable.
    """
    from musicae.checkpoints.format import load_checkpoint  # needs torch, which takes seconds; names are found without
    from musicae.core.autoencoder import Autoencoder

    model, info = load_checkpoint(find_weights(name), device)
    assert isinstance(model, Autoencoder)
    return model, info
