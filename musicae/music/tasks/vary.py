"""Ways through the latent space around given tunes: neighbours, grids, means, and steps along attributes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from musicae.core.latent import slerp
from musicae.errors import ParameterError
from musicae.music.excerpts.phrase import Manner, Phrase, blend, join
from musicae.music.excerpts.piece import Piece, cut
from musicae.music.model import MusicModel, Source
from musicae.music.scales import Scale
from musicae.music.score import Score
from musicae.music.tasks.whole_piece import assemble, encode

__all__ = ["Grid", "grid", "mean", "mean_code", "vary", "vary_whole"]


@dataclass(frozen=True)
class Grid:
    """What `grid` returns.

    Arguments:
        scores: The scores, row by row.
        joined: All of them in a row, line by line.
        z: Their codes, shape (rows, columns, Z).
    """

    scores: list[list[Score]]
    joined: Score
    z: Tensor


def vary(
    model: MusicModel,
    source: Source,
    count: int = 4,
    distance: float = 0.3,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> list[Score]:
    """Make neighbours of a tune: each lies some way along the great circle from its code to a draw from the prior.

    Arguments:
        model: The model.
        source: The tune.
        count: How many neighbours.
        distance: How far to go: 0 is the reconstruction itself, 1 a new sample.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of the draws and of the sampling; each neighbour's draw is the same at any distance.
        scale: Allow only notes of this scale.

    Raises:
        ParameterError: a count below 1, or a distance outside 0 to 1.
        MidiError: the file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.
    """
    _check_distance(count, distance)
    phrase = model.phrase(source)
    code = model.encode(phrase).mode
    draws = torch.randn(count, code.shape[1], generator=torch.Generator().manual_seed(seed)).to(code)
    z = slerp(code.expand(count, -1), draws, distance)
    return model.decode(z, phrase, temperature=temperature, seed=seed, scale=scale)


def vary_whole(
    model: MusicModel,
    source: Source | Piece,
    count: int = 4,
    distance: float = 0.3,
    *,
    keep_tracks: bool = False,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> list[Score]:
    """Make neighbours of a whole piece, each of its windows going its own way; see `vary` and `musicae.music.tasks.whole_piece`.

    Arguments:
        model: The model.
        source: A MIDI file, a score, or a piece from `musicae.music.excerpts.piece.cut`.
        count: How many neighbours.
        distance: How far to go, from 0 to 1.
        keep_tracks: Whether the other tracks are kept.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of the draws and of the sampling.
        scale: Allow only notes of this scale.

    Raises:
        ParameterError: a count below 1, a distance outside 0 to 1, or see `musicae.music.excerpts.piece.cut`.
        MidiError, RepresentationError: see `musicae.music.excerpts.piece.cut`.
    """
    _check_distance(count, distance)
    piece = cut(model, source)
    codes = encode(model, piece)
    draws = torch.randn(count, *codes.shape, generator=torch.Generator().manual_seed(seed)).to(codes)
    made = []
    for number, draw in enumerate(draws):
        z, shift = slerp(codes, draw, distance), seed + 1_000_003 * number
        made.append(assemble(model, piece, z, keep_tracks=keep_tracks, temperature=temperature, seed=shift, scale=scale))
    return made


def _check_distance(count: int, distance: float) -> None:
    if count < 1:
        raise ParameterError(f"count must be at least 1, got {count}.")
    if not 0 <= distance <= 1:
        raise ParameterError(f"distance must lie between 0 (the tune itself) and 1 (a new sample), got {distance}.")


def grid(
    model: MusicModel,
    corners: Sequence[Source],
    rows: int,
    columns: int,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> Grid:
    """Fill a rectangle between tunes, bilinearly on the sphere: along the top and bottom edges first, then down.

    Each place has the bars, metre, instrument and key of the nearest corner; tempo and loudness change gradually.

    Arguments:
        model: The model.
        corners: Two tunes, left and right of a single row; or four: top left, top right, bottom left, bottom right.
        rows: Number of rows; 1 for two tunes, else at least 2.
        columns: Number of columns, at least 2.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of the sampling.
        scale: Allow only notes of this scale.

    Raises:
        ParameterError: another number of tunes, or a size that does not go with it.
        MidiError: a file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.
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
    scores = model.decode(z.flatten(0, 1), layouts, temperature=temperature, seed=seed, scale=scale)
    lengths = [model.representation.quarters(p.window.bar_steps) for p in layouts]
    return Grid([scores[i : i + columns] for i in range(0, len(scores), columns)], join(scores, lengths), z)


def _between(phrases: Sequence[Phrase], down: float, across: float, lower: tuple[int, int]) -> Phrase:
    """Return the nearest corner's bars, played in a mixture of all corners' manners."""
    pair = (0, 1) if down < 0.5 else lower
    nearest = phrases[pair[0] if across < 0.5 else pair[1]]
    top, bottom = (blend(phrases[a].manner, phrases[b].manner, across) for a, b in ((0, 1), lower))
    return replace(nearest, manner=blend(top, bottom, down))


def mean(
    model: MusicModel,
    sources: Sequence[Source],
    *,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> Score:
    """Return the tune in the middle of several: the mean of their codes on the sphere (see `mean_code`).

    It has the bars, metre, instrument and key of the first; tempo (geometric) and loudness are means.

    Arguments:
        model: The model.
        sources: The tunes, at least two.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of the sampling.
        scale: Allow only notes of this scale.

    Raises:
        ParameterError: fewer than two tunes.
        MidiError: a file cannot be read, or holds no melody.
        RepresentationError: its bars do not fit the grid or the model.
    """
    if len(sources) < 2:
        raise ParameterError(f"A mean needs at least two tunes, got {len(sources)}.")
    phrases = [model.phrase(source) for source in sources]
    like = replace(phrases[0], manner=_mean_manner([p.manner for p in phrases]))
    z = mean_code(model.encode(*phrases).mode)
    return model.decode(z, like, temperature=temperature, seed=seed, scale=scale)[0]


def mean_code(codes: Tensor) -> Tensor:
    """Return the mean of codes on the sphere: their mean direction, at their mean length.

    Of two codes it is what `musicae.core.latent.slerp` gives halfway. Codes that cancel out have no mean direction; the plain mean
    is returned then.

    Arguments:
        codes: Shape (N, Z).

    Returns:
        Shape (Z,).
    """
    lengths = codes.norm(dim=1, keepdim=True)
    direction = (codes / lengths.clamp(min=1e-12)).mean(0)
    if direction.norm() < 1e-4:
        return codes.mean(0)
    middle: Tensor = direction / direction.norm() * lengths.mean()
    return middle


def _mean_manner(manners: Sequence[Manner]) -> Manner:
    qpm = math.exp(sum(math.log(m.qpm) for m in manners) / len(manners))
    return replace(manners[0], qpm=qpm, velocity=round(sum(m.velocity for m in manners) / len(manners)))
