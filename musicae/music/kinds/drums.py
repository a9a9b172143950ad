"""Drum patterns: sets of hits with velocities and microtiming, without a key."""

import numpy as np

from musicae.music.excerpts.stitching import strike_each
from musicae.music.excerpts.tracks import DRUM_PART
from musicae.music.kinds.base import Kind
from musicae.music.representations import DrumGrid, GridWindow, Representation, WindowSpec

__all__ = ["DRUMS"]


def _window_key(window: GridWindow, representation: Representation) -> bytes:
    """Return the same bytes for windows of equal hits and, where there are any, equal velocities and offsets."""
    expression = b"" if window.values is None else np.round(window.values * 127).astype(np.int8).tobytes()
    return window.tokens.astype(np.int16).tobytes() + expression + np.array(window.bar_steps, dtype=np.int16).tobytes()


DRUMS = Kind(
    name="drums",
    title="drums",
    tracks=DRUM_PART,
    stitch=strike_each,
    window_key=_window_key,
    metrics_path="musicae.music.metrics.drums:DrumMetrics",
    default_model="drums-2bar",
    spec=WindowSpec(DrumGrid(), bars=2, max_steps=64, max_bar_steps=32),
    sampling_model="drums-2bar",
    training="musicae train drums-2bar --data groove=PATH",
    unsupported={
        "scale": "Drums have no key; leave out the scale.",
        "search": "A model of drums cannot search for tunes; choose a checkpoint of melodies.",
        "samples": "its features are those of melodies (intervals, scales, durations), and this is a model of drums.",
    },
)
