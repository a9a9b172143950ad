"""Metrics as people read them: each in plain words, next to the baseline that it is compared with."""

from collections.abc import Mapping

__all__ = ["in_words"]


def in_words(metrics: Mapping[str, float]) -> str:
    """Return the metrics that have words, as in `note F1 0.98, KL 57.7 bits`.

    Arguments:
        metrics: Values by name; those without words are not written.
    """
    from musicae.music.kinds import further_words, headline_words
    from musicae.music.kinds.metric_words import MetricWords

    general = {
        "step_accuracy": MetricWords("time steps right", "{:.3f}", "hold_accuracy", "no-event baseline"),
        "exact": MetricWords("exact windows"),
    }
    parts = []
    for name, words in {**headline_words(), **general, **further_words(), "kl_bits": MetricWords("KL", "{:.1f} bits")}.items():
        if name in metrics:
            text = f"{words.title} {words.form.format(metrics[name])}"
            if words.baseline in metrics:
                text += f" ({words.baseline_title} {words.form.format(metrics[words.baseline])})"
            parts.append(text)
    return ", ".join(parts)
