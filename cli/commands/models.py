"""`musicae models`: the shipped models."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table

    from musicae.checkpoints.format import CheckpointInfo

# Column: its title, the key of its value in a row, and how it is written.
_MUSIC = (
    ("model", "model", "{}"),
    ("kind", "kind", "{}"),
    ("bars", "bars", "{}"),
    ("MB", "MB", "{}"),
)
_MUSIC_METRICS = (
    ("steps right", "test_step_accuracy", "{:.3f}"),
    ("no-event baseline", "test_hold_accuracy", "{:.3f}"),
    ("KL bits", "test_kl_bits", "{:.1f}"),
)
_IMAGES = (
    ("model", "model", "{}"),
    ("task", "task", "{}"),
    ("data", "data", "{}"),
    ("code", "code_size", "{}"),
    ("MB", "MB", "{}"),
    ("PSNR dB", "test_psnr", "{:.2f}"),
    ("-log p(x) nats", "test_nll", "{:.2f}"),
    ("KL bits", "test_kl_bits", "{:.1f}"),
    ("5-NN", "test_knn_accuracy", "{:.3f}"),
)


@click.command("models")
@json_lines
def command(lines: Lines) -> None:
    """List the models that come with musicae, those for music and those for images, with metrics on held-out data.

    \b
    Example:
        musicae models
    """
    from musicae.checkpoints.format import read_info
    from musicae.checkpoints.shipped import shipped

    rows = []
    for name, path in shipped().items():
        info = read_info(path)
        rows.append({"name": name, **_description(info), "MB": round(path.stat().st_size / 1e6, 1), **info.metrics})
    if not rows:
        click.echo("This copy of musicae comes without models; train one with `musicae train`.", err=True)
        return
    lines.results(rows, *_text(rows))


def _description(info: "CheckpointInfo") -> dict[str, Any]:
    """Return the domain of a model and what matters to it."""
    if info.domain == "music":
        return {"domain": info.domain, "kind": info.kind, "model": info.model, "bars": info.bars}
    about = {"task": _task(info), "data": info.data.get("set", ""), "code_size": info.config.get("latent_size")}
    return {"domain": info.domain, "model": info.model, **about}


def _task(info: "CheckpointInfo") -> str:
    """Return in words what a model of images is for."""
    corruption = info.data.get("task", {}).get("corruption")
    if corruption and corruption["name"] == "downscaling":
        return f"enlarges {corruption.get('factor', 2)} times"
    if corruption:
        return f"repairs {corruption['name']}"
    if "classes" in info.config:
        return "samples of a class"
    return "samples" if info.config.get("variational", True) or "discriminator_sizes" in info.config else "reconstructs"


def _text(rows: list[dict[str, Any]]) -> "Iterator[str | Table]":
    """Yield a table per domain, with an empty line between them."""
    from musicae.music.kinds import headline_words

    headlines = tuple((words.title, f"test_{name}", words.form) for name, words in headline_words().items())
    domains = {"music": (*_MUSIC, *headlines, *_MUSIC_METRICS), "images": _IMAGES}
    between = False
    for domain, columns in domains.items():
        chosen = [row for row in rows if row["domain"] == domain]
        if chosen and between:
            yield ""
        if chosen:
            between = True
            yield _table(columns, chosen)


def _table(columns: tuple[tuple[str, str, str], ...], rows: list[dict[str, Any]]) -> "Table":
    """Return one table; a column without a value in any row is skipped."""
    from musicae.cli.support.tables import table

    used = [column for column in columns if any(row.get(column[1]) not in (None, "") for row in rows)]
    result = table(("name", *(title for title, *_ in used)))
    for row in rows:
        result.add_row(row["name"], *("" if row.get(key) is None else form.format(row[key]) for _, key, form in used))
    return result
