"""`search`: the phrases of many files, ranked by how near their codes lie to a tune's, in whatever key they are.

Files: `musicae.music.tasks.phrase_index`. A tune with a note more or less has another mean pitch, which may be rounded to
another semitone. Therefore the query is encoded in its own place and up to `AROUND` semitones higher and lower, and the nearest
of these codes counts. The distance is one minus the cosine of the angle between two codes: 0 for the same tune, about 1 for
unrelated ones. `benchmarks/music/search.py` measures the search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.excerpts.phrase import Phrase
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.tasks.phrase_index import PhraseIndex, build_index, moved, to_centre, unit_codes

__all__ = ["Match", "search"]

AROUND = 2


@dataclass(frozen=True)
class Match:
    """A phrase that `search` returns.

    Arguments:
        file: Its file.
        track: Its track, from 1.
        first_bar: Its first bar, from 1.
        last_bar: Its last bar.
        distance: One minus the cosine of the angle between its code and that of the tune that is searched for.
        semitones: How far the tune must be transposed to lie where the phrase does.
    """

    file: str
    track: int
    first_bar: int
    last_bar: int
    distance: float
    semitones: int


def search(
    model: MusicModel,
    source: MusicSource | Piece,
    index: PhraseIndex | Sequence[str | Path],
    top: int = 10,
    *,
    per_file: bool = True,
    file: str = "",
) -> list[Match]:
    """Find the phrases that are nearest to a source, nearest first.

    Arguments:
        model: The model that the index was built with.
        source: A path, a score or a phrase: one phrase is searched for. A piece: any of its windows.
        index: What `build_index` returned; or files, whose phrases are read and encoded first.
        top: Largest number of matches.
        per_file: Whether to return the nearest phrase of each file only.
        file: The file that the source came from; phrases of its track there that share a bar with it are skipped.

    Raises:
        CheckpointError: the model's kind of music cannot be searched.
        ParameterError: `top` is below 1, or the index belongs to another model.
        DataError: the files have no phrase.
        MidiError: the source cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.

    Examples:
        >>> import musicae
        >>> from musicae.music.tasks.phrase_index import build_index
        >>> model = musicae.load("melody-2bar")
        >>> index = build_index(model, ["examples/tunes/a-reel.mid"])
        >>> musicae.search(model, "examples/tunes/b-reel.mid", index)[0].file
        'examples/tunes/a-reel.mid'
    """
    model.kind.require("search")
    if top < 1:
        raise ParameterError(f"top must be at least 1, got {top}.")
    if not isinstance(index, PhraseIndex):
        index = build_index(model, index)
    if (index.bars, index.codes.shape[1]) != (model.bars, model.network.latent_size):
        raise ParameterError("The index belongs to another model; build it again.")
    phrases = source.phrases if isinstance(source, Piece) else [model.phrase(source)]
    nearness, shifts = _nearness(model, phrases, index)
    places = index.places.numpy()
    own = index.files.index(file) if file in index.files else -1
    overlaps = np.zeros(len(places), dtype=bool)
    for phrase in phrases:
        near = np.abs(places[:, 2] - phrase.first_bar) < index.bars
        overlaps |= (places[:, 0] == own) & (places[:, 1] == phrase.track) & near
    matches: list[Match] = []
    seen: set[int] = set()
    for row in _nearest(nearness, 50 * top):
        number, track, bar, shift = (int(v) for v in places[row])
        if overlaps[row] or (per_file and number in seen):
            continue
        seen.add(number)
        distance = max(0.0, 1.0 - float(nearness[row]))
        matches.append(Match(index.files[number], track, bar, bar + index.bars - 1, distance, int(shifts[row]) - shift))
        if len(matches) == top:
            break
    return matches


def _nearness(model: MusicModel, phrases: Sequence[Phrase], index: PhraseIndex) -> tuple[Tensor, Tensor]:
    """Return the cosine of each indexed phrase with the nearest query, and the shift of that query in semitones, (N,) each."""
    nearness, shifts = torch.full((len(index),), -torch.inf), torch.zeros(len(index), dtype=torch.int64)
    for phrase in phrases:
        home = to_centre(model, phrase.window)
        around = range(home - AROUND, home + AROUND + 1)
        queries = unit_codes(model, [moved(model, phrase.window, shift) for shift in around])  # (5, Z)
        best, which = (queries @ index.codes.T).max(0)
        shifts = torch.where(best > nearness, torch.tensor(list(around))[which], shifts)
        nearness = torch.maximum(nearness, best)
    return nearness, shifts


def _nearest(nearness: Tensor, first: int) -> Iterator[int]:
    """Yield rows, nearest first; all are sorted only when the first few have been asked for."""
    count = min(first, len(nearness))
    rows: list[int] = nearness.topk(count).indices.tolist()
    yield from rows
    if count < len(nearness):
        first_rows = set(rows)
        yield from (row for row in nearness.argsort(descending=True).tolist() if row not in first_rows)
