"""Progress on stderr: bars on a terminal, and elsewhere, as in a log file, a line every 30 seconds."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn

    from musicae.core.progress import Progress
    from musicae.training.loop import Trainer

__all__ = ["LINE_EVERY", "metric_words", "tasks", "train_with_progress"]

LINE_EVERY = 30.0  # seconds


@contextmanager
def tasks() -> Iterator["Progress"]:
    """Yield a function (what, done, total) that shows how far each `what` is: a bar each, or lines."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_printer()
        return
    with _bars(console, transient=True) as bars:
        known: dict[str, Any] = {}

        def update(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(what, total=total)
            bars.update(known[what], completed=done, total=total)

        yield update


def _bars(console: "Console", *, transient: bool) -> "Bars":
    """Return bars on stderr; what goes to stdout meanwhile stays on stdout if that is not the same terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    columns: list[ProgressColumn] = [text, BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn()]
    return Progress(*columns, console=console, transient=transient, redirect_stdout=sys.stdout.isatty())


def _line_printer() -> "Progress":
    """Return a function (what, done, total) that prints a line if `LINE_EVERY` seconds have passed since the last one."""
    last = time.monotonic()
    begun: dict[str, tuple[float, int]] = {}

    def update(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        start, first = begun.setdefault(what, (now, done))
        if now - last >= LINE_EVERY:
            last = now
            left = (now - start) / (done - first) * (total - done) if done > first else 0.0
            click.echo(f"{what}: {done} of {total}" + (f", about {left:.0f} s left" if left else ""), err=True)

    return update


def metric_words(metrics: Mapping[str, float], units: Mapping[str, str]) -> str:
    """Return the metrics that have a unit, each followed by it, in the order of the units."""
    return ", ".join(f"{metrics[name]:.4g} {unit}" for name, unit in units.items() if name in metrics)


def train_with_progress(trainer: "Trainer", units: Mapping[str, str], *, minutes: float | None) -> dict[str, float]:
    """Train with a bar that shows the latest metrics, or with a line every 30 seconds; validations get a line everywhere.

    Arguments:
        trainer: The trainer.
        units: The metrics to show, in their order, mapped to the unit printed after each value.
        minutes: Stop after this time.

    Returns:
        The last metrics.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        last = time.monotonic()

        def print_line(step: int, metrics: dict[str, Any]) -> None:
            nonlocal last
            if _validated(metrics) or time.monotonic() - last >= LINE_EVERY:
                last = time.monotonic()
                click.echo(f"step {step}: {metric_words(metrics, units)}", err=True)

        return trainer.fit(print_line, minutes=minutes)
    with _bars(console, transient=False) as bars:
        task = bars.add_task("training", total=trainer.config.steps, completed=trainer.step)

        def move_bar(step: int, metrics: dict[str, Any]) -> None:
            line = metric_words(metrics, units)
            if _validated(metrics):
                console.print(f"step {step}: {line}", highlight=False, soft_wrap=True, markup=False)
            else:
                bars.update(task, completed=step, description=line)

        return trainer.fit(move_bar, minutes=minutes)


def _validated(metrics: Mapping[str, Any]) -> bool:
    return any(name.startswith("valid_") for name in metrics)
