"""Which track of a file a model works on: the melody track, or the drum part.

The melody track is the track with the most points, drums excluded:

* 3 points if its name contains a word for a melody (melody, lead, vocal, voice, soprano, tune, sing, cantus, ...), minus 2 if
  it contains a word for another part (bass, drums, pad, strings, chords, piano left, accompaniment, ...);
* up to 2 points for playing one note at a time (the share of its notes that start after the note before has ended);
* up to 1 point for its height (mean pitch 36 gives 0, 84 gives 1);
* up to 1 point for the share of the piece's bars in which it plays;
* minus 2 for a General MIDI bass (programs 32 to 39), minus 1 for fewer than 8 notes.

Of several tracks with equal points, the first is taken.

The drum part of a file is all of its drum tracks together (channel 10 of General MIDI), because many programs write one track
per drum. A single track can be requested instead: one of them, or a track of another channel that holds drums.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from musicae.errors import MidiError, ParameterError
from musicae.music.score import Bar, Score, Track, bar_index

__all__ = ["ALL_DRUMS", "DRUM_PART", "MELODY_TRACK", "TrackRule", "choose_drums", "choose_track", "drum_tracks", "track_scores"]

ALL_DRUMS = "drums"  # requests the whole drum part, unless a track has that name

_MELODY = re.compile(r"melod|lead|vocal|voice|vox|sopran|tune|sing|cantus|solo|melo\b|m[eé]lodie", re.IGNORECASE)
_OTHER = re.compile(r"bass|drum|perc|pad|string|chord|accomp|left|tenor|alto|rhythm|bridge|backing|harm", re.IGNORECASE)


@dataclass(frozen=True)
class TrackRule:
    """How the track that a model works on is found in a score.

    Arguments:
        name: Name of a new track of this kind, such as `melody`.
        choose: Called with a score, its name for messages, and a track number, a name or None. It returns the score, in which
            the music of this kind is one track, and the index of that track.
        matches: Called with the same arguments. It returns whether a score counts as this kind of music.
        keyword: The request that stands for all music of this kind in a file; empty if there is none.
        is_drum: Whether the track plays on the drum channel.
        anticipates: Whether a note may come up to half a time step before the bar line that it belongs to.
    """

    name: str
    choose: Callable[[Score, str, str | None], tuple[Score, int]]
    matches: Callable[[Score, str, str | None], bool]
    keyword: str = ""
    is_drum: bool = False
    anticipates: bool = False

    def fits(self, track: Track) -> bool:
        """Return whether a track has notes and plays on the channel of this kind."""
        return bool(track.notes) and track.is_drum == self.is_drum

    def applies(self, score: Score, request: str | None = None) -> bool:
        """Return whether a score has a track of this kind."""
        try:
            self.choose(score, "", request)
        except (MidiError, ParameterError):
            return False
        return True


def track_scores(score: Score) -> list[float]:
    """Return the points of each track as the melody; minus infinity for drums and empty tracks."""
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
    return points + len({bar_index(n.onset, bars) for n in notes}) / max(1, len(bars))


def choose_track(score: Score, where: str, request: str | None = None) -> int:
    """Return the index of the melody track.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        request: A track number (from 1) or name instead of the rule.

    Raises:
        MidiError: the score has no notes, or only drums.
        ParameterError: the requested track does not exist.
    """
    if not score.tracks:
        raise MidiError(f"{where} has no notes; choose another file.")
    names = [t.name or f"track {i}" for i, t in enumerate(score.tracks, 1)]
    if request is not None:
        if request.isdecimal() and 1 <= int(request) <= len(names):
            return int(request) - 1
        matches = [i for i, name in enumerate(names) if name.lower() == request.lower()]
        if not matches:
            listed = ", ".join(f"{i} {name!r}" for i, name in enumerate(names, 1))
            raise ParameterError(f"{where} has no track {request!r}; its tracks are {listed}.")
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


def drum_tracks(score: Score, where: str, request: str | None = None) -> tuple[int, ...]:
    """Return the indices of the tracks that are the drum part.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        request: A track number (from 1) or name instead of all drum tracks; `drums` stands for all of them, too.

    Raises:
        MidiError: the score has no drum track.
        ParameterError: the requested track does not exist.
    """
    named = request is not None and any(t.name.lower() == ALL_DRUMS for t in score.tracks)
    if request is not None and (named or request.lower() != ALL_DRUMS):
        return (choose_track(score, where, request),)
    drums = tuple(i for i, t in enumerate(score.tracks) if t.is_drum and t.notes)
    if not drums and any(t.notes for t in score.tracks):
        raise MidiError(
            f"{where} has no drums (no track on channel 10); give --track the number of the track that holds them, or choose "
            "another file."
        )
    if not drums:
        raise MidiError(f"{where} has no notes; choose another file.")
    return drums


def choose_drums(score: Score, where: str, request: str | None = None) -> tuple[Score, int]:
    """Choose the drum part and join its tracks.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        request: A track number (from 1) or name instead of all drum tracks.

    Returns:
        The score, in which the drum part is one track, and the index of that track; the tracks before it are unchanged.

    Raises:
        MidiError: the score has no drum track.
        ParameterError: the requested track does not exist.
    """
    first, *others = drum_tracks(score, where, request)
    track = score.tracks[first]
    if track.is_drum and not others:
        return score, first
    joined = [score.tracks[i] for i in (first, *others)]
    notes = tuple(sorted(n for t in joined for n in t.notes))
    controls = tuple(sorted((c for t in joined for c in t.controls), key=lambda c: c.time))
    kit = replace(track, notes=notes, controls=controls, is_drum=True)
    tracks = tuple(kit if i == first else t for i, t in enumerate(score.tracks) if i not in others)
    return replace(score, tracks=tracks), first


def _melody(score: Score, where: str, request: str | None = None) -> tuple[Score, int]:
    return score, choose_track(score, where, request)


def _any(score: Score, where: str, request: str | None = None) -> bool:
    return True


def _plays_drums(score: Score, where: str, request: str | None = None) -> bool:
    """Return whether a score has drums only, or the requested track is a drum track.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        request: A track number (from 1) or name, or `drums`.

    Raises:
        MidiError: `drums` are requested, and there are none.
        ParameterError: the requested track does not exist.
    """
    if request is None:
        sounding = [t for t in score.tracks if t.notes]
        return bool(sounding) and all(t.is_drum for t in sounding)
    tracks = drum_tracks(score, where, request)
    return score.tracks[tracks[0]].is_drum


MELODY_TRACK = TrackRule("melody", _melody, _any)
DRUM_PART = TrackRule("drums", choose_drums, _plays_drums, keyword=ALL_DRUMS, is_drum=True, anticipates=True)
