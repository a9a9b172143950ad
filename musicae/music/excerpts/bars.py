"""Which bars of a track are its first full phrase.

The first full phrase begins at the first bar that is not a pick-up, in which a note starts, and from which on notes start in
every one of the bars wanted, these being whole bars of one metre that the model can take. A pick-up is a first sounding bar
whose notes all start in its second half. If no such bar exists, bars of several metres, or cut short by a metre change, will
do. If there are none of those either, the phrase begins at the first bar in which a note starts and that the model can take
with those after it.

A whole piece is cut into windows from its first full bar on: the first in which a note starts, or the one after it if that
is a pick-up. Here a pick-up is a bar whose notes all start in its second half, or a bar of another metre than the next and
shorter.
"""

from collections.abc import Callable, Sequence

from musicae.errors import MidiError, ParameterError
from musicae.music.score import Bar, Note, Score, bar_index

__all__ = ["choose_bars", "first_full_bar"]


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
        index = bar_index(note.onset, bars)
        onsets[index].append((note.onset - bars[index].start) / bars[index].length)
    return onsets


def _even(bars: Sequence[Bar]) -> bool:
    """Return whether these are whole bars of one metre."""
    metre = (bars[0].numerator, bars[0].denominator)
    return all((b.numerator, b.denominator) == metre and abs(b.length - b.full_length) < 1e-6 for b in bars)
