"""Where results go: nothing is overwritten without --force, and nothing is written when one target is taken."""

from collections.abc import Iterable
from pathlib import Path

import click

__all__ = ["claim", "parse_bars"]


def claim(paths: Iterable[Path], *, force: bool) -> None:
    """Check that files may be written.

    Raises:
        click.ClickException: one of them exists and `force` is off, or its folder is a file.
    """
    for path in paths:
        if path.is_dir():
            raise click.ClickException(f"{path} is a folder; -o must name a file here.")
        blocking = next((p for p in path.parents if p.exists() and not p.is_dir()), None)
        if blocking is not None:
            raise click.ClickException(f"{blocking} is a file, so {path} cannot be written; choose another -o.")
        if path.exists() and not force:
            raise click.ClickException(f"{path} exists; use --force to overwrite it, or choose another -o.")


def parse_bars(text: str | None) -> tuple[int, int] | None:
    """Parse `3-4` or `3` into first and last bar, from 1, inclusive.

    Raises:
        click.BadParameter: the text is neither.
    """
    if text is None:
        return None
    first, _, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise click.BadParameter(f"{text!r} is no range of bars; give one such as 3-4 (from 1, inclusive).")
    return int(first), int(last or first)
