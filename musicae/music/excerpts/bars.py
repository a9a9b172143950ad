"""Which track of a file is the melody, and which bars are its first full phrase.

The melody track is the one with the best score among the tracks that are not drums:

* 3 points if its name says so (melody, lead, vocal, voice, soprano, tune, sing, cantus, ...), minus 2 if its name says
  bass, drums, pad, strings, chords, piano left or accompaniment;
* up to 2 points for being one note at a time (the share of its notes that start after the one before has ended);
* up to 1 point for its height (mean pitch 36 gives 0, 84 gives 1);
* up to 1 point for the share of the piece's bars in which it plays;
* minus 2 for a General MIDI bass (programs 32 to 39), minus 1 for fewer than 8 notes.

Of equals the first is taken. The first full phrase begins at the first bar that is not a pick-up, in which a note starts,
and from which on notes start in every one of the bars wanted, these being whole bars of one metre that the model can
take; a pick-up is a first sounding bar whose notes all start in its second half. Where no such bar exists, bars of several
metres, or cut short by a metre change, will do; where there is none of those either, the phrase begins at the first bar
in which a note starts and that the model can take with those after it.

A whole piece is cut into windows from its first full bar on: the first in which a note starts, or the one after it if that
is a pick-up: a bar whose notes all start in its second half, or a bar of another metre than the next and shorter.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from musicae.errors import MidiError, ParameterError
from musicae.music.score import Bar, Note, Score, Track

__all__ = ["choose_bars", "choose_track", "first_full_bar", "track_scores"]

_MELODY = re.compile(r"melod|lead|vocal|voice|vox|sopran|tune|sing|cantus|solo|melo\b|m[eé]lodie", re.IGNORECASE)
_OTHER = re.compile(r"bass|drum|perc|pad|string|chord|accomp|left|tenor|alto|rhythm|bridge|backing|harm", re.IGNORECASE)


def track_scores(score: Score) -> list[float]:
    """Return how much each track looks like the melody; minus infinity for drums."""
    bars = score.bars()
    return [_score(track, bars) for track in score.tracks]


def _score(track: Track, bars: tuple[Bar, ...]) -> float:
    if track.is_drum or not track.notes:
        return float("-inf")
    notes = track.notes
    points = 3.0 if _MELODY.search(track.name) else 0.0
    points -= 2.0 if _OTHER.search(track.name) else 0.0
    points -= 2.0 if 32 <= track.program <= 39 else 0.0
    points -= 1.0 if len(notes) < 8 else 0.0
    single = sum(b.onset >= a.end - 0.06 and b.onset > a.onset for a, b in pairwise(notes))
    points += 2.0 * single / max(1, len(notes) - 1)
    mean_pitch = sum(n.pitch for n in notes) / len(notes)
    points += min(1.0, max(0.0, (mean_pitch - 36) / 48))
    return points + len({_bar_of(n.onset, bars) for n in notes}) / max(1, len(bars))


def _bar_of(time: float, bars: tuple[Bar, ...]) -> int:
    low, high = 0, len(bars) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if bars[middle].start <= time + 1e-6 else (low, middle - 1)
    return low


def choose_track(score: Score, where: str, wanted: str | None = None) -> int:
    """Return the index of the melody track.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        wanted: A track number (from 1) or name instead of the rule above.

    Raises:
        MidiError: the score has no notes, or only drums.
        ParameterError: the track wanted does not exist.
    """
    if not score.tracks:
        raise MidiError(f"{where} has no notes; choose another file.")
    names = [t.name or f"track {i}" for i, t in enumerate(score.tracks, 1)]
    if wanted is not None:
        if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            return int(wanted) - 1
        matches = [i for i, name in enumerate(names) if name.lower() == wanted.lower()]
        if not matches:
            listed = ", ".join(f"{i} {name!r}" for i, name in enumerate(names, 1))
            raise ParameterError(f"{where} has no track {wanted!r}; its tracks are {listed}.")
        return matches[0]
    points = track_scores(score)
    best = max(range(len(points)), key=points.__getitem__)
    if points[best] == float("-inf") and not any(t.notes for t in score.tracks):
        raise MidiError(f"{where} has no notes; choose another file.")
    if points[best] == float("-inf"):
        drums = [f"{i} {t.name!r}" if t.name else str(i) for i, t in enumerate(score.tracks, 1) if t.notes]
        tracks = f"track{'s' if len(drums) > 1 else ''} {', '.join(drums)}"
        raise MidiError(f"{where} has drums only ({tracks}); a melody model needs a pitched track. Choose another file.")
    return best


def choose_bars(
    score: Score,
    track: int,
    count: int,
    where: str,
    wanted: tuple[int, int] | None = None,
    *,
    fits: Callable[[Sequence[Bar]], bool] | None = None,
) -> int:
    """Return the number (from 1) of the bar where the phrase begins.

    Arguments:
        score: The score.
        track: Index of the melody track.
        count: Bars wanted.
        where: The file's name, for messages.
        wanted: First and last bar (from 1, inclusive) instead of the rule above.
        fits: Whether the model can take these bars. [default: it takes any]

    Raises:
        ParameterError: the bars wanted do not exist, or are not `count`.
        MidiError: no note sounds in the bars wanted, or in the track at all.
    """
    bars = score.bars()
    notes = score.tracks[track].notes
    if not notes:
        raise MidiError(f"{where}: track {track + 1} has no notes; choose another track.")
    if wanted is not None:
        first, last = wanted
        if not 1 <= first <= last or first > len(bars):
            raise ParameterError(f"{where} has bars 1 to {len(bars)}; there are no bars {first}-{last}.")
        if last - first + 1 != count:
            raise ParameterError(
                f"{where}: the model takes {count} bars, not {last - first + 1}; give {first}-{first + count - 1}, for example."
            )
        start, end = bars[first - 1].start, score.bar_range(first, count)[-1].end
        if not any(n.onset < end and n.end > start for n in notes):
            raise MidiError(f"{where}: no note sounds in bars {first}-{last} of track {track + 1}; choose other bars.")
        return first
    onsets = _onsets(notes, bars)
    sounding = [i for i, places in enumerate(onsets) if places]
    taken = [i for i in sounding if fits is None or fits(score.bar_range(i + 1, count))]
    full = [i for i in taken if i + count <= len(bars) and all(onsets[i : i + count])]
    if full and full[0] == sounding[0] and min(onsets[full[0]]) >= 0.5:
        del full[0]  # a pick-up
    even = (i for i in full if _even(bars[i : i + count]))
    return next(even, (full or taken or sounding)[0]) + 1


def first_full_bar(score: Score, track: int) -> int:
    """Return the number (from 1) of the bar from which on a track's bars are cut into windows; see the module's text."""
    bars = score.bars()
    onsets = _onsets(score.tracks[track].notes, bars)
    first = next((i for i, places in enumerate(onsets) if places), 0)
    if first + 1 < len(bars) and onsets[first + 1]:
        bar, following = bars[first], bars[first + 1]
        shorter = bar.length < following.length - 1e-6
        if min(onsets[first]) >= 0.5 or (shorter and not _even((bar, following))):
            return first + 2
    return first + 1


def _onsets(notes: Sequence[Note], bars: tuple[Bar, ...]) -> list[list[float]]:
    """Return where in each bar notes start, 0 being its beginning and 1 its end."""
    onsets: list[list[float]] = [[] for _ in bars]
    for note in notes:
        index = _bar_of(note.onset, bars)
        onsets[index].append((note.onset - bars[index].start) / bars[index].length)
    return onsets


def _even(bars: Sequence[Bar]) -> bool:
    """Return whether these are whole bars of one metre."""
    metre = (bars[0].numerator, bars[0].denominator)
    return all((b.numerator, b.denominator) == metre and abs(b.length - b.full_length) < 1e-6 for b in bars)
