"""`grid`: a rectangle of tunes between two or four."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Phrase, blend, join
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score

__all__ = ["TuneGrid", "grid"]


@dataclass(frozen=True)
class TuneGrid:
    """The result of `grid`.

    Arguments:
        scores: The scores, row by row.
        joined: All of them in a row, line by line.
        z: Their codes, shape (rows, columns, Z).
    """

    scores: list[list[Score]]
    joined: Score
    z: Tensor


def grid(
    model: MusicModel,
    corners: Sequence[MusicSource],
    rows: int,
    columns: int,
    decoding: Decoding = GREEDY,
) -> TuneGrid:
    """Fill a rectangle between tunes, bilinearly on the sphere: along the top and bottom edges first, then down.

    Each place has the bars, metre, instrument and key of the nearest corner; tempo and loudness change gradually.

    Arguments:
        model: The model.
        corners: Two tunes, left and right of a single row; or four: top left, top right, bottom left, bottom right.
        rows: Number of rows; 1 for two tunes, else at least 2.
        columns: Number of columns, at least 2.
        decoding: How notes are chosen.

    Raises:
        ParameterError: another number of tunes, or a size that does not go with it.
        MidiError: a file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> model = musicae.load("melody-2bar")
        >>> row = musicae.grid(model, ["examples/tunes/a-reel.mid", "examples/tunes/b-reel.mid"], rows=1, columns=5)
        >>> len(row.scores)
        1
    """
    if len(corners) not in (2, 4):
        raise ParameterError(f"A grid has two or four tunes at its corners, got {len(corners)}.")
    if columns < 2 or (rows != 1 if len(corners) == 2 else rows < 2):
        wanted = "1 row and at least 2 columns" if len(corners) == 2 else "at least 2 rows and 2 columns"
        raise ParameterError(f"A grid between {len(corners)} tunes has {wanted}, got {rows} and {columns}.")
    phrases = [model.phrase(corner) for corner in corners]
    codes = model.encode(*phrases).mode
    lower = (2, 3) if len(corners) == 4 else (0, 1)
    across = torch.linspace(0, 1, columns, device=codes.device)[:, None]
    top, bottom = (slerp(codes[a].expand(columns, -1), codes[b].expand(columns, -1), across) for a, b in ((0, 1), lower))
    down = torch.linspace(0, 1, rows, device=codes.device)[:, None, None]
    z = slerp(top.expand(rows, -1, -1), bottom.expand(rows, -1, -1), down)
    layouts = []
    for row in range(rows):
        for column in range(columns):
            layouts.append(_between(phrases, row / max(1, rows - 1), column / (columns - 1), lower))
    scores = model.decode(z.flatten(0, 1), layouts, decoding)
    lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
    return TuneGrid([scores[i : i + columns] for i in range(0, len(scores), columns)], join(scores, lengths), z)


def _between(phrases: Sequence[Phrase], down: float, across: float, lower: tuple[int, int]) -> Phrase:
    """Return the nearest corner's bars, played in a mixture of all corners' manners."""
    pair = (0, 1) if down < 0.5 else lower
    nearest = phrases[pair[0] if across < 0.5 else pair[1]]
    top, bottom = (blend(phrases[a].manner, phrases[b].manner, across) for a, b in ((0, 1), lower))
    return replace(nearest, manner=blend(top, bottom, down))
