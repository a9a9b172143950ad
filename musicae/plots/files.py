"""Writing figures: PNG, PDF or SVG, whole or not at all, the same bytes for the same figure."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from musicae.core.files import write_atomically
from musicae.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_format", "save_figure"]

_FORMATS = (".png", ".pdf", ".svg")
_NO_DATE = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


def check_format(path: Path) -> None:
    """Refuse names of files that no figure can be written to.

    Raises:
        ParameterError: the name ends in something else than .png, .pdf or .svg.
    """
    if path.suffix.lower() not in _FORMATS:
        raise ParameterError(f"{path} must end in {', '.join(_FORMATS)}.")


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, PDF or SVG, by the file's name, whole or not at all.

    Raises:
        ParameterError: the name ends in something else.
    """
    from matplotlib import rc_context

    check_format(path)
    kind = path.suffix.lower()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "musicae"}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # names in scripts that the font lacks become boxes
        figure.savefig(buffer, format=kind[1:], metadata=_NO_DATE[kind])
    write_atomically(path, buffer.getvalue())
