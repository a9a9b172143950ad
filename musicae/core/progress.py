"""The type of the functions that report the progress of long work."""

from collections.abc import Callable

__all__ = ["Progress"]

Progress = Callable[[str, int, int], None]  # (name of the work, units done, units in all)
