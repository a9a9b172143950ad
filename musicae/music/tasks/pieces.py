"""Whole pieces through a model: the codes of their windows, and windows stitched at the bar lines.

How a piece is cut: `musicae.music.excerpts.piece`. How it is put together: bars, metres, keys, tempo map and end stay those of
the file. How notes meet at a bar line is up to the kind of music (`Kind.stitch`).
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from musicae.errors import ParameterError
from musicae.music.decoding import GREEDY, Decoding
from musicae.music.excerpts.phrase import Phrase
from musicae.music.excerpts.piece import Piece
from musicae.music.model import MusicModel, MusicSource
from musicae.music.score import Note, Score

__all__ = ["SEED_STRIDE", "assemble", "codes_of", "decode_windows", "last_end", "phrases_or_pieces", "reseeded", "with_notes"]

BATCH = 256  # windows that are computed at once
SEED_STRIDE = 1_000_003  # between the seeds of results that are decoded one by one


def phrases_or_pieces(model: MusicModel, sources: Sequence[MusicSource | Piece]) -> tuple[list[Phrase], list[Piece]]:
    """Return the phrases of sources, or the sources themselves if they are whole pieces; one of the two lists is empty.

    Raises:
        ParameterError: some sources are whole pieces, and others are not.
        MidiError: a file cannot be read, or has no such part.
        RepresentationError: its bars do not fit the grid or the model.
    """
    pieces = [source for source in sources if isinstance(source, Piece)]
    if 0 < len(pieces) < len(sources):
        raise ParameterError("Whole pieces and phrases do not go together; give pieces only, or phrases only.")
    return [model.phrase(source) for source in sources if not isinstance(source, Piece)], pieces


def codes_of(model: MusicModel, piece: Piece, *, exact: bool = False) -> tuple[Tensor, bool]:
    """Return the codes of a piece's windows, shape (windows, Z), and whether all are known to decode to the piece's notes.

    Arguments:
        model: The model.
        piece: The piece.
        exact: Refine the codes until they decode to the piece's own notes.
    """
    phrases = piece.phrases
    batches = [phrases[i : i + BATCH] for i in range(0, len(phrases), BATCH)]
    if not exact:
        return torch.cat([model.encode(*batch).mode for batch in batches]), False
    refined = [model.refine(*batch) for batch in batches]
    return torch.cat([r.z for r in refined]), all(bool(r.exact.all()) for r in refined)


def decode_windows(
    model: MusicModel, piece: Piece, z: Tensor, decoding: Decoding = GREEDY, layouts: Sequence[Phrase] | None = None
) -> Score:
    """Decode codes into the windows of a piece, and stitch them.

    Arguments:
        model: The model.
        piece: Gives everything except the notes of its windows.
        z: One code per window, shape (windows, Z).
        decoding: How notes are chosen.
        layouts: How each window is played. [default: as in the piece]
    """
    layouts = piece.phrases if layouts is None else layouts
    scores: list[Score] = []
    for i in range(0, len(z), BATCH):
        scores += model.decode(z[i : i + BATCH], layouts[i : i + BATCH], replace(decoding, seed=decoding.seed + i))
    return assemble(model, piece, scores)


def reseeded(decoding: Decoding, number: int) -> Decoding:
    """Return the decoding of result `number` (from 0), whose seed no other result shares."""
    return replace(decoding, seed=decoding.seed + number * SEED_STRIDE)


def assemble(model: MusicModel, piece: Piece, windows: Sequence[Score]) -> Score:
    """Put scores of a piece's windows in their places.

    Arguments:
        model: The model.
        piece: Gives everything except the notes of its windows.
        windows: One score per window of the piece, onsets from the window's start.
    """
    bars, last = piece.score.bars(), last_end(piece)
    half, spans = model.representation.half_step, []
    for window, score in zip(piece.windows, windows, strict=True):
        moved = [replace(n, onset=n.onset + window.offset) for t in score.tracks for n in t.notes]
        notes = [n for n in moved if n.onset < window.end - half]  # the rest is padding
        spans.append((window.start, min(window.end, last), notes))
    for k in piece.kept:
        start, stop = bars[k.first - 1].start, bars[k.last - 1].end
        before = stop - half if k.last < len(bars) else stop
        spans.append((start, min(stop, last), [n for n in piece.notes.near(start - half, stop) if n.onset < before]))
    spans.sort(key=lambda s: s[0])
    return with_notes(piece, model.kind.stitch(spans, piece.notes, half, last))


def last_end(piece: Piece) -> float:
    """Return the time, in quarter notes, beyond which nothing may sound: the last bar ends, or another metre begins."""
    end = max(piece.score.end, piece.score.length)
    return min([s.time for s in piece.score.time_signatures if s.time >= end] + [piece.score.bars()[-1].end])


def with_notes(piece: Piece, notes: Sequence[Note]) -> Score:
    """Return the score of a piece with other notes in its track; its bars stay, and other tracks if the piece keeps them.

    Arguments:
        piece: The piece.
        notes: The notes of the track, sorted.
    """
    track = replace(piece.score.tracks[piece.track], notes=tuple(notes))
    tracks = [
        track if i == piece.track else t for i, t in enumerate(piece.score.tracks) if piece.keep_tracks or i == piece.track
    ]
    texts = piece.score.texts if piece.keep_tracks else ()
    score = replace(piece.score, tracks=tuple(tracks), length=0.0, texts=texts)
    if score.end > piece.score.bars()[-1].start + 1e-6:
        return score
    return replace(score, length=max(piece.score.end, piece.score.length))
