"""A phrase: a few bars of one melody, or of drums, on the grid, with the tempo, loudness and instrument that it came with."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from musicae.errors import ParameterError, RepresentationError
from musicae.music.excerpts.bars import choose_bars
from musicae.music.excerpts.tracks import choose_part
from musicae.music.formats.midi import read_midi
from musicae.music.representations import GridWindow, Representation
from musicae.music.score import Bar, Control, KeySignature, Note, Score, Tempo, TimeSignature, Track

__all__ = ["Manner", "Phrase", "blend", "check_bars", "empty_phrase", "join", "phrase_of", "take_phrase", "to_score"]


@dataclass(frozen=True)
class Manner:
    """How a phrase is played.

    Arguments:
        qpm: Tempo in quarter notes a minute.
        velocity: Loudness of its notes, 1 to 127.
        program: General MIDI program.
        name: Track name.
        metres: Numerator and denominator of each bar.
        key: Key number as in `KeySignature`, or None.
        is_drum: Whether it is played on drums.
        lead: By how many quarter notes its first hits may come before its first bar.
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
    """A few bars of one melody, or of drums.

    Arguments:
        window: The bars on the grid.
        manner: How they are played.
        track: Number of the track they came from (from 1), 0 for none.
        first_bar: Number of their first bar in that file (from 1), 0 for none.
    """

    window: GridWindow
    manner: Manner
    track: int = 0
    first_bar: int = 0

    @property
    def bar_numbers(self) -> str:
        """Numbers of its first and last bar in the file it came from, such as `3-4`."""
        return f"{self.first_bar}-{self.first_bar + len(self.window.bar_steps) - 1}"


def take_phrase(
    source: str | Path | Score,
    representation: Representation,
    count: int,
    *,
    track: str | None = None,
    bars: tuple[int, int] | None = None,
    where: str | None = None,
    max_steps: int | None = None,
    max_bar_steps: int | None = None,
) -> Phrase:
    """Take `count` bars of the melody, or of the drums, from a file or score, by the rules of `musicae.music.excerpts.bars`.

    Arguments:
        source: A MIDI file or a score.
        representation: The grid.
        count: Bars wanted.
        track: Track number (from 1) or name instead of the rule; of drums all tracks are taken together else.
        bars: First and last bar (from 1, inclusive) instead of the rule.
        where: What to call the source in messages. [default: its path]
        max_steps: Longest window that the model takes, in time steps.
        max_bar_steps: Longest bar that it takes.

    Raises:
        MidiError: the file cannot be read, or holds no melody (or no drums) there.
        ParameterError: a track or bars that do not exist.
        RepresentationError: the bars do not fit the grid or the model.
    """
    where = where or ("the score" if isinstance(source, Score) else str(source))
    score = source if isinstance(source, Score) else read_midi(source)
    score, index = choose_part(score, where, track, pitched=representation.pitched)
    check = partial(check_bars, representation, max_steps=max_steps, max_bar_steps=max_bar_steps)
    first = choose_bars(score, index, count, where, bars, fits=lambda taken: check(taken) is None)
    chosen = score.bar_range(first, count)
    reason = check(chosen)
    if reason is not None:
        raise RepresentationError(f"{where}: {reason}")
    return phrase_of(score, index, chosen, score.tracks[index].notes, representation)


def phrase_of(score: Score, index: int, bars: Sequence[Bar], notes: Sequence[Note], representation: Representation) -> Phrase:
    """Put bars of a track on the grid.

    Arguments:
        score: Gives tempo and key.
        index: Index of the track, which gives instrument and name.
        bars: The bars, one after the other.
        notes: The notes that sound in them, and any others of the track.
        representation: The grid.

    Raises:
        RepresentationError: the bars do not fit the grid.
    """
    window = representation.encode(notes, bars)
    sounding = [n for n in notes if n.onset < bars[-1].end and n.end > bars[0].start]
    manner = _manner(score, index, bars, sounding, is_drum=not representation.pitched)
    return Phrase(window, manner, index + 1, bars[0].number)


# Time steps of the longest bar that models are trained on: 8 quarter notes on the sixteenth grid.
LONGEST_BAR = 32


def check_bars(
    representation: Representation, bars: Sequence[Bar], *, max_steps: int | None, max_bar_steps: int | None
) -> str | None:
    """Return why the bars fit neither the grid nor the model, or None where they do."""
    try:
        steps = representation.bar_steps(bars)
    except RepresentationError as error:
        return str(error)
    longest = max(steps)
    limit = min(max_bar_steps or longest, (max_steps or sum(steps)) // len(bars))
    if sum(steps) <= (max_steps or sum(steps)) and longest <= (max_bar_steps or longest):
        return None
    bar = bars[steps.index(longest)]
    return (
        f"bar {bar.number} ({bar.numerator}/{bar.denominator}) has {longest} time steps, more than the model's {limit}; "
        "choose other bars, or write the tune in shorter ones."
    )


def _manner(score: Score, index: int, bars: Sequence[Bar], notes: list[Note], *, is_drum: bool) -> Manner:
    keys = [k.number for k in score.keys if k.time <= bars[0].start + 1e-6]
    return Manner(
        qpm=score.tempo_at(bars[0].start),
        velocity=round(statistics.median(n.velocity for n in notes)) if notes else 80,
        program=score.tracks[index].program,
        name=score.tracks[index].name or ("drums" if is_drum else "melody"),
        metres=tuple((b.numerator, b.denominator) for b in bars),
        key=keys[-1] if keys else None,
        is_drum=is_drum,
    )


def empty_phrase(representation: Representation, count: int, metre: str = "4/4", qpm: float = 120.0) -> Phrase:
    """Return `count` silent bars.

    Arguments:
        representation: The grid.
        count: Bars.
        metre: Time signature such as `6/8`.
        qpm: Tempo in quarter notes a minute.

    Raises:
        ParameterError: the metre is no time signature.
        RepresentationError: its bars are not a whole number of steps.
    """
    numerator, _, denominator = metre.partition("/")
    good = numerator.isdecimal() and denominator.isdecimal()
    if not good or not 1 <= int(numerator) <= 64 or int(denominator) not in (1, 2, 4, 8, 16, 32):
        raise ParameterError(f"{metre!r} is no time signature; give one such as 4/4, 3/4 or 6/8.")
    metres = ((int(numerator), int(denominator)),) * count
    score = Score(time_signatures=(TimeSignature(0.0, *metres[0]),))
    window = representation.encode((), score.bar_range(1, count))
    drums = not representation.pitched
    return Phrase(window, Manner(qpm=qpm, name="drums" if drums else "melody", metres=metres, is_drum=drums))


def blend(a: Manner, b: Manner, alpha: float) -> Manner:
    """Mix two manners: tempo and loudness gradually; instrument, metre, key and name of the nearer end."""
    nearer = a if alpha < 0.5 else b
    qpm = nearer.qpm if alpha in (0.0, 1.0) else a.qpm * (b.qpm / a.qpm) ** alpha
    return replace(nearer, qpm=qpm, velocity=round(a.velocity + alpha * (b.velocity - a.velocity)))


def to_score(window: GridWindow, manner: Manner, representation: Representation) -> Score:
    """Turn a window into a score played in the given manner; hits of a manner with a lead may have onsets below 0."""
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
        One score with a track for each program, name and kind (drums or not), and their tempos, metres and keys in a row.
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
        for s in _from_the_start(score.time_signatures):
            if not signatures or (signatures[-1].numerator, signatures[-1].denominator) != (s.numerator, s.denominator):
                signatures.append(TimeSignature(s.time + start, s.numerator, s.denominator))
        for key in score.keys:
            if not keys or keys[-1].number != key.number:
                keys.append(KeySignature(key.time + start, key.number))
        start += length
    tracks = tuple(Track(tuple(sorted(kept)), *manner, tuple(controls[manner])) for manner, kept in notes.items())
    end = start if scores and scores[-1].length else 0.0
    return Score(tracks, tuple(tempos), tuple(signatures), tuple(keys), end)


def _from_the_start(metres: Sequence[TimeSignature]) -> tuple[TimeSignature, ...]:
    """Return metres, 4/4 before the first of them."""
    return tuple(metres) if metres and metres[0].time < 1e-6 else (TimeSignature(0.0, 4, 4), *metres)
