"""Results on stdout: text for people, or with --json one object per line; everything else goes to stderr.

No command prints results itself: each passes the facts of a result, and the text that people get instead, to `Lines`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support.bundles import bundle
from musicae.cli.support.failures import sentence

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["JSON_HELP", "Lines", "json_lines", "json_option", "listing"]

JSON_HELP = "Print one JSON object per line and per result, also for files that fail, instead of text."
SHOWN = 4  # names of a listing that are written out

json_option = click.option("--json", "as_json", is_flag=True, help=JSON_HELP)


@dataclass(frozen=True)
class Lines:
    """How a command prints its results.

    Arguments:
        as_json: Whether --json was given.
    """

    as_json: bool = False

    def result(self, facts: Mapping[str, Any], *text: "str | Table") -> None:
        """Print one result.

        Arguments:
            facts: The JSON object.
            text: What people get instead, sentences and tables; nothing for a result that another one's text covers.
        """
        self.results([facts], *text)

    def results(self, facts: Iterable[Mapping[str, Any]], *text: "str | Table") -> None:
        """Print several results that share a text, such as the rows of a table.

        Arguments:
            facts: The JSON objects.
            text: What people get instead.
        """
        if self.as_json:
            for one in facts:
                click.echo(json.dumps(one))
            return
        for part in text:
            if isinstance(part, str):
                click.echo(click.format_filename(part))  # names of files need not be valid text
            else:
                from musicae.cli.support.tables import console

                console().print(part)

    def failure(self, path: Path, error: Exception) -> None:
        """Print why a file failed: as an object on stdout, or for people on stderr."""
        reason = sentence(error)
        if self.as_json:
            click.echo(json.dumps({"file": str(path), "error": reason}))
        else:
            place = "" if str(path) in reason else f"{path}: "
            click.echo(f"Error: {place}{reason}", err=True)


json_lines = bundle("lines", Lines, ("as_json",), [json_option])


def listing(names: "list[str] | list[Path]") -> str:
    """Return names as a phrase, such as `a, b and c`; of many the first ones and the last."""
    words = [str(name) for name in names]
    if len(words) > SHOWN:
        return f"{words[0]}, {words[1]}, ... and {words[-1]}"
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
