"""One door to every model: `load` reads what a checkpoint holds, and returns the model of that wing, ready for use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from musicae.checkpoints.shipped import find_weights
from musicae.core.lazy_registry import Registry
from musicae.errors import CheckpointError

__all__ = ["load"]

# What loads a model of each domain that a checkpoint can name.
LOADERS: Registry[Callable[..., Any]] = Registry(
    {
        "music": "musicae.music.model:load",
        "images": "musicae.images.model:load",
    }
)


def load(name: str | Path = "melody-2bar", *, device: str = "auto") -> Any:
    """Load a model of any kind.

    The type of the result depends on the file. `musicae.music.model.load` and `musicae.images.model.load` return one type each.

    Arguments:
        name: A shipped model's name (`musicae models`), or the path of a checkpoint or run folder.
        device: `auto`, `cpu`, `cuda` or `mps`.

    Returns:
        A `musicae.music.model.MusicModel` or a `musicae.images.model.ImageModel`.

    Raises:
        CheckpointError: the checkpoint does not exist, is damaged or is of an unknown domain.
        ParameterError: the device is unknown or missing.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> model.bars, model.kind.name
        (2, 'melody')
    """
    from musicae.checkpoints.format import read_info  # needs torch, which takes seconds

    path = find_weights(name)
    domain = read_info(path).domain
    if domain not in LOADERS:
        raise CheckpointError(f"{path} holds a model of {domain!r}; known are {', '.join(LOADERS)}. Update musicae.")
    return LOADERS[domain](name, device=device)
