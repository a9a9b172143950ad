"""Whole pieces cut into the windows of a model.

* Windows of the model's number of bars follow one another from the first full bar on (`musicae.music.excerpts.bars`), so that those
  of two pieces begin alike; a pick-up is kept as it is in the file.
* A window has bars of one metre, as those that models learn from. Where too few are left before the metre changes or the
  piece ends, the window reaches back over bars that are done already, and only its new bars are taken; where the metre has
  fewer bars than a window, silent ones are put behind them.
* Bars that are no whole number of time steps or too long for the model, and windows in which nothing sounds, are kept as
  they are in the file. `Piece.kept` tells which and why.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from musicae.errors import MidiError, ParameterError, RepresentationError
from musicae.music.excerpts.bars import first_full_bar
from musicae.music.excerpts.phrase import Phrase, phrase_of
from musicae.music.excerpts.tracks import choose_part
from musicae.music.model import MusicModel, Source
from musicae.music.score import Bar, Note, Score

__all__ = ["Kept", "Part", "Piece", "Voice", "cut"]


@dataclass(frozen=True)
class Voice:
    """The notes of a track, sorted by onset, among which those near a place are quickly found."""

    notes: tuple[Note, ...]

    @cached_property
    def _onsets(self) -> list[float]:
        return [n.onset for n in self.notes]

    @cached_property
    def _longest(self) -> float:
        return max((n.duration for n in self.notes), default=0.0)

    def near(self, start: float, end: float) -> Sequence[Note]:
        """Return the notes that begin before `end` and may sound after `start`, and few others."""
        low, high = bisect_left(self._onsets, start - self._longest), bisect_left(self._onsets, end)
        return self.notes[low:high]

    def held(self, time: float, margin: float) -> bool:
        """Return whether a note sounds from before `time` until after it, by a margin (quarter notes) on either side."""
        return any(n.onset < time - margin and n.end >= time + margin for n in self.near(time, time))


@dataclass(frozen=True)
class Kept:
    """Bars that do not go through the model: numbers of the first and the last, and why."""

    first: int
    last: int
    reason: str

    @property
    def bar_numbers(self) -> str:
        """Numbers of first and last bar, such as `3-4`, or of the only one."""
        return f"{self.first}-{self.last}" if self.last > self.first else str(self.first)


@dataclass(frozen=True)
class Part:
    """A window of a piece.

    Arguments:
        phrase: The window; it may begin before the part or end after it.
        offset: Where the window begins, in quarter notes from the start of the piece.
        start: Where the part begins.
        end: Where it ends.
    """

    phrase: Phrase
    offset: float
    start: float
    end: float


@dataclass(frozen=True)
class Piece:
    """A score cut into windows.

    Arguments:
        score: The score; where the model is one of drums, its drum tracks are one.
        track: Index of its melody track, or of its drums.
        parts: The windows that go through the model, in order.
        kept: The bars that do not.
    """

    score: Score
    track: int
    parts: tuple[Part, ...]
    kept: tuple[Kept, ...]

    @cached_property
    def voice(self) -> Voice:
        """The notes of the melody track, or of the drums."""
        return Voice(self.score.tracks[self.track].notes)

    @property
    def phrases(self) -> list[Phrase]:
        """The windows of its parts."""
        return [part.phrase for part in self.parts]


def cut(model: MusicModel, source: Source | Piece, *, track: str | None = None, where: str | None = None) -> Piece:
    """Cut a piece into windows (see the module's text).

    Arguments:
        model: Says how many bars a window has, and which it takes.
        source: A MIDI file or a score; a piece is returned as it is.
        track: Number (from 1) or name of the melody track, or of the drums. [default: by the rule of `musicae.music.excerpts.bars`, or
            all drum tracks (`musicae.music.excerpts.tracks`)]
        where: What to call the source in messages. [default: its path]

    Raises:
        MidiError: the file cannot be read, or nothing sounds in its melody track.
        ParameterError: there is no such track, or the source is a phrase.
        RepresentationError: none of its bars fits the grid or the model.
    """
    if isinstance(source, Piece):
        return source
    if isinstance(source, Phrase):
        raise ParameterError("A phrase is no whole piece; give the file or the score it came from.")
    where = where or ("the score" if isinstance(source, Score) else str(source))
    if not isinstance(source, Score):
        from musicae.music.formats.midi import read_midi

        source = read_midi(source)
    source, index = choose_part(source, where, track, pitched=model.representation.pitched)
    if not source.tracks[index].notes:
        raise MidiError(f"{where}: track {index + 1} has no notes; choose another track.")
    parts: list[Part] = []
    kept: list[Kept] = []
    voice = Voice(source.tracks[index].notes)
    for bars, reason in _runs(model, source, index):
        if reason:
            kept.append(Kept(bars[0].number, bars[-1].number, reason))
            continue
        for window, new in _windows(bars, model.bars):
            part = _part(model, source, index, voice, window, new)
            notes = model.representation.decode(part.phrase.window)
            if any(n.end > part.start - part.offset and n.onset < part.end - part.offset for n in notes):
                parts.append(part)
            else:
                kept.append(Kept(new[0].number, new[-1].number, "silent"))
    if not parts:
        reasons = (model.refusal(_lengthened([bar], model.bars)) for bar in source.bars())
        raise RepresentationError(f"{where}: {next(filter(None, reasons), 'no note lies on the grid; choose another track.')}")
    return Piece(source, index, tuple(parts), tuple(_merged(kept)))


def _runs(model: MusicModel, score: Score, index: int) -> Iterable[tuple[list[Bar], str]]:
    """Return bars in runs of one metre and length that the model takes, or of one reason why it does not."""
    first = first_full_bar(score, index)
    onset = score.tracks[index].notes[0].onset

    def kind(bar: Bar) -> tuple[str, int, int, float]:
        if bar.number < first:
            return ("silent" if bar.end <= onset else "pick-up", 0, 0, 0.0)
        try:
            model.representation.bar_steps([bar])
        except RepresentationError:
            return ("off the grid", 0, 0, 0.0)
        if model.refusal(_lengthened([bar], model.bars)) is not None:
            return ("too long", 0, 0, 0.0)
        return ("", bar.numerator, bar.denominator, round(bar.length, 6))

    return [(list(bars), key[0]) for key, bars in groupby(score.bars(), kind)]


def _lengthened(bars: Sequence[Bar], count: int) -> list[Bar]:
    """Put bars like the last behind bars until there are `count`."""
    made = list(bars)
    while len(made) < count:
        made.append(replace(made[-1], number=made[-1].number + 1, start=made[-1].end))
    return made


def _windows(bars: list[Bar], count: int) -> Iterable[tuple[list[Bar], list[Bar]]]:
    """Return windows of `count` bars, and the bars of each that the windows before it do not have."""
    for i in range(0, len(bars), count):
        new = bars[i : i + count]
        yield (bars[-count:] if len(new) < count <= len(bars) else new), new


def _part(model: MusicModel, score: Score, index: int, voice: Voice, bars: list[Bar], new: list[Bar]) -> Part:
    half = model.representation.half_step  # an onset this close before a bar line belongs to it
    start, end = bars[0].start, bars[-1].end
    early = 0.0 if model.representation.pitched else half  # a drum hit before the bar line may have faded at it
    notes = [n for n in voice.near(start - early, end) if n.onset < end - half and n.end > start - early]
    clipped = [replace(n, duration=min(n.end, end) - n.onset) for n in notes]
    phrase = phrase_of(score, index, _lengthened(bars, model.bars), clipped, model.representation)
    phrase = replace(phrase, manner=replace(phrase.manner, lead=min(early, start)))
    return Part(phrase, start, new[0].start, new[-1].end)


def _merged(kept: list[Kept]) -> list[Kept]:
    made: list[Kept] = []
    for k in kept:
        if made and made[-1].last + 1 == k.first and made[-1].reason == k.reason:
            made[-1] = replace(made[-1], last=k.last)
        else:
            made.append(k)
    return made
