"""What the Tab key offers: values of options and arguments, found without importing torch.

Where none of the names fits what was typed, the shell offers files.
"""

import ast
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

__all__ = [
    "attributes",
    "checkpoints",
    "collections",
    "image_presets",
    "image_sets",
    "keys",
    "preset_names",
    "presets",
    "scales",
]

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completer(names: Callable[[], Iterable[str]], *, files: bool = False) -> Completer:
    """Return a completer that offers names, and files if none of them fits.

    Arguments:
        names: Called when the Tab key is pressed.
        files: Whether a file may be given instead.
    """

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        items = [CompletionItem(name) for name in names() if name.startswith(incomplete)]
        return items or [CompletionItem(incomplete, type="file")] * files

    return complete


def preset_names(module: str, variable: str) -> list[str]:
    """Return the keys of a dictionary of recipes, read from the module's source, since importing it would import torch."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return []
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == variable:
            keys = node.value.keys if isinstance(node.value, ast.Dict) else []
            return [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return []


def _shipped() -> Iterable[str]:
    from musicae.checkpoints.shipped import shipped

    return shipped()


def _collections() -> Iterable[str]:
    from musicae.datasets.music.collections import COLLECTIONS

    return COLLECTIONS


def _scales() -> Iterable[str]:
    from musicae.music.scales import SCALES

    return SCALES


def _keys() -> Iterable[str]:
    from musicae.music.scales import TONICS

    return TONICS


def _attributes() -> Iterable[str]:
    from musicae.music.metrics.attributes import ATTRIBUTES

    return [f"{name}=" for name in ATTRIBUTES]


checkpoints = _completer(_shipped, files=True)
collections = _completer(_collections, files=True)
presets = _completer(lambda: preset_names("musicae.music.recipes", "PRESETS"))
image_presets = _completer(lambda: preset_names("musicae.images.recipes", "IMAGE_PRESETS"))
image_sets = _completer(lambda: ("mnist", "fashion-mnist", "cifar-10"))
scales = _completer(_scales)
keys = _completer(_keys)
attributes = _completer(_attributes)
