"""How the metrics of a kind of music are written for people."""

from typing import NamedTuple

__all__ = ["MetricWords"]


class MetricWords(NamedTuple):
    """How a metric is written.

    Arguments:
        title: Its title.
        form: The format of its value.
        baseline: Name of the metric that it is compared with; empty if there is none.
        baseline_title: The title of that one.
    """

    title: str
    form: str = "{:.3f}"
    baseline: str = ""
    baseline_title: str = ""
