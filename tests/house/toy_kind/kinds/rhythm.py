"""The rhythm of a melody: its onsets, without pitch."""

from musicae.music.excerpts.stitching import tie_across
from musicae.music.excerpts.tracks import MELODY_TRACK
from musicae.music.kinds.base import Kind
from musicae.music.kinds.metric_words import MetricWords
from musicae.music.representations import WindowSpec
from musicae.music.representations.rhythm import RhythmGrid

__all__ = ["RHYTHM"]

RHYTHM = Kind(
    name="rhythm",
    title="rhythms",
    tracks=MELODY_TRACK,  # so it shares the collections of melodies
    stitch=tie_across,
    metrics_path="musicae.music.metrics.rhythm:RhythmMetrics",
    default_model="rhythm-2bar",
    spec=WindowSpec(RhythmGrid(), bars=2, max_steps=64),
    sampling_model="rhythm-2bar",
    training="musicae train --config rhythm.json",
    collections=("ryans",),
    metric_words={"rhythm_f1": MetricWords("rhythm F1")},
    unsupported={
        "scale": "A rhythm has no key; do not give a scale.",
        "attributes": "A rhythm has none of the attributes of melodies.",
        "search": "Rhythms cannot be searched for.",
        "samples": "its features are those of melodies, and this is a model of rhythms.",
    },
)
