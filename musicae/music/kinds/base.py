"""What a kind of music is: everything in which melodies, drums and later kinds differ, in one value.

Code outside this folder uses the fields of a model's kind and never compares its name. Kinds need no torch: the metrics are
imported when they are first used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from musicae.core.lazy_registry import import_path
from musicae.errors import CheckpointError
from musicae.music.excerpts.stitching import Stitch
from musicae.music.excerpts.tracks import TrackRule
from musicae.music.kinds.card import CardWords
from musicae.music.kinds.metric_words import MetricWords
from musicae.music.representations import GridWindow, Representation, WindowSpec

if TYPE_CHECKING:
    from musicae.music.metrics.base import WindowMetrics

__all__ = ["Kind", "same_tokens"]


def same_tokens(window: GridWindow, representation: Representation) -> bytes:
    """Return the same bytes for windows of equal tokens in equal bars."""
    return window.tokens.astype(np.int16).tobytes() + np.array(window.bar_steps, dtype=np.int16).tobytes()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of music.

    Arguments:
        name: Its name, a key of `KINDS`.
        title: What a set of it is called in messages, such as `melodies`.
        tracks: How its track is found in a score.
        stitch: How consecutive windows become one track.
        metrics_path: Import path of its `WindowMetrics` class.
        default_model: Name of the shipped model for files of this kind.
        spec: The windows that the default model takes.
        sampling_model: Name of the shipped model that `sample` uses.
        training: A command that trains the default model, for messages.
        window_key: Returns the same bytes for windows that count as equal, so that data are deduplicated.
        collections: The collections that training uses if none is given; empty if some must be given.
        folder: First word of the names of collections that are folders of MIDI files. It decides their splits, so it never
            changes. [default: the name of the kind]
        rebarred: Whether one training window per tune is also cut into bars of an unusual length.
        metric_words: The metrics that only this kind has, in words; the headline metric is the first.
        card: The words of model cards.
        unsupported: Why a task, an option or a section of the evaluation does not apply to it, by name.
    """

    name: str
    title: str
    tracks: TrackRule
    stitch: Stitch
    metrics_path: str
    default_model: str
    spec: WindowSpec
    sampling_model: str
    training: str
    window_key: Callable[[GridWindow, Representation], bytes] = same_tokens
    collections: tuple[str, ...] = ()
    folder: str = ""
    rebarred: bool = False
    metric_words: Mapping[str, MetricWords] = field(default_factory=dict)
    card: CardWords = field(default_factory=CardWords)
    unsupported: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def metrics(self) -> "WindowMetrics":
        """Its metrics."""
        return cast("WindowMetrics", import_path(self.metrics_path)())

    def require(self, task: str) -> None:
        """Check that a task or option applies to this kind of music.

        Raises:
            CheckpointError: it does not; the message gives the reason.
        """
        if task in self.unsupported:
            raise CheckpointError(self.unsupported[task])
