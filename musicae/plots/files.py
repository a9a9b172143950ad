"""Plots to PNG, PDF or SVG files, whole or not at all, with the same bytes for the same plot."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from musicae.core.files import write_atomically
from musicae.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_format", "save_plot"]

_FORMATS = (".png", ".pdf", ".svg")
_NO_DATE = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


def check_format(path: Path) -> None:
    """Check that a plot can be written to a file of this name.

    Raises:
        ParameterError: the name does not end in .png, .pdf or .svg.
    """
    if path.suffix.lower() not in _FORMATS:
        raise ParameterError(f"{path} must end in {', '.join(_FORMATS)}.")


def save_plot(figure: "Figure", path: Path) -> None:
    """Write a matplotlib figure as PNG, PDF or SVG, as the name of the file requires, whole or not at all.

    Raises:
        ParameterError: the name has another ending.
    """
    from matplotlib import rc_context

    check_format(path)
    kind = path.suffix.lower()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "musicae"}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # characters that the font lacks become boxes
        figure.savefig(buffer, format=kind[1:], metadata=_NO_DATE[kind])
    write_atomically(path, buffer.getvalue())
