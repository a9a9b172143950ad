"""Images from PNG and JPEG files and to PNG files (with Pillow)."""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from musicae.core.files import write_atomically
from musicae.errors import DataError, ParameterError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["read_image", "tile", "write_image"]

_MODES = {1: "L", 3: "RGB"}
_COLOURS = {"L": "grey", "RGB": "colour"}
_MOST_PIXELS = 50_000_000


def read_image(path: Path, *, size: int, channels: int, fit: bool = False, invert: bool = False) -> Tensor:
    """Read a PNG or JPEG file.

    Arguments:
        path: The file.
        size: Required side in pixels.
        channels: 1 for grey, 3 for colour.
        fit: Whether to crop the middle square, resize it and convert its mode if needed; otherwise such files are errors.
        invert: Whether to exchange black and white, for dark ink on white paper if the model was trained on white ink on black.

    Returns:
        Floats in [0, 1], shape (1, C, size, size).

    Raises:
        DataError: the file is missing, is not an image, or has another size or mode than required.
    """
    import numpy as np

    mode = _MODES[channels]
    image = _open(path)
    if fit:
        image = _fitted(image, size, mode)
    if image.mode != mode or image.size != (size, size):
        shape = f"{image.width} x {image.height} pixels in mode {image.mode}"
        raise DataError(
            f"{path}: {shape}, but the model needs {size} x {size} pixels in mode {mode} ({_COLOURS[mode]}); --fit converts it."
        )
    array = np.array(image, dtype=np.uint8).reshape(size, size, channels)
    x = torch.from_numpy(array).permute(2, 0, 1)[None].float() / 255
    return 1.0 - x if invert else x


def _open(path: Path) -> "Image":
    """Read an image of any size and mode.

    Raises:
        DataError: the file is missing, too large, or not an image.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            if file.width * file.height > _MOST_PIXELS:
                raise DataError(f"{path}: {file.width} x {file.height} pixels are more than {_MOST_PIXELS:,}; make it smaller.")
            return file.copy()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not an image in PNG or JPEG format.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path}: cut off or damaged ({' '.join(str(error).split())}).") from error


def _fitted(image: "Image", size: int, mode: str) -> "Image":
    """Return the middle square of an image at another size and mode; transparent pixels become white."""
    from PIL import Image, ImageOps

    if image.mode in ("RGBA", "LA", "PA", "P"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return ImageOps.fit(image.convert(mode), (size, size), Image.Resampling.BOX)


def write_image(x: Tensor, path: Path, *, zoom: int = 1) -> None:
    """Write one image as a PNG file, whole or not at all.

    Arguments:
        x: Floats in [0, 1], shape (C, H, W), C being 1 or 3.
        path: The file.
        zoom: Side of a pixel in the file.
    """
    from PIL import Image

    data = (x.detach().cpu().clamp(0.0, 1.0) * 255).round().to(torch.uint8)
    data = data.repeat_interleave(zoom, 1).repeat_interleave(zoom, 2).permute(1, 2, 0).squeeze(2)
    buffer = io.BytesIO()
    Image.fromarray(data.numpy()).save(buffer, "PNG")
    write_atomically(path, buffer.getvalue())


def tile(x: Tensor, *, columns: int | None = None, gap: int = 2) -> Tensor:
    """Arrange images in rows, with white gaps between them.

    Arguments:
        x: Images, shape (N, C, H, W), N at least 1.
        columns: Images per row; None makes the result about square.
        gap: Width of the gaps in pixels.

    Returns:
        One image, shape (C, rows * (H + gap) - gap, columns * (W + gap) - gap).

    Raises:
        ParameterError: images of another shape, or none.
    """
    if x.dim() != 4 or not len(x):
        raise ParameterError(f"Images to arrange must have shape (N, C, H, W) with N at least 1, got {tuple(x.shape)}.")
    columns = columns or math.ceil(math.sqrt(len(x)))
    rows = -(-len(x) // columns)
    _, channels, height, width = x.shape
    sheet = x.new_ones(channels, rows * (height + gap) - gap, columns * (width + gap) - gap)
    for i, image in enumerate(x):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[:, top : top + height, left : left + width] = image
    return sheet
