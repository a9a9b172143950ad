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
    """Return the files of the shipped checkpoints by name."""
    folder = Path(str(files("musicae.weights")))
    return {path.stem: path for path in sorted(folder.glob("*.safetensors"))}


def find_weights(name: str | Path) -> Path:
    """Return the file of a checkpoint.

    Arguments:
        name: A shipped model's name, the path of a checkpoint, or that of a run folder, whose best weights are taken.

    Raises:
        CheckpointError: there is none.
    """
    path = Path(name)
    if str(name) in shipped():
        return shipped()[str(name)]
    if path.is_file():
        return path
    for weights in (path / "best.safetensors", path / "last.safetensors"):  # before the first validation there is only the last
        if weights.is_file():
            return weights
    known = ", ".join(shipped()) or "none"
    hint = nearest(str(name), shipped())
    raise CheckpointError(f"There is no checkpoint {str(name)!r}: neither a file nor a shipped model{hint} Shipped: {known}.")


def load_weights(name: str | Path, device: "str | torch.device" = "cpu") -> "tuple[Autoencoder[Any], CheckpointInfo]":
    """Load a checkpoint by name or path (see `find_weights`).

    Raises:
        CheckpointError: it does not exist or is unusable.
    """
    from musicae.checkpoints.format import load_checkpoint  # needs torch, which takes seconds
    from musicae.core.autoencoder import Autoencoder

    model, info = load_checkpoint(find_weights(name), device)
    assert isinstance(model, Autoencoder)
    return model, info
