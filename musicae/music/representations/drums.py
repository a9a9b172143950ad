"""Drum patterns on sixteenths: which of nine voices of the kit are hit, how loud, and how early or late.

A token is a set of voices: its bit i is 1 if voice i is hit, so there are 512 tokens. Each time step also has 18 expression
values: nine velocities (MIDI velocity / 127) and nine offsets. An offset is the distance of a hit from its step, in half
steps; it is negative for a hit before the step. Both are 0 for voices that are not hit. Of several hits of one voice on one
step, the loudest is used.

    voice     0     1      2           3         4        5        6         7      8
              kick  snare  closed hat  open hat  low tom  mid tom  high tom  crash  ride

Worked example, half a bar of 4/4: kick and closed hat on the beat, closed hat on the eighth, snare and closed hat on the
next beat, the snare a quarter of a step late (0.0625 quarter notes):

    step        0  1  2  3 | 4  5  6  7
    token       5  0  4  0 | 6  0  4  0
    offset of the snare    0.5

A decoded hit lasts one step and has the first pitch of its voice in `VOICES`. Hits of the first step may come before the
window.

References:
    Roberts et al., 2018, arXiv 1803.05428 (nine voices, 512 tokens); Gillick, Roels, Engel, Eck and Bamman, 2019,
    Learning to Groove with Inverse Sequence Transformations, arXiv 1905.06118 (velocities and offsets).
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from musicae.music.representations.base import GridWindow, Representation, Tokens
from musicae.music.score import Bar, Note

__all__ = ["VOICES", "VOICE_OF", "DrumGrid"]

# Each voice and its pitches in General MIDI and on Roland's TD kits. A hit is decoded to the first of them.
VOICES: dict[str, tuple[int, ...]] = {
    "kick": (36, 35),
    "snare": (38, 27, 28, 31, 32, 33, 34, 37, 39, 40, 56, 65, 66, 75, 85),
    "closed hat": (42, 44, 54, 68, 69, 70, 71, 73, 78, 80, 22),
    "open hat": (46, 67, 72, 74, 79, 81, 26),
    "low tom": (45, 29, 41, 43, 61, 64, 84),
    "mid tom": (48, 47, 60, 63, 77, 86, 87),
    "high tom": (50, 30, 62, 76, 83),
    "crash": (49, 52, 55, 57, 58),
    "ride": (51, 53, 59, 82),
}
VOICE_OF = {pitch: voice for voice, pitches in enumerate(VOICES.values()) for pitch in pitches}
_PITCHES = tuple(pitches[0] for pitches in VOICES.values())
_UNITS = 127  # velocities and offsets are whole multiples of 1 / 127
_LATEST = 126 / 127  # an offset of 1 would be the next step's -1


@final
class DrumGrid(Representation):
    """Sets of hits with velocities and offsets (see the module's worked example)."""

    name = "drums"
    kind = "drums"
    values = 2 * len(VOICES)

    def __init__(self) -> None:
        self.positions = (0.0, 0.25, 0.5, 0.75)

    @property
    def depth(self) -> int:
        """Number of different tokens, one per set of voices."""
        return 1 << len(VOICES)

    def to_dict(self) -> dict[str, Any]:
        """Return the name."""
        return {"name": self.name}

    def encode(self, notes: Sequence[Note], bars: Sequence[Bar]) -> GridWindow:
        """Put the hits in `bars` on the nearest steps; pitches that belong to no voice are skipped."""
        bar_steps = self.bar_steps(bars)
        times = self.times(bar_steps)
        steps, start = sum(bar_steps), bars[0].start
        tokens = np.zeros(steps, dtype=np.int64)
        values = np.zeros((steps, self.values), dtype=np.float32)
        for note in notes:
            voice = VOICE_OF.get(note.pitch)
            step = self.nearest_step(note.onset - start, bar_steps)
            if voice is None or not 0 <= step < steps:
                continue
            velocity = max(note.velocity, 1) / _UNITS
            if velocity <= values[step, voice]:
                continue
            offset = 2 * (note.onset - start - times[step]) * self.steps_per_quarter
            tokens[step] |= 1 << voice
            values[step, voice] = velocity
            values[step, len(VOICES) + voice] = min(round(max(offset, -1.0) * _UNITS) / _UNITS, _LATEST)
        return GridWindow(tokens, bar_steps, values)

    def decode(self, window: GridWindow, *, velocity: int = 80) -> tuple[Note, ...]:
        """Return the hits, sorted by onset; without expression values they are on the grid and have one velocity."""
        times = self.times(window.bar_steps)
        notes = []
        for step in np.flatnonzero(window.tokens).tolist():
            for voice in range(len(VOICES)):
                if not int(window.tokens[step]) >> voice & 1:
                    continue
                onset, loudness = times[step], velocity
                if window.values is not None:
                    loudness = min(max(round(float(window.values[step, voice]) * _UNITS), 1), 127)
                    # A step is a quarter of a quarter note, an offset of 1 half of it; no hit leaves its step.
                    offset = min(max(float(window.values[step, len(VOICES) + voice]), -1.0), _LATEST)
                    onset += offset / (2 * self.steps_per_quarter)
                notes.append(Note(onset, 1 / self.steps_per_quarter, _PITCHES[voice], loudness))
        return tuple(sorted(notes))

    def begins(self, tokens: Tokens) -> NDArray[np.bool_]:
        """Return at which time steps a voice is hit."""
        return tokens > 0

    def transpose(self, tokens: Tokens, semitones: NDArray[np.int64] | int) -> Tokens:
        """Return the tokens unchanged: drums have no key."""
        return tokens
