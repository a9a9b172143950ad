"""`musicae info`: the description of a checkpoint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.checkpoints.shipped import find_weights
from musicae.cli.support import completions
from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table

_DETAILS = ("representation", "config", "training", "data")


@click.command("info")
@click.argument("checkpoint", metavar="NAME|FILE", shell_complete=completions.checkpoints)
@json_lines
def command(checkpoint: str, lines: Lines) -> None:
    """Show model, representation, training data with licences, and metrics of a checkpoint.

    \b
    Example:
        musicae info melody-2bar
    """
    path = find_weights(checkpoint)

    from musicae.checkpoints.format import read_info
    from musicae.core.config import to_dict

    facts = {"file": str(path), "megabytes": round(path.stat().st_size / 1e6, 2), **to_dict(read_info(path))}
    lines.result(facts, *_text(facts))


def _text(facts: dict[str, Any]) -> "Iterator[str | Table]":
    """Yield the description as people read it."""
    from musicae.cli.support.tables import table

    kind = f" ({facts['kind']})" if facts["kind"] else ""
    bars = f" of {facts['bars']} bars" if facts["bars"] else ""
    yield f"{Path(facts['file']).stem}: {facts['model']} for {facts['domain']}{kind}{bars}, {facts['megabytes']} MB"
    yield f"{facts['file']}, step {facts['step']}, musicae {facts['musicae_version']}, format {facts['format_version']}"
    for name in _DETAILS:
        if words := ", ".join(_pairs({k: v for k, v in facts[name].items() if k != "collections"})):
            yield f"  {name}: {words}"
    collections = facts["data"].get("collections", {})
    if collections:
        rows = table(("collection", "title", "licence", "tunes", "windows to train on"), right=False)
        for name, about in collections.items():
            counts = str(about.get("tunes", "")), str(about.get("kept", {}).get("train", ""))
            rows.add_row(name, about.get("title", ""), about.get("licence", ""), *counts)
        yield rows
    if facts["metrics"]:
        metrics = table(("metric", "value"))
        for name, value in facts["metrics"].items():
            metrics.add_row(name, f"{value:.5g}" if isinstance(value, float) else str(value))
        yield metrics


def _pairs(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield names and values, those of nested fields as `objective.beta.kind target`."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} {'none' if value is None else value}"
