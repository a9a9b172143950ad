"""Whole pieces cut into the windows of a model.

* Windows of the model's number of bars follow one another, beginning with the first full bar
  (`musicae.music.excerpts.bars`), so that two pieces begin alike. A pick-up stays as it is in the file.
* A window has bars of one metre, like the windows that models are trained on. If too few bars remain before the metre changes
  or the piece ends, the window reaches back over bars that precede it, and only its new bars are used. If the metre has fewer
  bars than a window, silent ones are appended.
* Bars that are not a whole number of time steps, bars that are too long for the model, and windows in which nothing sounds
  stay as they are in the file. `Piece.kept` lists them with the reason.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path

from musicae.errors import MidiError, ParameterError, RepresentationError
from musicae.music.excerpts.bars import first_full_bar
from musicae.music.excerpts.phrase import Phrase, open_score, phrase_of
from musicae.music.excerpts.tracks import TrackRule
from musicae.music.representations import WindowSpec
from musicae.music.score import Bar, Note, Score

__all__ = ["Cutter", "KeptBars", "NoteIndex", "Piece", "Window", "cut"]


@dataclass(frozen=True)
class NoteIndex:
    """The notes of a track, sorted by onset, with a fast search for those near a time."""

    notes: tuple[Note, ...]

    @cached_property
    def _onsets(self) -> list[float]:
        return [n.onset for n in self.notes]

    @cached_property
    def _longest(self) -> float:
        return max((n.duration for n in self.notes), default=0.0)

    def near(self, start: float, end: float) -> Sequence[Note]:
        """Return all notes that begin before `end` and sound after `start`, and a few notes before them."""
        low, high = bisect_left(self._onsets, start - self._longest), bisect_left(self._onsets, end)
        return self.notes[low:high]

    def held(self, time: float, margin: float) -> bool:
        """Return whether a note sounds from before `time` until after it, by a margin (quarter notes) on either side."""
        return any(n.onset < time - margin and n.end >= time + margin for n in self.near(time, time))


@dataclass(frozen=True)
class KeptBars:
    """Bars that do not pass through the model: the numbers of the first and the last, and the reason."""

    first: int
    last: int
    reason: str

    @property
    def bar_numbers(self) -> str:
        """Numbers of the first and last bar, such as `3-4`, or the number of the only bar."""
        return f"{self.first}-{self.last}" if self.last > self.first else str(self.first)


@dataclass(frozen=True)
class Window:
    """One window of a piece, and the stretch of the piece that it stands for.

    Arguments:
        phrase: The window; it may begin before the stretch or end after it.
        offset: Where the window begins, in quarter notes from the start of the piece.
        start: Where the stretch begins.
        end: Where the stretch ends.
    """

    phrase: Phrase
    offset: float
    start: float
    end: float


@dataclass(frozen=True)
class Piece:
    """A score cut into windows.

    Arguments:
        score: The score; the track that the model works on is one track.
        track: Index of that track.
        windows: The windows that pass through the model, in order.
        kept: The bars that do not, as they are in the file.
        keep_tracks: Whether results keep the other tracks, lyrics and markers.
    """

    score: Score
    track: int
    windows: tuple[Window, ...]
    kept: tuple[KeptBars, ...]
    keep_tracks: bool = False

    @cached_property
    def notes(self) -> NoteIndex:
        """The notes of the track that the model works on."""
        return NoteIndex(self.score.tracks[self.track].notes)

    @property
    def phrases(self) -> list[Phrase]:
        """The phrases of its windows."""
        return [window.phrase for window in self.windows]


def cut(
    source: str | Path | Score | Phrase,
    spec: WindowSpec,
    rule: TrackRule,
    *,
    track: str | None = None,
    where: str | None = None,
    keep_tracks: bool = False,
) -> Piece:
    """Cut a piece into windows (see the module's text).

    Arguments:
        source: A file or a score.
        spec: The bars that the model takes.
        rule: How the track is found.
        track: Track number (from 1) or name instead of the rule.
        where: Name of the source in messages. [default: its path]
        keep_tracks: Whether results keep the other tracks, lyrics and markers.

    Raises:
        MidiError: the file cannot be read, or nothing sounds in its track.
        ParameterError: there is no such track, or the source is a phrase.
        RepresentationError: none of its bars fits the grid or the model.
    """
    if isinstance(source, Phrase):
        raise ParameterError("A phrase is not a whole piece; give the file or the score that it came from.")
    score, where = open_score(source, where)
    score, index = rule.choose(score, where, track)
    if not score.tracks[index].notes:
        raise MidiError(f"{where}: track {index + 1} has no notes; choose another track.")
    cutter = Cutter(score, index, spec, rule)
    windows: list[Window] = []
    unchanged: list[KeptBars] = []
    for bars, reason in cutter.runs():
        if reason:
            unchanged.append(KeptBars(bars[0].number, bars[-1].number, reason))
            continue
        for chosen, new in _windows(bars, spec.bars):
            window = cutter.window(chosen, new)
            if cutter.sounds(window):
                windows.append(window)
            else:
                unchanged.append(KeptBars(new[0].number, new[-1].number, "silent"))
    if not windows:
        problems = (spec.problem(_lengthened([bar], spec.bars)) for bar in score.bars())
        raise RepresentationError(f"{where}: {next(filter(None, problems), 'no note lies on the grid; choose another track.')}")
    return Piece(score, index, tuple(windows), tuple(_merged(unchanged)), keep_tracks)


@dataclass(frozen=True)
class Cutter:
    """Cuts one track of a score into windows.

    Arguments:
        score: The score.
        index: Index of the track.
        spec: The bars that the model takes.
        rule: How the track was found.
    """

    score: Score
    index: int
    spec: WindowSpec
    rule: TrackRule

    @cached_property
    def notes(self) -> NoteIndex:
        """The notes of the track."""
        return NoteIndex(self.score.tracks[self.index].notes)

    def runs(self) -> Iterable[tuple[list[Bar], str]]:
        """Return bars in runs: bars of one metre and length that the model takes, or bars that it does not take, by reason."""
        first = first_full_bar(self.score, self.index)
        onset = self.score.tracks[self.index].notes[0].onset

        def state(bar: Bar) -> tuple[str, int, int, float]:
            if bar.number < first:
                return ("silent" if bar.end <= onset else "pick-up", 0, 0, 0.0)
            try:
                self.spec.representation.bar_steps([bar])
            except RepresentationError:
                return ("off the grid", 0, 0, 0.0)
            if self.spec.problem(_lengthened([bar], self.spec.bars)) is not None:
                return ("too long", 0, 0, 0.0)
            return ("", bar.numerator, bar.denominator, round(bar.length, 6))

        return [(list(bars), key[0]) for key, bars in groupby(self.score.bars(), state)]

    def window(self, bars: Sequence[Bar], new: Sequence[Bar]) -> Window:
        """Put bars on the grid.

        Arguments:
            bars: Consecutive bars of one metre, at most as many as the model takes; silent ones are appended.
            new: Those of them that the stretch of the window consists of.
        """
        half = self.spec.representation.half_step  # an onset this close before a bar line belongs to it
        start, end = bars[0].start, bars[-1].end
        early = half if self.rule.anticipates else 0.0  # a note before the bar line may have ended at it
        notes = [n for n in self.notes.near(start - early, end) if n.onset < end - half and n.end > start - early]
        clipped = [replace(n, duration=min(n.end, end) - n.onset) for n in notes]
        whole = _lengthened(bars, self.spec.bars)
        phrase = phrase_of(self.score, self.index, whole, clipped, self.spec.representation, self.rule)
        phrase = replace(phrase, manner=replace(phrase.manner, lead=min(early, start)))
        return Window(phrase, start, new[0].start, new[-1].end)

    def sounds(self, window: Window) -> bool:
        """Return whether a note sounds in the stretch that a window stands for."""
        start, end = window.start - window.offset, window.end - window.offset
        notes = self.spec.representation.decode(window.phrase.window)
        return any(n.end > start and n.onset < end for n in notes)


def _lengthened(bars: Sequence[Bar], count: int) -> list[Bar]:
    """Append bars like the last one until there are `count`."""
    result = list(bars)
    while len(result) < count:
        result.append(replace(result[-1], number=result[-1].number + 1, start=result[-1].end))
    return result


def _windows(bars: list[Bar], count: int) -> Iterable[tuple[list[Bar], list[Bar]]]:
    """Return windows of `count` bars, and the bars of each that earlier windows do not have."""
    for i in range(0, len(bars), count):
        new = bars[i : i + count]
        yield (bars[-count:] if len(new) < count <= len(bars) else new), new


def _merged(runs: list[KeptBars]) -> list[KeptBars]:
    """Join neighbours that have the same reason."""
    result: list[KeptBars] = []
    for k in runs:
        if result and result[-1].last + 1 == k.first and result[-1].reason == k.reason:
            result[-1] = replace(result[-1], last=k.last)
        else:
            result.append(k)
    return result
