"""Whole pieces: a model run over all bars of a file, and its windows stitched at the bar lines.

How a piece is cut is told in `musicae.music.excerpts.piece`.

How it is put together: bars, metres, keys and the tempo map stay those of the file, and so does where it ends. A note that
lasts to a bar line where windows meet is tied to the one that begins there if both have one pitch and a note of the file
is held over that line; else it ends there and the next is struck anew, as drums always are.

How two pieces become one another: windows are paired in order, first with first, and the piece that has fewer begins anew
when it is through. Each step has the bars, metres, kept bars, instrument and other tracks of the piece that is nearer, so
that the ends are the two pieces; the tempo map of the nearer piece is scaled towards the other's mean tempo.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from musicae.core import latent
from musicae.errors import ParameterError
from musicae.music.excerpts.phrase import Phrase, blend, join
from musicae.music.excerpts.piece import Kept, Part, Piece, Voice, cut
from musicae.music.model import MusicModel, Source
from musicae.music.scales import Scale
from musicae.music.score import Note, Score, Tempo
from musicae.music.tasks.interpolate import Morph

__all__ = ["Kept", "Part", "Piece", "assemble", "cut", "encode", "interpolate", "reconstruct"]

BATCH = 256  # windows that are computed at once


def encode(model: MusicModel, piece: Piece, *, exact: bool = False) -> Tensor:
    """Return the codes of a piece's windows, shape (windows, Z); with `exact` refined so that they decode to its notes."""
    return _codes(model, piece, exact=exact)[0]


def _codes(model: MusicModel, piece: Piece, *, exact: bool) -> tuple[Tensor, bool]:
    """Return the codes of a piece's windows, and whether all of them are known to decode to its notes."""
    phrases = piece.phrases
    batches = [phrases[i : i + BATCH] for i in range(0, len(phrases), BATCH)]
    if not exact:
        return torch.cat([model.encode(*batch).mode for batch in batches]), False
    refined = [model.refine(*batch) for batch in batches]
    return torch.cat([r.z for r in refined]), all(bool(r.exact.all()) for r in refined)


def assemble(
    model: MusicModel,
    piece: Piece,
    z: Tensor,
    *,
    layouts: Sequence[Phrase] | None = None,
    keep_tracks: bool = False,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> Score:
    """Decode codes into the windows of a piece, and stitch them.

    Arguments:
        model: The model.
        piece: Gives everything but the notes of its windows.
        z: A code for each window, shape (windows, Z).
        layouts: How each window is played. [default: as in the piece]
        keep_tracks: Whether the other tracks are kept, and lyrics and markers.
        temperature: 0 takes the likeliest notes, 1 samples.
        seed: Seed of the sampling.
        scale: Allow only notes of this scale in the windows.
    """
    layouts = piece.phrases if layouts is None else layouts
    made: list[Score] = []
    for i in range(0, len(z), BATCH):
        made += model.decode(z[i : i + BATCH], layouts[i : i + BATCH], temperature=temperature, seed=seed + i, scale=scale)
    bars, end = piece.score.bars(), max(piece.score.end, piece.score.length)
    # Beyond it another metre begins.
    last = min([s.time for s in piece.score.time_signatures if s.time >= end] + [bars[-1].end])
    half, spans = model.representation.half_step, []
    for part, score in zip(piece.parts, made, strict=True):
        moved = [replace(n, onset=n.onset + part.offset) for t in score.tracks for n in t.notes]
        spans.append((part.start, min(part.end, last), [n for n in moved if n.onset < part.end - half]))  # the rest is padding
    for k in piece.kept:
        start, stop = bars[k.first - 1].start, bars[k.last - 1].end
        before = stop - half if k.last < len(bars) else stop
        spans.append((start, min(stop, last), [n for n in piece.voice.near(start - half, stop) if n.onset < before]))
    spans.sort(key=lambda s: s[0])
    notes = _stitch(spans, piece.voice, half) if model.representation.pitched else _in_a_row(spans, half, last)
    melody = replace(piece.score.tracks[piece.track], notes=notes)
    tracks = [melody if i == piece.track else t for i, t in enumerate(piece.score.tracks) if keep_tracks or i == piece.track]
    score = replace(piece.score, tracks=tuple(tracks), length=0.0, texts=piece.score.texts if keep_tracks else ())
    return score if score.end > bars[-1].start + 1e-6 else replace(score, length=end)


def _stitch(spans: Sequence[tuple[float, float, list[Note]]], voice: Voice, half: float) -> tuple[Note, ...]:
    """Put the notes of spans (start, end, notes) in a row, tying those that a note of the file holds together."""
    stitched: list[Note] = []
    open_notes: dict[int, int] = {}  # pitches that sound to the end of the span before, and where they are
    for start, end, notes in spans:
        held = voice.held(start, half)
        still: dict[int, int] = {}
        for note in sorted(notes):
            onset, stop = max(note.onset, start), min(note.end, end)
            if stop - onset < 1e-6:
                continue
            place = open_notes.get(note.pitch) if held and onset < start + 1e-6 else None
            if place is None:
                place = len(stitched)
                cut_short = (onset, stop) != (note.onset, note.end)
                stitched.append(replace(note, onset=onset, duration=stop - onset) if cut_short else note)
            else:
                stitched[place] = replace(stitched[place], duration=stop - stitched[place].onset)
            if stop > end - 1e-6:
                still[note.pitch] = place
        open_notes = still
    return tuple(sorted(stitched))


def _in_a_row(spans: Sequence[tuple[float, float, list[Note]]], half: float, last: float) -> tuple[Note, ...]:
    """Put the hits of spans (start, end, hits) in a row; one may come up to `half` before its span, none rings past `last`."""
    hits = [hit for start, end, some in spans for hit in some if start - half - 1e-6 <= hit.onset < end - 1e-6]
    return tuple(sorted(replace(hit, duration=min(hit.duration, last - hit.onset)) for hit in hits))


def reconstruct(model: MusicModel, source: Source | Piece, *, keep_tracks: bool = False, exact: bool = False) -> Score:
    """Run a model over all bars of a piece.

    Arguments:
        model: The model.
        source: A MIDI file, a score, or a piece from `cut`, which lets you choose the track.
        keep_tracks: Whether the other tracks are kept, untouched.
        exact: Refine the codes first, so that the notes are the source's too.

    Returns:
        A score with the bars, metres, keys and tempo map of the source.

    Raises:
        MidiError, ParameterError, RepresentationError: see `cut`.
    """
    piece = cut(model, source)
    return assemble(model, piece, encode(model, piece, exact=exact), keep_tracks=keep_tracks)


def interpolate(
    model: MusicModel,
    a: Source | Piece,
    b: Source | Piece,
    steps: int = 7,
    *,
    keep_tracks: bool = False,
    exact: bool = False,
    temperature: float = 0.0,
    seed: int = 0,
    scale: Scale | None = None,
) -> Morph:
    """Morph one whole piece into another (see the module's text for pieces of unequal length and metre).

    Arguments:
        model: The model.
        a: Where to start: a MIDI file, a score, or a piece from `cut`.
        b: Where to end.
        steps: Number of scores, both ends included, at least 2.
        keep_tracks: Whether each step has the other tracks of the nearer piece.
        exact: Refine the ends' codes first, so that the ends have the notes of the two sources.
        temperature: 0 takes the likeliest notes, 1 samples; at 0 the ends equal `reconstruct` of a and b.
        seed: Seed of the sampling.
        scale: Allow only notes of this scale in the windows.

    Returns:
        The scores; `z` has the codes of all windows of all steps, one after the other.

    Raises:
        ParameterError: fewer than two steps, a temperature below 0, or see `cut`.
        MidiError, RepresentationError: see `cut`.
    """
    if steps < 2:
        raise ParameterError(f"A path needs at least 2 steps, its two ends; got {steps}.")
    first, last = cut(model, a), cut(model, b)
    (here, reached), (there, reached_too) = (_codes(model, piece, exact=exact) for piece in (first, last))
    alphas = tuple(step / (steps - 1) for step in range(steps))
    scores, codes = [], []
    for step, alpha in enumerate(alphas):
        nearer, z, layouts = _mixed(first, here, last, there, alpha)
        own = exact and alpha in (0.0, 1.0)  # the input's own notes: neither sampled nor held to a scale
        score = assemble(
            model,
            nearer,
            z,
            layouts=layouts,
            keep_tracks=keep_tracks,
            temperature=0.0 if own else temperature,
            seed=seed + step * 1_000_003,
            scale=None if own else scale,
        )
        other = last if nearer is first else first
        scores.append(_faster(score, (_mean_qpm(other) / _mean_qpm(nearer)) ** min(alpha, 1 - alpha)))
        codes.append(z)
    lengths = [(first if alpha < 0.5 else last).score.bars()[-1].end for alpha in alphas]
    kept = (reached, reached_too) if exact else None
    return Morph(scores, join(scores, lengths), torch.cat(codes), alphas, kept)


def _mixed(
    first: Piece, first_codes: Tensor, last: Piece, last_codes: Tensor, alpha: float
) -> tuple[Piece, Tensor, list[Phrase]]:
    """Return the piece that is nearer, and for each of its windows the code at `alpha` and how it is played."""
    nearer = first if alpha < 0.5 else last
    pairs = [(i % len(first.parts), i % len(last.parts)) for i in range(len(nearer.parts))]
    here, there = first_codes[[i for i, _ in pairs]], last_codes[[j for _, j in pairs]]
    z = here if alpha == 0 else there if alpha == 1 else latent.slerp(here, there, alpha)
    manners = [blend(first.phrases[i].manner, last.phrases[j].manner, alpha) for i, j in pairs]
    return nearer, z, [replace(p, manner=m) for p, m in zip(nearer.phrases, manners, strict=True)]


def _mean_qpm(piece: Piece) -> float:
    end = piece.score.bars()[-1].end
    return 60.0 * end / piece.score.seconds_at(end)


def _faster(score: Score, factor: float) -> Score:
    """Scale a tempo map."""
    if factor == 1.0:
        return score
    tempos = score.tempos or (Tempo(0.0, 120.0),)
    return replace(score, tempos=tuple(Tempo(t.time, min(max(t.qpm * factor, 4.0), 2000.0)) for t in tempos))
