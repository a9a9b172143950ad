"""Phrases: a few bars of one track on a grid, with the tempo, loudness and instrument of the file they come from."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicae.errors import ParameterError, RepresentationError
from musicae.music.excerpts.bars import choose_bars
from musicae.music.excerpts.tracks import TrackRule
from musicae.music.formats import read
from musicae.music.representations import GridWindow, Representation, WindowSpec
from musicae.music.score import Bar, Control, KeySignature, Note, Score, Tempo, TimeSignature, Track

__all__ = ["Manner", "Phrase", "blend", "empty_phrase", "join", "open_score", "phrase_of", "take_phrase", "to_score"]


@dataclass(frozen=True)
class Manner:
    """How a phrase is played.

    Arguments:
        qpm: Tempo in quarter notes per minute.
        velocity: Loudness of its notes, 1 to 127.
        program: General MIDI program.
        name: Track name.
        metres: Numerator and denominator of each bar.
        key: Key number as in `KeySignature`, or None.
        is_drum: Whether it plays on the drum channel.
        lead: Quarter notes by which its first hits may come before its first bar.
    """

    qpm: float = 120.0
    velocity: int = 80
    program: int = 0
    name: str = "melody"
    metres: tuple[tuple[int, int], ...] = ()
    key: int | None = None
    is_drum: bool = False
    lead: float = 0.0


@dataclass(frozen=True)
class Phrase:
    """A few bars of one track.

    Arguments:
        window: The bars on the grid.
        manner: How they are played.
        track: Number of their track in the file (from 1), or 0 if they come from no file.
        first_bar: Number of their first bar in the file (from 1), or 0 if they come from no file.
    """

    window: GridWindow
    manner: Manner
    track: int = 0
    first_bar: int = 0

    @property
    def bar_numbers(self) -> str:
        """Numbers of its first and last bar in the file, such as `3-4`."""
        return f"{self.first_bar}-{self.first_bar + len(self.window.bar_steps) - 1}"


def take_phrase(
    source: str | Path | Score,
    spec: WindowSpec,
    rule: TrackRule,
    *,
    track: str | None = None,
    bars: tuple[int, int] | None = None,
    where: str | None = None,
) -> Phrase:
    """Take a window of bars from a file or score, by the rules of `musicae.music.excerpts.bars`.

    Arguments:
        source: A file or a score.
        spec: The bars that the model takes.
        rule: How the track is found.
        track: Track number (from 1) or name instead of the rule.
        bars: First and last bar (from 1, inclusive) instead of the first full phrase.
        where: Name of the source in messages. [default: its path]

    Raises:
        MidiError: the file cannot be read, or has no track of this kind.
        ParameterError: the track or the bars do not exist.
        RepresentationError: the bars do not fit the grid or the model.
    """
    score, where = open_score(source, where)
    score, index = rule.choose(score, where, track)
    first = choose_bars(score, index, spec.bars, where, bars, fits=lambda chosen: spec.problem(chosen) is None)
    chosen = score.bar_range(first, spec.bars)
    problem = spec.problem(chosen)
    if problem is not None:
        raise RepresentationError(f"{where}: {problem}")
    return phrase_of(score, index, chosen, score.tracks[index].notes, spec.representation, rule)


def open_score(source: str | Path | Score, where: str | None = None) -> tuple[Score, str]:
    """Return the score of a source, and its name for messages: `where`, its path, or `the score`.

    Raises:
        MidiError: the file cannot be read.
    """
    if isinstance(source, Score):
        return source, where or "the score"
    return read(source), where or str(source)


def phrase_of(
    score: Score,
    index: int,
    bars: Sequence[Bar],
    notes: Sequence[Note],
    representation: Representation,
    rule: TrackRule,
) -> Phrase:
    """Put bars of a track on the grid.

    Arguments:
        score: Gives tempo and key.
        index: Index of the track, which gives instrument and name.
        bars: Consecutive bars.
        notes: The notes that sound in them; further notes of the track are ignored.
        representation: The grid.
        rule: The kind of track.

    Raises:
        RepresentationError: the bars do not fit the grid.
    """
    window = representation.encode(notes, bars)
    sounding = [n for n in notes if n.onset < bars[-1].end and n.end > bars[0].start]
    return Phrase(window, _manner(score, index, bars, sounding, rule), index + 1, bars[0].number)


def _manner(score: Score, index: int, bars: Sequence[Bar], notes: list[Note], rule: TrackRule) -> Manner:
    track = score.tracks[index]
    keys = [k.number for k in score.keys if k.time <= bars[0].start + 1e-6]
    return Manner(
        qpm=score.tempo_at(bars[0].start),
        velocity=round(statistics.median(n.velocity for n in notes)) if notes else 80,
        program=track.program,
        name=track.name or rule.name,
        metres=tuple((b.numerator, b.denominator) for b in bars),
        key=keys[-1] if keys else None,
        is_drum=rule.is_drum,
    )


def empty_phrase(spec: WindowSpec, rule: TrackRule, metre: str = "4/4", qpm: float = 120.0) -> Phrase:
    """Return a silent window.

    Arguments:
        spec: The bars that the model takes.
        rule: The kind of track.
        metre: Time signature such as `6/8`.
        qpm: Tempo in quarter notes per minute.

    Raises:
        ParameterError: the metre is not a time signature, its bars are not a whole number of time steps, or they are longer
            than the model's.
    """
    numerator, _, denominator = metre.partition("/")
    valid = numerator.isdecimal() and denominator.isdecimal()
    if not valid or not 1 <= int(numerator) <= 64 or int(denominator) not in (1, 2, 4, 8, 16, 32):
        raise ParameterError(f"{metre!r} is not a time signature; give one such as 4/4, 3/4 or 6/8.")
    metres = ((int(numerator), int(denominator)),) * spec.bars
    bars = Score(time_signatures=(TimeSignature(0.0, *metres[0]),)).bar_range(1, spec.bars)
    representation = spec.representation
    try:
        window = representation.encode((), bars)
    except RepresentationError as error:
        raise ParameterError(
            f"A bar of {metre} is not a whole number of time steps at {representation.steps_per_quarter} per quarter note; "
            "choose another metre."
        ) from error
    steps, longest = max(window.bar_steps), spec.longest_bar
    if longest is not None and steps > longest:
        raise ParameterError(
            f"A bar of {metre} has {steps} time steps, more than the model's {longest}; choose a shorter metre."
        )
    return Phrase(window, Manner(qpm=qpm, name=rule.name, metres=metres, is_drum=rule.is_drum))


def blend(a: Manner, b: Manner, alpha: float) -> Manner:
    """Mix two manners: tempo and loudness change gradually; instrument, metre, key and name are those of the nearer end."""
    nearer = a if alpha < 0.5 else b
    qpm = nearer.qpm if alpha in (0.0, 1.0) else a.qpm * (b.qpm / a.qpm) ** alpha
    return replace(nearer, qpm=qpm, velocity=round(a.velocity + alpha * (b.velocity - a.velocity)))


def to_score(window: GridWindow, manner: Manner, representation: Representation) -> Score:
    """Turn a window into a score played in a manner. Hits may have negative onsets if the manner has a lead."""
    decoded = representation.decode(window, velocity=manner.velocity)
    notes = tuple(n if n.onset >= -manner.lead else replace(n, onset=-manner.lead) for n in decoded)
    metres = manner.metres or ((4, 4),) * len(window.bar_steps)
    signatures: list[TimeSignature] = []
    time = 0.0
    for steps, metre in zip(window.bar_steps, metres, strict=True):
        if not signatures or (signatures[-1].numerator, signatures[-1].denominator) != metre:
            signatures.append(TimeSignature(time, *metre))
        time += representation.quarters((steps,))
    keys = () if manner.key is None else (KeySignature(0.0, manner.key),)
    track = Track(notes, manner.program, manner.is_drum, manner.name)
    return Score((track,), (Tempo(0.0, manner.qpm),), tuple(signatures), keys)


def join(scores: list[Score], lengths: list[float]) -> Score:
    """Put scores one after the other.

    Arguments:
        scores: The scores.
        lengths: Their lengths in quarter notes.

    Returns:
        One score with one track per program, name and channel kind (drums or not); tempos, metres and keys follow each other.
    """
    notes: dict[tuple[int, bool, str], list[Note]] = {}
    controls: dict[tuple[int, bool, str], list[Control]] = {}
    tempos: list[Tempo] = []
    signatures: list[TimeSignature] = []
    keys: list[KeySignature] = []
    start = 0.0
    for score, length in zip(scores, lengths, strict=True):
        for track in score.tracks:
            moved = [replace(n, onset=n.onset + start) for n in track.notes]
            manner = (track.program, track.is_drum, track.name)
            notes.setdefault(manner, []).extend(moved)
            controls.setdefault(manner, []).extend(replace(c, time=c.time + start) for c in track.controls)
        for tempo in score.tempos or (Tempo(0.0, 120.0),):
            if not tempos or abs(tempos[-1].qpm - tempo.qpm) > 1e-6:
                tempos.append(Tempo(tempo.time + start, tempo.qpm))
        for s in _from_start(score.time_signatures):
            if not signatures or (signatures[-1].numerator, signatures[-1].denominator) != (s.numerator, s.denominator):
                signatures.append(TimeSignature(s.time + start, s.numerator, s.denominator))
        for key in score.keys:
            if not keys or keys[-1].number != key.number:
                keys.append(KeySignature(key.time + start, key.number))
        start += length
    tracks = tuple(Track(tuple(sorted(some)), *manner, tuple(controls[manner])) for manner, some in notes.items())
    end = start if scores and scores[-1].length else 0.0
    return Score(tracks, tuple(tempos), tuple(signatures), tuple(keys), end)


def _from_start(metres: Sequence[TimeSignature]) -> tuple[TimeSignature, ...]:
    """Return metres, with 4/4 before the first of them if it starts later."""
    return tuple(metres) if metres and metres[0].time < 1e-6 else (TimeSignature(0.0, 4, 4), *metres)
