"""Models by name, looked for before torch is imported, which takes seconds."""

from pathlib import Path
from typing import TYPE_CHECKING

from musicae.checkpoints.shipped import find_weights

if TYPE_CHECKING:
    from musicae.images.model import ImageModel
    from musicae.music.model import MusicModel

__all__ = ["load_images", "load_music"]


def load_music(checkpoint: str | Path, device: str) -> "MusicModel":
    """Load a music model.

    Raises:
        CheckpointError: it does not exist, is damaged, or is not a music model.
    """
    find_weights(checkpoint)

    from musicae.music.model import load

    return load(checkpoint, device=device)


def load_images(checkpoint: str | Path, device: str) -> "ImageModel":
    """Load an image model.

    Raises:
        CheckpointError: it does not exist, is damaged, or is not an image model.
    """
    find_weights(checkpoint)

    from musicae.images.model import load

    return load(checkpoint, device=device)
