"""`grid`: a rectangle of tunes between two or four phrases or pieces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Manner, blend, join
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Score
from musicae.music.tasks.paired_pieces import between, pair
from musicae.music.tasks.pieces import phrases_or_pieces, reseeded

__all__ = ["TuneGrid", "grid"]


@dataclass(frozen=True)
class TuneGrid:
    """The result of `grid`.

    Arguments:
        scores: The scores, row by row.
        joined: All of them in a row, line by line.
        z: Their codes, shape (rows, columns, Z); of pieces those of all windows of all places, one after the other.
    """

    scores: list[list[Score]]
    joined: Score
    z: Tensor


@dataclass(frozen=True)
class _Place:
    """A place in a grid: how far from its left edge and from its top edge, from 0 to 1, and how many corners there are."""

    across: float
    down: float
    corners: int

    @property
    def edges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The corners of the top edge and those of the bottom edge; a grid of one row has one edge."""
        return (0, 1), (2, 3) if self.corners == 4 else (0, 1)

    @property
    def nearest(self) -> int:
        """The nearest corner."""
        return self.edges[self.down >= 0.5][self.across >= 0.5]

    @property
    def weights(self) -> tuple[float, ...]:
        """The share of each corner."""
        row = (1 - self.across, self.across)
        return row if self.corners == 2 else tuple(share * w for share in (1 - self.down, self.down) for w in row)

    def code(self, codes: Sequence[Tensor]) -> Tensor:
        """Return the code here from the codes of the corners, each of shape (..., Z)."""
        top, bottom = (between(codes[a], codes[b], self.across) for a, b in self.edges)
        return between(top, bottom, self.down)

    def manner(self, manners: Sequence[Manner]) -> Manner:
        """Return how a tune here is played, from the manners of the corners."""
        top, bottom = (blend(manners[a], manners[b], self.across) for a, b in self.edges)
        return blend(top, bottom, self.down)


def grid(
    model: MusicModel,
    corners: Sequence[MusicSource | Piece],
    rows: int,
    columns: int,
    decoding: Decoding = GREEDY,
) -> TuneGrid:
    """Fill a rectangle between tunes, bilinearly on the sphere: along the top and bottom edges first, then down.

    Each place has the bars, metre, instrument and key of the nearest corner; tempo and loudness change gradually. The windows
    of pieces are paired in order, and a piece with fewer windows is repeated.

    Arguments:
        model: The model.
        corners: Two tunes, left and right of a single row; or four: top left, top right, bottom left, bottom right. Paths,
            scores and phrases (one phrase of each is taken), or pieces (all of their bars).
        rows: Number of rows; 1 for two tunes, otherwise at least 2.
        columns: Number of columns, at least 2.
        decoding: How notes are chosen.

    Raises:
        ParameterError: a number of tunes other than two or four, a size that does not go with it, or phrases with pieces.
        MidiError: a file cannot be read, or has no such part.
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
        size = "1 row and at least 2 columns" if len(corners) == 2 else "at least 2 rows and 2 columns"
        raise ParameterError(f"A grid between {len(corners)} tunes has {size}, got {rows} and {columns}.")
    phrases, pieces = phrases_or_pieces(model, corners)
    places = [
        _Place(column / (columns - 1), row / max(1, rows - 1), len(corners)) for row in range(rows) for column in range(columns)
    ]
    if pieces:
        scores, lengths, z = _grid_of_pieces(model, pieces, places, decoding)
    else:
        z = _surface(model.encode(*phrases).mode, rows, columns)
        manners = [phrase.manner for phrase in phrases]
        layouts = [replace(phrases[p.nearest], manner=p.manner(manners)) for p in places]
        lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
        scores = model.decode(z.flatten(0, 1), layouts, decoding)
    return TuneGrid([scores[i : i + columns] for i in range(0, len(scores), columns)], join(scores, lengths), z)


def _surface(codes: Tensor, rows: int, columns: int) -> Tensor:
    """Return codes between those of two or four corners (2 or 4, Z), shape (rows, columns, Z)."""
    across = torch.linspace(0, 1, columns, device=codes.device)[:, None]
    pairs = codes.view(-1, 2, codes.shape[-1])
    top, bottom = (slerp(a.expand(columns, -1), b.expand(columns, -1), across) for a, b in (pairs[0], pairs[-1]))
    down = torch.linspace(0, 1, rows, device=codes.device)[:, None, None]
    return slerp(top.expand(rows, -1, -1), bottom.expand(rows, -1, -1), down)


def _grid_of_pieces(
    model: MusicModel, corners: Sequence[Piece], places: Sequence[_Place], decoding: Decoding
) -> tuple[list[Score], list[float], Tensor]:
    """Return the scores of all places, their lengths in quarter notes, and the codes of all their windows, shape (N, Z)."""
    pieces = pair(model, corners)
    scores, lengths, codes = [], [], []
    for number, place in enumerate(places):
        z = place.code(pieces.codes_for(place.nearest))
        manners = [place.manner(m) for m in zip(*pieces.manners_for(place.nearest), strict=True)]
        score = pieces.decode(model, place.nearest, z, manners, reseeded(decoding, number))
        scores.append(pieces.paced(score, place.nearest, place.weights))
        lengths.append(pieces.length(place.nearest))
        codes.append(z)
    return scores, lengths, torch.cat(codes)
