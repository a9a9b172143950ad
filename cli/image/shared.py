"""Options and steps that several commands of `musicae image` share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.outputs import claim, targets

if TYPE_CHECKING:
    from torch import Tensor

    from musicae.pictures import PictureModel

__all__ = ["checkpoint", "data", "data_dir", "fitting", "labels_for", "one_sheet", "picture_files", "picture_targets", "zoom"]

F = TypeVar("F", bound=Callable[..., Any])

picture_files = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
data = click.option(
    "--data", metavar="NAME", help="mnist, fashion-mnist or cifar-10. [default: what the model or recipe was made for]"
)
data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder with the official files. [default: the cache, then a download]",
)
zoom = click.option("--zoom", type=click.IntRange(1, 64), default=1, show_default=True, help="Side of a pixel in the files.")


def checkpoint(default: str) -> Callable[[F], F]:
    """Return the option for the model."""
    return click.option(
        "--checkpoint",
        "-c",
        default=default,
        show_default=True,
        metavar="NAME|FILE",
        help="A shipped model or what `musicae image train` wrote.",
    )


def fitting(function: F) -> F:
    """Add the options that make any picture fit a model."""
    function = click.option("--invert", is_flag=True, help="Exchange black and white, for dark ink on white paper.")(function)
    return click.option("--fit", is_flag=True, help="Cut, resize and recolour pictures of another size or mode.")(function)


def picture_targets(output: Path, names: Sequence[str], *, force: bool) -> list[Path]:
    """Return the file that each result goes to, checked: -o is a .png file for the only result, or a folder."""
    files = targets(output, names, suffixes=(".png",))
    claim(files, force=force)
    return files


def one_sheet(output: Path) -> bool:
    """Return whether -o names one picture for all results."""
    return output.suffix.lower() == ".png" and not output.is_dir()


def labels_for(model: "PictureModel", given: Sequence[int], count: int) -> "Tensor | None":
    """Return `count` labels, those given in turn, for a conditional model; None for any other.

    Raises:
        click.ClickException: a conditional model without labels, a label out of range, or labels for another model.
    """
    import torch

    classes = model.model.classes
    if not classes:
        if given:
            raise click.ClickException(f"{model.name} is told no labels; leave out --label, or take a model such as cvae.")
        return None
    if not given:
        raise click.ClickException(f"{model.name} is conditional; give --label, one of 0 to {classes - 1}.")
    wrong = next((label for label in given if not 0 <= label < classes), None)
    if wrong is not None:
        raise click.ClickException(f"The label {wrong} is out of range; {model.name} knows 0 to {classes - 1}.")
    return torch.tensor([given[i % len(given)] for i in range(count)])
