"""Melodies: one note at a time. A transposed melody counts as the same melody."""

import numpy as np

from musicae.music.excerpts.stitching import tie_across
from musicae.music.excerpts.tracks import MELODY_TRACK
from musicae.music.kinds.base import Kind
from musicae.music.kinds.card import CardWords
from musicae.music.kinds.metric_words import MetricWords
from musicae.music.representations import GridWindow, Representation, TripletGrid, WindowSpec

__all__ = ["MELODY"]


def _window_key(window: GridWindow, representation: Representation) -> bytes:
    """Return the same bytes for a window and its transpositions."""
    onset = representation.begins(window.tokens)
    tokens = window.tokens.astype(np.int16)
    relative = np.where(onset, tokens - tokens[onset][0] + 512, tokens)
    return relative.tobytes() + np.array(window.bar_steps, dtype=np.int16).tobytes()


CARD = CardWords(
    inputs="one melody on a grid of {grid}, in any metre with bars of up to {bar_steps} time steps; tempo, loudness, "
    "instrument and metre come from the input",
    objective="cross-entropy, summed over time steps",
    limits="polyphony, drums, expressive timing; notes between the steps are moved to the nearest step",
    duplicates="windows that are equal under transposition",
    columns=(
        *("windows", "hold_accuracy", "step_accuracy", "note_f1", "onset_f1", "pitch_accuracy", "exact"),
        *("kl_bits", "nll_bits"),
    ),
    unseen=("essen",),
)

MELODY = Kind(
    name="melody",
    title="melodies",
    tracks=MELODY_TRACK,
    stitch=tie_across,
    window_key=_window_key,
    metrics_path="musicae.music.metrics.melody:MelodyMetrics",
    default_model="melody-2bar",
    spec=WindowSpec(TripletGrid(), bars=2, max_steps=96, max_bar_steps=48),
    sampling_model="melody-2bar-sampling",
    training="musicae train melody-2bar",
    collections=("ryans", "oneills", "airds", "chorales"),
    folder="folder",
    rebarred=True,
    metric_words={
        "note_f1": MetricWords("note F1"),
        "onset_f1": MetricWords("onset F1"),
        "pitch_accuracy": MetricWords("pitch accuracy"),
    },
    card=CARD,
)
