"""Options and steps that several commands of `musicae image` share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musicae.cli.support import completions, options
from musicae.cli.support.bundles import bundle
from musicae.cli.support.loading import load_images
from musicae.cli.support.outputs import claim, targets
from musicae.cli.support.result_lines import Lines, json_option
from musicae.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from musicae.core.progress import Progress
    from musicae.images.data import ImageData, Split
    from musicae.images.model import ImageModel

__all__ = ["HeldOut", "Job", "checkpoint", "data", "data_dir", "held_out", "image_files", "job", "labels", "labels_for"]

F = TypeVar("F", bound=Callable[..., Any])

image_files = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
data = click.option(
    "--data",
    metavar="NAME",
    help="mnist, fashion-mnist or cifar-10. [default: the set that the model or recipe is for]",
    shell_complete=completions.image_sets,
)
data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder with the official files. [default: the cache, then a download]",
)


@dataclass(frozen=True)
class HeldOut:
    """The images that a checkpoint is measured or drawn on.

    Arguments:
        data: Name of the set; None takes the model's.
        data_dir: Folder with its files.
        split: Part of the set.
    """

    data: str | None
    data_dir: Path | None
    split: "Split"

    def open(self, model: "ImageModel", progress: "Progress") -> "ImageData":
        """Return the images of the split and of the training split."""
        from musicae.datasets.images import open_images_for

        return open_images_for(model, self.data, self.data_dir, splits=(self.split, "train"), progress=progress)


held_out = bundle("held_out", HeldOut, ("data", "data_dir", "split"), (data, data_dir, options.split))


@dataclass(frozen=True, kw_only=True)
class Job:
    """The model of a command on images, how images are made to fit it, and where results go.

    Arguments:
        checkpoint: A shipped model or a file.
        device: Where to compute.
        zoom: Side of a pixel in the files.
        output: A .png file for the only result, or a folder.
        force: Whether files that exist are overwritten.
        as_json: Whether --json was given.
        fit: Whether images of another size or mode are cut, resized and recoloured.
        invert: Whether black and white are exchanged.
    """

    checkpoint: str
    device: str
    zoom: int
    output: Path
    force: bool
    as_json: bool
    fit: bool = False
    invert: bool = False

    @property
    def lines(self) -> Lines:
        """How results are printed."""
        return Lines(self.as_json)

    @property
    def one_sheet(self) -> bool:
        """Whether -o names one image for all results."""
        return self.output.suffix.lower() == ".png" and not self.output.is_dir()

    def claim(self, names: Sequence[str]) -> list[Path]:
        """Return the file that each result goes to, checked."""
        files = targets(self.output, names, suffixes=(".png",))
        claim(files, force=self.force)
        return files

    def load(self, files: Sequence[Path] = ()) -> "ImageModel":
        """Return the model.

        Arguments:
            files: Images that will be read.

        Raises:
            DataError: one of them does not exist.
        """
        gone = next((path for path in files if not path.exists()), None)
        if gone is not None:  # reported before torch is imported, which takes seconds
            raise DataError(f"{gone}: no such file.")
        return load_images(self.checkpoint, self.device)

    def read(self, model: "ImageModel", files: Sequence[Path], *, small: bool = False) -> "Tensor":
        """Return the images of files, shape (B, C, H, W); `small` ones are those that the model enlarges."""
        import torch

        return torch.cat([model.read(path, fit=self.fit, invert=self.invert, small=small) for path in files])

    def write(self, image: "Tensor", path: Path) -> None:
        """Write one image."""
        from musicae.images.files import write_image

        write_image(image, path, zoom=self.zoom)


def job(model: str, output: str, text: str, *, reads: bool = True) -> Callable[[F], F]:
    """Return a decorator that adds the options of a `Job`; the command gets them as one argument `job`.

    Arguments:
        model: The model if none is named.
        output: Where results go if -o is not given; empty for what `text` states.
        text: What -o is.
        reads: Whether the command reads images, so that they may have to be made to fit.
    """
    parts = [
        click.option("--fit", is_flag=True, help="Cut, resize and recolour images of another size or mode."),
        click.option("--invert", is_flag=True, help="Exchange black and white, for dark ink on white paper."),
        checkpoint(model),
        options.device,
        click.option("--zoom", type=click.IntRange(1, 64), default=1, show_default=True, help="Side of a pixel in the files."),
        options.output(output, text),
        options.force,
        json_option,
    ]
    names = [field.name for field in fields(Job)]
    return bundle("job", Job, names, parts) if reads else bundle("job", Job, names[:-2], parts[2:])


def checkpoint(default: str) -> Callable[[F], F]:
    """Return the option for the model."""
    return options.checkpoint_named(default)


def labels(text: str) -> Callable[[F], F]:
    """Return the option for the classes of images of a conditional model."""
    return click.option("--label", "labels", type=int, multiple=True, help=text)


def labels_for(model: "ImageModel", given: Sequence[int], count: int) -> "Tensor | None":
    """Return `count` labels, those given in turn, for a conditional model; None for any other.

    Raises:
        click.ClickException: a conditional model without labels, a label out of range, or labels for another model.
    """
    import torch

    classes = model.network.classes
    if not classes:
        if given:
            raise click.ClickException(f"{model.name} is not conditional; drop --label, or choose a model such as cvae.")
        return None
    if not given:
        raise click.ClickException(f"{model.name} is conditional; give --label, one of 0 to {classes - 1}.")
    wrong = next((label for label in given if not 0 <= label < classes), None)
    if wrong is not None:
        raise click.ClickException(f"The label {wrong} is out of range; {model.name} has 0 to {classes - 1}.")
    return torch.tensor([given[i % len(given)] for i in range(count)])
