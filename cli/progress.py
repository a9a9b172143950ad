"""Progress bars on stderr, shown on a terminal only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicae.datasets.tunes import Progress

__all__ = ["tasks"]


@contextmanager
def tasks() -> Iterator["Progress"]:
    """Yield a function (what, done, total) that draws one bar for each `what`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        known: dict[str, int] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = int(progress.add_task(what, total=total))
            progress.update(known[what], completed=done, total=total)  # type: ignore[arg-type]

        yield update
