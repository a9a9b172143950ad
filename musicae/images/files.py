"""Pictures to and from PNG and JPEG files (through Pillow)."""

import io
import math
from pathlib import Path

import torch
from torch import Tensor

from musicae.core.files import write_atomically
from musicae.errors import DataError, ParameterError

__all__ = ["read_picture", "tile", "write_picture"]

_MODES = {1: "L", 3: "RGB"}
_WORDS = {"L": "grey", "RGB": "colour"}
_MOST_PIXELS = 50_000_000


def read_picture(path: Path, *, size: int, channels: int, fit: bool = False, invert: bool = False) -> Tensor:
    """Read a PNG or JPEG file.

    Arguments:
        path: The file.
        size: Wanted side in pixels.
        channels: 1 for grey, 3 for colour.
        fit: Cut the middle square out, resize it and change its mode where that is needed; without it such files are refused.
        invert: Exchange black and white, for dark ink on white paper where a model knows white ink on black.

    Returns:
        Floats in [0, 1], shape (1, C, size, size).

    Raises:
        DataError: the file is missing, no picture, or of another size or mode than wanted.
    """
    import numpy as np
    from PIL import Image, ImageOps, UnidentifiedImageError

    wanted = _MODES[channels]
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            if file.width * file.height > _MOST_PIXELS:
                raise DataError(f"{path}: {file.width} x {file.height} pixels are more than {_MOST_PIXELS:,}; make it smaller.")
            picture: Image.Image = file.copy()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file.") from error
    except (IsADirectoryError, PermissionError) as error:
        raise DataError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a picture in PNG or JPEG format.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{path}: cut off or damaged ({' '.join(str(error).split())}).") from error
    if fit:
        if picture.mode in ("RGBA", "LA", "PA", "P"):  # what is transparent is paper
            picture = picture.convert("RGBA")
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        picture = ImageOps.fit(picture.convert(wanted), (size, size), Image.Resampling.BOX)
    if picture.mode != wanted or picture.size != (size, size):
        shape = f"{picture.width} x {picture.height} pixels in mode {picture.mode}"
        raise DataError(
            f"{path}: {shape}, but {size} x {size} pixels in mode {wanted} ({_WORDS[wanted]}) are wanted; --fit converts it."
        )
    array = np.array(picture, dtype=np.uint8).reshape(size, size, channels)
    x = torch.from_numpy(array).permute(2, 0, 1)[None].float() / 255
    return 1.0 - x if invert else x


def write_picture(x: Tensor, path: Path, *, zoom: int = 1) -> None:
    """Write one picture as a PNG file, whole or not at all.

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
    """Lay pictures out in rows, white gaps between them.

    Arguments:
        x: Pictures, shape (N, C, H, W), N at least 1.
        columns: Pictures in a row. [default: as many as make the layout about square]
        gap: Width of the gaps in pixels.

    Returns:
        One picture, shape (C, rows * (H + gap) - gap, columns * (W + gap) - gap).
    """
    if x.dim() != 4 or not len(x):
        raise ParameterError(f"Pictures to lay out must have shape (N, C, H, W) with N at least 1, got {tuple(x.shape)}.")
    columns = columns or math.ceil(math.sqrt(len(x)))
    rows = -(-len(x) // columns)
    _, channels, height, width = x.shape
    sheet = x.new_ones(channels, rows * (height + gap) - gap, columns * (width + gap) - gap)
    for i, picture in enumerate(x):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[:, top : top + height, left : left + width] = picture
    return sheet
