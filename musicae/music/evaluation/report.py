"""Measure a model on held-out windows: reconstructions by collection and together, morphs, and samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from musicae.core.progress import Progress
from musicae.errors import ParameterError
from musicae.music.evaluation.codes import thorough_metrics
from musicae.music.evaluation.morphs import measure_morphs
from musicae.music.evaluation.samples import measure_samples
from musicae.music.evaluation.subject import Subject
from musicae.music.metrics.reconstruction import reconstruction_metrics

__all__ = ["ALL", "SECTIONS", "EvaluationOptions", "Section", "evaluate", "evaluate_sections", "overall"]

ALL = "all"
Section = Literal["reconstruction", "interpolation", "samples"]
SECTIONS: tuple[Section, ...] = ("reconstruction", "interpolation", "samples")


@dataclass(frozen=True, kw_only=True)
class EvaluationOptions:
    """How much is measured, and how.

    Arguments:
        limit: Number of windows per section and per row of the table, evenly spaced; None takes all.
        pairs: Pairs of windows to interpolate between.
        temperature: Temperature of the samples.
        seed: Seed of everything random.
    """

    limit: int | None = None
    pairs: int = 200
    temperature: float = 0.5
    seed: int = 0


def evaluate(subject: Subject, *, limit: int | None = None, progress: Progress | None = None) -> dict[str, dict[str, float]]:
    """Return the reconstruction metrics and the number of windows, by collection and, if there are several, for `all`.

    Arguments:
        subject: The model and its held-out windows.
        limit: Number of windows per row, evenly spaced; None takes all.
        progress: Called while windows are measured.
    """
    return _reconstruction(subject, limit, None, progress)


def overall(table: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the metrics of all windows from a result of `evaluate`: those for `all`, or for the only collection."""
    return table[ALL] if ALL in table else next(iter(table.values()))


def evaluate_sections(
    subject: Subject,
    sections: Sequence[Section] = SECTIONS,
    options: EvaluationOptions = EvaluationOptions(),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return more metrics than `evaluate`, section by section.

    Arguments:
        subject: The model and its held-out windows.
        sections: What to measure.
        options: How much of it.
        progress: Called while windows are measured.

    Returns:
        For the section `reconstruction` a key per collection, and `all` if there are several: `windows` and the metrics of
        `musicae.music.evaluation.codes.thorough_metrics`. `interpolation`: the result of `measure_morphs`. `samples`: the
        result of `measure_samples`. `skipped`: the reason for each section that was not measured.

    Raises:
        DataError: there are too few windows of one metre.
        ParameterError: no requested section applies to the model's kind of music.
    """
    result: dict[str, Any] = {}
    unsupported = {s: reason for s, reason in subject.model.kind.unsupported.items() if s in sections}
    if set(sections) <= set(unsupported):
        section, reason = next(iter(unsupported.items()))
        raise ParameterError(f"The {section} of this model cannot be measured: {reason}")
    if "reconstruction" in sections:
        result |= _reconstruction(subject, options.limit, options.seed, progress)
    if "interpolation" in sections:
        batches = subject.batches(subject.rows(subject.names), options.limit)
        result["interpolation"] = measure_morphs(
            subject.network, batches, subject.metrics, pairs=options.pairs, seed=options.seed, progress=progress
        )
    if "samples" in sections and "samples" not in unsupported:
        result["samples"] = measure_samples(
            subject, limit=options.limit, temperature=options.temperature, seed=options.seed, progress=progress
        )
    return result | ({"skipped": unsupported} if unsupported else {})


def _reconstruction(
    subject: Subject, limit: int | None, seed: int | None, progress: Progress | None
) -> dict[str, dict[str, float]]:
    """Measure reconstructions, thoroughly if a seed is given."""
    table: dict[str, dict[str, float]] = {}
    names = subject.names
    rows = [*names, ALL] if len(names) > 1 else names
    for done, name in enumerate(rows, 1):
        batches = subject.batches(subject.rows(names if name == ALL else [name]), limit)
        windows = float(sum(len(b) for b in batches))
        if seed is None:
            values = reconstruction_metrics(subject.network, batches, subject.metrics)
        else:
            values = thorough_metrics(subject.network, batches, subject.metrics, seed=seed)
        table[name] = {"windows": windows, **values}
        if progress:
            progress("measuring", done, len(rows))
    return table
