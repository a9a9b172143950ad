"""Which bars of a track are its first full phrase.

The first full phrase is the first run of whole bars of one metre that the model takes, in each of which a note starts. It does
not begin with a pick-up. A pick-up is a first sounding bar whose notes all start in its second half. If there is no such run,
bars of several metres, or bars cut short by a metre change, are taken. If there are none of those either, the phrase begins
at the first bar in which a note starts, if the model takes it and the bars after it.

A whole piece is cut into windows from its first full bar: the first bar in which a note starts, or the one after it if that
is a pick-up. Here a pick-up is a bar whose notes all start in its second half, or a bar that is shorter than the next and has
another metre.
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
    chosen: tuple[int, int] | None = None,
    *,
    fits: Callable[[Sequence[Bar]], bool] | None = None,
) -> int:
    """Return the number (from 1) of the bar where the phrase begins.

    Arguments:
        score: The score.
        track: Index of the track.
        count: Number of bars.
        where: The file's name, for messages.
        chosen: First and last bar (from 1, inclusive) instead of the rule above.
        fits: Whether the model takes these bars. [default: it takes any]

    Raises:
        ParameterError: the chosen bars do not exist, or their number is not `count`.
        MidiError: no note sounds in the chosen bars, or the track has no notes.
    """
    bars = score.bars()
    notes = score.tracks[track].notes
    if not notes:
        raise MidiError(f"{where}: track {track + 1} has no notes; choose another track.")
    if chosen is not None:
        return _check_chosen(score, track, count, where, chosen)
    onsets = _onsets(notes, bars)
    sounding = [i for i, places in enumerate(onsets) if places]
    fitting = [i for i in sounding if fits is None or fits(score.bar_range(i + 1, count))]
    full = [i for i in fitting if i + count <= len(bars) and all(onsets[i : i + count])]
    if full and full[0] == sounding[0] and min(onsets[full[0]]) >= 0.5:
        del full[0]  # a pick-up
    even = (i for i in full if _even(bars[i : i + count]))
    return next(even, (full or fitting or sounding)[0]) + 1


def _check_chosen(score: Score, track: int, count: int, where: str, chosen: tuple[int, int]) -> int:
    """Return the number of the first of the chosen bars, after a check that they are `count` and not silent."""
    bars, notes = score.bars(), score.tracks[track].notes
    first, last = chosen
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


def first_full_bar(score: Score, track: int) -> int:
    """Return the number (from 1) of the bar at which the windows of a whole piece begin; see the module's text."""
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
    """Return the places in each bar at which notes start, from 0 (its beginning) to 1 (its end)."""
    onsets: list[list[float]] = [[] for _ in bars]
    for note in notes:
        index = bar_index(note.onset, bars)
        onsets[index].append((note.onset - bars[index].start) / bars[index].length)
    return onsets


def _even(bars: Sequence[Bar]) -> bool:
    """Return whether these are whole bars of one metre."""
    metre = (bars[0].numerator, bars[0].denominator)
    return all((b.numerator, b.denominator) == metre and abs(b.length - b.full_length) < 1e-6 for b in bars)
