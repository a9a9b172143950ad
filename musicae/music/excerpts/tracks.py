"""Which tracks of a file are its drums.

The drum part of a file is all of its drum tracks together (General MIDI's channel 10), since many programs write a track for
each drum; one of them, or a track of another channel that holds drums, can be named instead.
"""

from dataclasses import replace

from musicae.errors import MidiError
from musicae.music.excerpts.bars import choose_track
from musicae.music.score import Score

__all__ = ["ALL", "choose_part", "drum_tracks", "plays_drums"]

ALL = "drums"  # names the whole drum part, where no track is called so


def plays_drums(score: Score, where: str, wanted: str | None = None) -> bool:
    """Return whether a score has drums only, or the track wanted of it is one of drums.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        wanted: A track number (from 1) or name, or `drums`.

    Raises:
        MidiError: `drums` are wanted, and there are none.
        ParameterError: the track wanted does not exist.
    """
    if wanted is None:
        sounding = [t for t in score.tracks if t.notes]
        return bool(sounding) and all(t.is_drum for t in sounding)
    tracks = drum_tracks(score, where, wanted)
    return score.tracks[tracks[0]].is_drum


def drum_tracks(score: Score, where: str, wanted: str | None = None) -> tuple[int, ...]:
    """Return the indices of the tracks that are the drum part.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        wanted: A track number (from 1) or name instead of all drum tracks; `drums` are all of them, too.

    Raises:
        MidiError: the score has no drum track.
        ParameterError: the track wanted does not exist.
    """
    named = wanted is not None and any(t.name.lower() == ALL for t in score.tracks)
    if wanted is not None and (named or wanted.lower() != ALL):
        return (choose_track(score, where, wanted),)
    found = tuple(i for i, t in enumerate(score.tracks) if t.is_drum and t.notes)
    if not found and any(t.notes for t in score.tracks):
        raise MidiError(
            f"{where} has no drums (no track on channel 10); give --track the number of the track that holds them, or choose "
            "another file."
        )
    if not found:
        raise MidiError(f"{where} has no notes; choose another file.")
    return found


def choose_part(score: Score, where: str, wanted: str | None = None, *, pitched: bool) -> tuple[Score, int]:
    """Choose what a model works on: the melody track, or the drum part as one track.

    Arguments:
        score: The score.
        where: The file's name, for messages.
        wanted: A track number (from 1) or name instead of the rule.
        pitched: Whether the model is one of melodies.

    Returns:
        The score, in which the drum part is one track, and the index of the track; those before it are as they were.

    Raises:
        MidiError: there is no melody, or no drums.
        ParameterError: the track wanted does not exist.
    """
    if pitched:
        return score, choose_track(score, where, wanted)
    first, *others = drum_tracks(score, where, wanted)
    track = score.tracks[first]
    if track.is_drum and not others:
        return score, first
    joined = [score.tracks[i] for i in (first, *others)]
    notes = tuple(sorted(n for t in joined for n in t.notes))
    controls = tuple(sorted((c for t in joined for c in t.controls), key=lambda c: c.time))
    kit = replace(track, notes=notes, controls=controls, is_drum=True)
    tracks = tuple(kit if i == first else t for i, t in enumerate(score.tracks) if i not in others)
    return replace(score, tracks=tracks), first
