"""Metrics of reconstructions, paths and samples. Each module defines its metrics and names their sources.

* `base`: the interface that the metrics of every kind of music implement; `melody` and `drums` implement it.
* `steps`, `reconstruction`: windows compared with what a model decodes from their codes.
* `paths`: how one window becomes another.
* `samples`, `novelty`: samples compared with held-out and with training windows.
* `attributes`: musical properties of a window, such as its note density.
"""
