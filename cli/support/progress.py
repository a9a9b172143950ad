"""Progress on stderr: bars on a terminal, lines elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musicae.core.progress import Progress
    from musicae.training.loop import Trainer

__all__ = ["tasks", "train_with_progress"]


@contextmanager
def tasks() -> Iterator["Progress"]:
    """Yield a function (what, done, total) that draws one bar for each `what`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        known: dict[str, int] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = int(progress.add_task(what, total=total))
            progress.update(known[what], completed=done, total=total)  # type: ignore[arg-type]

        yield update


def train_with_progress(trainer: "Trainer", units: Mapping[str, str], *, minutes: float | None) -> dict[str, float]:
    """Train with a progress line; return the last figures.

    Arguments:
        trainer: The trainer.
        units: The figures that are told, in their order, with what is said behind each.
        minutes: Stop after this time.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("training", total=trainer.config.steps, completed=trainer.step)

        def report(step: int, figures: dict[str, Any]) -> None:
            line = ", ".join(f"{figures[name]:.4g} {unit}" for name, unit in units.items() if name in figures)
            if any(name.startswith("valid_") for name in figures) or not console.is_terminal:
                console.print(f"step {step}: {line}", highlight=False, soft_wrap=True)
            else:
                progress.update(task, completed=step, description=line)

        last: dict[str, float] = trainer.fit(report, minutes=minutes)
    return last
