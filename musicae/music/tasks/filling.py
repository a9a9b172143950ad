"""Bars of a piece filled by infilling (`musicae.music.latent.infill`), while all others stay as they are, note for note.

Bars are filled window by window. A window has bars of one metre, like the windows that models are trained on. Windows half of
whose bars are given come first, windows without given bars last. Bars that have been filled count as given, so that new music
follows from what stands next to it.

A note that is held into a bar to fill ends at the bar line, unless the model holds it too. Of a note that is held out of such a
bar, the part after the bar line stays.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import torch

from musicae.errors import RepresentationError
from musicae.music.decoding import Decoding
from musicae.music.excerpts.phrase import to_score
from musicae.music.excerpts.piece import Cutter, Piece, Window
from musicae.music.latent.infill import infill
from musicae.music.model import MusicModel
from musicae.music.models.batch import GridBatch
from musicae.music.representations import GridWindow, WindowSpec
from musicae.music.score import Bar, Note, Score
from musicae.music.tasks.pieces import last_end, reseeded, with_notes

__all__ = ["FillStep", "fill", "plan"]

SLACK = 1e-6  # quarter notes


@dataclass(frozen=True)
class FillStep:
    """The bars of one window.

    Arguments:
        bars: Consecutive bars of one metre, at most as many as the model takes.
        free: Which of them to fill.
    """

    bars: tuple[Bar, ...]
    free: tuple[bool, ...]


def plan(bars: Sequence[Bar], free: Sequence[bool], spec: WindowSpec) -> list[FillStep]:
    """Return the windows in which bars are filled, in order.

    Arguments:
        bars: All bars of a piece.
        free: Which of them to fill.
        spec: The bars that the model takes.

    Raises:
        RepresentationError: a bar to fill does not fit the grid or the model.
    """
    for bar in (bar for bar, is_free in zip(bars, free, strict=True) if is_free):
        problem = spec.problem([replace(bar, start=bar.start + i * bar.length) for i in range(spec.bars)])
        if problem is not None:
            raise RepresentationError(f"A bar to fill does not fit the model: {problem}")
    windows, pending, steps = list(_windows(bars, spec.bars)), list(free), []

    def rank(window: range) -> tuple[int, int, int]:
        filled = sum(pending[i] for i in window)
        return -min(len(window) - filled, spec.bars - spec.bars // 2), -filled, window.start

    while any(pending):
        window = min((w for w in windows if any(pending[i] for i in w)), key=rank)
        steps.append(FillStep(tuple(bars[i] for i in window), tuple(pending[i] for i in window)))
        for i in window:
            pending[i] = False
    return steps


def _windows(bars: Sequence[Bar], count: int) -> Iterator[range]:
    """Yield the indices of `count` consecutive bars of one metre and length, or of fewer where no more follow one another."""
    for _, group in groupby(range(len(bars)), lambda i: (bars[i].numerator, bars[i].denominator, round(bars[i].length, 6))):
        run = list(group)
        for first in range(run[0], max(run[0], run[-1] + 1 - count) + 1):
            yield range(first, min(first + count, run[-1] + 1))


def fill(model: MusicModel, piece: Piece, free: Sequence[bool], count: int, decoding: Decoding) -> list[Score]:
    """Fill bars of a piece (see the module's text).

    Arguments:
        model: The model.
        piece: The piece.
        free: Which bars of its score to fill.
        count: How many ways to fill them.
        decoding: How the new notes are chosen.

    Raises:
        ParameterError: a scale for a kind of music that has no keys.
        RepresentationError: a bar to fill does not fit the grid or the model.
    """
    bias, half = model.scale_bias(decoding.scale), model.representation.half_step
    drafts = [_Draft(piece, half, _given_notes(piece, free, half))] * count
    for turn, step in enumerate(plan(piece.score.bars(), free, model.spec)):
        windows = [draft.window(model, step) for draft in drafts]
        x = GridBatch.from_windows([w.phrase.window for w in windows]).to(model.device)
        given = [not is_free for is_free in step.free] + [False] * (model.bars - len(step.bars))
        mask = torch.tensor(given, device=model.device)[x.bar_index]
        seed = reseeded(decoding, turn).seed
        done = infill(model.network, x, mask, temperature=decoding.temperature, seed=seed, logit_bias=bias)
        drafts = [
            draft.filled(step, _notes_of(model, window, tokens))
            for draft, window, tokens in zip(drafts, windows, done.windows.windows(), strict=True)
        ]
    return [with_notes(piece, draft.notes) for draft in drafts]


@dataclass(frozen=True)
class _Draft:
    """A piece some of whose bars have been filled.

    Arguments:
        piece: The piece.
        half: Half a time step, in quarter notes; an onset this close before a bar line belongs to the bar after it.
        given: Notes of the file, in given bars.
        new: Notes of the bars that have been filled, and those of the file that the model holds on into them.
    """

    piece: Piece
    half: float
    given: tuple[Note, ...]
    new: tuple[Note, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, sorted."""
        return tuple(sorted((*self.given, *self.new)))

    def window(self, model: MusicModel, step: FillStep) -> Window:
        """Return the window of a step; if nothing sounds in it, it is as loud as the piece."""
        tracks = list(self.piece.score.tracks)
        tracks[self.piece.track] = replace(tracks[self.piece.track], notes=self.notes)
        cutter = Cutter(replace(self.piece.score, tracks=tuple(tracks)), self.piece.track, model.spec, model.kind.tracks)
        window = cutter.window(step.bars, step.bars)
        if cutter.sounds(window):
            return window
        velocity = round(statistics.median(n.velocity for n in self.piece.notes.notes))
        return replace(window, phrase=replace(window.phrase, manner=replace(window.phrase.manner, velocity=velocity)))

    def filled(self, step: FillStep, decoded: Sequence[Note]) -> "_Draft":
        """Return the draft with the bars of a step filled from the decoded notes of its window."""
        given, new = list(self.given), list(self.new)
        for start, end in _stretches(step.bars, step.free):
            first, last = start - self.half - SLACK, end - self.half - SLACK
            stop = min([n.onset for n in (*given, *new) if last <= n.onset < end] + [end, last_end(self.piece)])
            held = {n.pitch: min(n.end, stop) for n in decoded if n.onset < first and n.end > start + SLACK}
            going_on = [n for n in given if self.piece.notes.held(start, self.half) and _goes_on(n, start, held)]
            given = [n for n in given if n not in going_on]
            new = [replace(n, duration=held[n.pitch] - n.onset) if _goes_on(n, start, held) else n for n in new + going_on]
            new += [replace(n, duration=min(n.end, stop) - n.onset) for n in decoded if first <= n.onset < min(last, stop)]
        return replace(self, given=tuple(given), new=tuple(new))


def _goes_on(note: Note, time: float, held: dict[int, float]) -> bool:
    """Return whether a note ends at a time over which the model holds its pitch; `held` gives the ends of such notes."""
    return abs(note.end - time) < SLACK and note.pitch in held


def _notes_of(model: MusicModel, window: Window, tokens: GridWindow) -> list[Note]:
    """Return the notes of tokens that stand in the place of a window, onsets from the start of the piece."""
    score = to_score(tokens, window.phrase.manner, model.representation)
    return [replace(n, onset=n.onset + window.offset) for track in score.tracks for n in track.notes]


def _given_notes(piece: Piece, free: Sequence[bool], half: float) -> tuple[Note, ...]:
    """Return what sounds in the bars that are given, cut at the bar lines of those to fill."""
    bars = piece.score.bars()
    notes: list[Note] = []
    for start, end in _stretches(bars, [not is_free for is_free in free]):
        is_last = end > bars[-1].end - SLACK
        first, last = start - half - SLACK, end if is_last else end - half - SLACK
        for note in piece.notes.near(start, end):
            if note.onset < first and note.end > start + half:
                note = replace(note, onset=start, duration=note.end - start)
            if first <= note.onset < last:
                notes.append(note if is_last or note.end <= end else replace(note, duration=end - note.onset))
    return tuple(sorted(notes))


def _stretches(bars: Sequence[Bar], flags: Sequence[bool]) -> Iterator[tuple[float, float]]:
    """Yield start and end, in quarter notes, of neighbouring bars whose flag is set."""
    for is_set, group in groupby(zip(bars, flags, strict=True), lambda pair: pair[1]):
        if is_set:
            stretch = [bar for bar, _ in group]
            yield stretch[0].start, stretch[-1].end
