"""Drum patterns: sets of hits with velocities and microtiming. They have no key."""

import numpy as np

from musicae.music.excerpts.stitching import strike_each
from musicae.music.excerpts.tracks import DRUM_PART
from musicae.music.kinds.base import Kind, same_tokens
from musicae.music.kinds.card import CardWords
from musicae.music.kinds.metric_words import MetricWords
from musicae.music.representations import DrumGrid, GridWindow, Representation, WindowSpec

__all__ = ["DRUMS"]


def _window_key(window: GridWindow, representation: Representation) -> bytes:
    """Return the same bytes for windows of equal hits and, if they have any, equal velocities and offsets."""
    expression = b"" if window.values is None else np.round(window.values * 127).astype(np.int8).tobytes()
    return same_tokens(window, representation) + expression


CARD = CardWords(
    inputs="drums on a grid of {grid}, in any metre with bars of up to {bar_steps} time steps; nine drums, each hit with its "
    "velocity and its offset from the grid; tempo and metre come from the input",
    objective="cross-entropy of the hits (512 classes per time step) and negative log-likelihood of velocities and offsets, "
    "summed over time steps",
    limits="melodies; rolls and flams faster than a sixteenth; drums outside the nine of General MIDI's drum kit",
    works="performances",
    split="The split is the one that comes with the data set, by drummer and session.",
    duplicates="windows with equal hits and expression",
    notes="Errors of velocity are in MIDI's 127 steps, those of timing in milliseconds at 120 quarter notes per minute. "
    "*Plain* errors are those of the quantised pattern at one velocity.",
    columns=(
        *("windows", "hold_accuracy", "step_accuracy", "hit_f1", "exact", "velocity_error", "plain_velocity_error"),
        *("timing_error", "plain_timing_error", "kl_bits", "nll_bits"),
    ),
    data_option=" --data groove=FILE",
)

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
    metric_words={
        "hit_f1": MetricWords("hit F1"),
        "velocity_error": MetricWords("velocity error", "{:.1f}", "plain_velocity_error", "quantised"),
        "timing_error": MetricWords("timing error", "{:.1f} ms", "plain_timing_error", "quantised"),
    },
    card=CARD,
    unsupported={
        "scale": "Drums have no key; do not give a scale.",
        "attributes": "Drums have none of the attributes of melodies; choose a checkpoint of melodies.",
        "search": "A model of drums cannot search for tunes; choose a checkpoint of melodies.",
        "samples": "its features are those of melodies (intervals, scales, durations), and this is a model of drums.",
    },
)
