"""The differences between versions 0.1 and 0.2 that are intended: what `outputs.py compare` accepts, and why.

A row holds a pattern of the name of a case, a pattern of the difference as `compare` prints it, and the reason.
"""

from fnmatch import fnmatch

CHANGES = (
    ("help", "stdout differs", "rewritten help, new commands and options"),
    ("refused", "stderr differs", "rewritten messages"),
    ("*", "*.mid differs, not in its events", "the end of a MIDI track stands at its last event"),
    ("*", "*.musicxml differs", "no invented composer and no abbreviations"),
    ("evaluate-full", "plots.png differs", "the data of the reader of ABC"),
    ("evaluate-*", "stdout differs", "the data of the reader of ABC"),
    ("data-*", "stdout differs", "the data of the reader of ABC, whose key is in the key of the data"),
    ("train-tiny", "jig.reconstructed.mid differs", "the data of the reader of ABC"),
    ("train-tiny", "run/metrics.csv differs", "the data of the reader of ABC"),
    ("image-train-aae", "run/metrics.csv differs", "columns named after the discriminator"),
    ("personalize", "mine.safetensors differs", "the format of checkpoints, version 2"),
    ("*train*", "run/*.safetensors differs", "the format of checkpoints, version 2"),
    ("*train*", "run/config.json differs", "the recipe names its kind and domain"),
    ("inspect", "status differs", "--count is now --bars-per-phrase"),
    ("attributes", "status differs", "attributes --set is now steer --set"),
    ("attributes", "busier.* is missing", "attributes --set is now steer --set"),
    ("image-plot-*", "status differs", "-n is now --columns"),
    ("image-plot-*", "* is missing", "-n is now --columns"),
    ("image-plot-*", "stdout differs", "-n is now --columns"),
    ("*", "stdout differs", "text unless --json is given; names of metrics"),
    ("*", "stderr differs", "results go to stdout only, and errors once; rewritten messages"),
)


def reason(case: str, difference: str) -> str:
    """Return why a difference is intended, or nothing if it is not."""
    return next((why for name, what, why in CHANGES if fnmatch(case, name) and fnmatch(difference, what)), "")
