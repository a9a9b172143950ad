"""Stitching: the notes of consecutive windows become those of one track.

A span is the stretch of a piece that one window stands for: its start and its end in quarter notes, and the notes that begin
in it. A stitching function gets the spans in order, the notes of the file, half a time step in quarter notes, and the time
after which nothing may sound.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from musicae.music.excerpts.piece import NoteIndex
from musicae.music.score import Note

__all__ = ["Span", "Stitch", "strike_each", "tie_across"]

Span = tuple[float, float, list[Note]]
Stitch = Callable[[Sequence[Span], NoteIndex, float, float], tuple[Note, ...]]


def tie_across(spans: Sequence[Span], original: NoteIndex, half: float, last: float) -> tuple[Note, ...]:
    """Concatenate the notes of spans; two notes of one pitch are tied if a note of the file sounds over the border."""
    stitched: list[Note] = []
    open_notes: dict[int, int] = {}  # pitches that sound to the end of the previous span, and their index in `stitched`
    for start, end, notes in spans:
        held = original.held(start, half)
        still: dict[int, int] = {}
        for note in sorted(notes):
            onset, stop = max(note.onset, start), min(note.end, end)
            if stop - onset < 1e-6:
                continue
            place = open_notes.get(note.pitch) if held and onset < start + 1e-6 else None
            if place is None:
                place = len(stitched)
                cut_short = (onset, stop) != (note.onset, note.end)
                stitched.append(replace(note, onset=onset, duration=stop - onset) if cut_short else note)
            else:
                stitched[place] = replace(stitched[place], duration=stop - stitched[place].onset)
            if stop > end - 1e-6:
                still[note.pitch] = place
        open_notes = still
    return tuple(sorted(stitched))


def strike_each(spans: Sequence[Span], original: NoteIndex, half: float, last: float) -> tuple[Note, ...]:
    """Concatenate the hits of spans; a hit may come up to `half` before its span, and none lasts beyond `last`."""
    hits = [hit for start, end, some in spans for hit in some if start - half - 1e-6 <= hit.onset < end - 1e-6]
    return tuple(sorted(replace(hit, duration=min(hit.duration, last - hit.onset)) for hit in hits))
