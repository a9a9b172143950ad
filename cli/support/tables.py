"""Tables on stdout: whole words in a pipe, and no mark-up from names that users or files gave."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

__all__ = ["console", "table"]

_PIPE_WIDTH = 1000  # a pipe has no edge at which to cut words


def console(*, stderr: bool = False) -> Console:
    """Return a console for stdout, or for stderr."""
    plain = Console(highlight=False, markup=False, emoji=False, stderr=stderr)
    wide = Console(highlight=False, markup=False, emoji=False, stderr=stderr, width=_PIPE_WIDTH)
    return plain if plain.is_terminal else wide


def table(columns: Sequence[str], *, title: str | None = None, right: bool = True) -> Table:
    """Return an empty table.

    Arguments:
        columns: Titles of the columns; the first one is never cut.
        title: A line above.
        right: Whether all columns except the first are set to the right, as numbers are.
    """
    result = Table(box=None, title=title, title_justify="left", padding=(0, 2, 0, 0), pad_edge=False)
    for index, name in enumerate(columns):
        result.add_column(name, justify="right" if right and index else "left", no_wrap=index == 0)
    return result
