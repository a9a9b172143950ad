"""Metrics as people read them: each in plain words, next to the baseline that it is compared with."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["METRICS", "Metric", "in_words"]


class Metric(NamedTuple):
    """How a metric is written.

    Arguments:
        title: What it is called.
        form: How its value is written.
        baseline: The metric that it is compared with, if any.
        baseline_title: What that one is called.
    """

    title: str
    form: str
    baseline: str = ""
    baseline_title: str = ""


METRICS = {
    "note_f1": Metric("note F1", "{:.3f}"),
    "hit_f1": Metric("hit F1", "{:.3f}"),
    "step_accuracy": Metric("time steps right", "{:.3f}", "hold_accuracy", "no-event baseline"),
    "exact": Metric("exact windows", "{:.3f}"),
    "velocity_error": Metric("velocity error", "{:.1f}", "plain_velocity_error", "quantised"),
    "timing_error": Metric("timing error", "{:.1f} ms", "plain_timing_error", "quantised"),
    "kl_bits": Metric("KL", "{:.1f} bits"),
}


def in_words(metrics: Mapping[str, float]) -> str:
    """Return the metrics that have words, in the order of `METRICS`, as in `note F1 0.98, KL 57.7 bits`.

    Arguments:
        metrics: Values by name; those without words are not written.
    """
    parts = []
    for name, metric in METRICS.items():
        if name in metrics:
            words = f"{metric.title} {metric.form.format(metrics[name])}"
            if metric.baseline in metrics:
                words += f" ({metric.baseline_title} {metric.form.format(metrics[metric.baseline])})"
            parts.append(words)
    return ", ".join(parts)
