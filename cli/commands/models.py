"""`musicae models`: the shipped models."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from musicae.checkpoints.format import CheckpointInfo

# Column: its title, where its value is found in a row, and how it is written.
_MUSIC = (
    ("model", "model", "{}"),
    ("bars", "bars", "{}"),
    ("MB", "MB", "{}"),
    ("note F1", "test_note_f1", "{:.3f}"),
    ("hit F1", "test_hit_f1", "{:.3f}"),
    ("steps right", "test_step_accuracy", "{:.3f}"),
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the models that come with musicae, those of music and those of pictures, with figures on held-out data.

    \b
    Example:
        musicae models
    """
    from musicae.checkpoints.format import read_info
    from musicae.checkpoints.shipped import shipped

    rows = []
    for name, path in shipped().items():
        info = read_info(path)
        rows.append({"name": name, **_said(info), "MB": round(path.stat().st_size / 1e6, 1), **info.metrics})
    if as_json:
        click.echo(json.dumps(rows))
        return
    if not rows:
        click.echo("This copy of musicae comes without models; train one with `musicae train`.", err=True)
        return
    kinds = [(kind, [row for row in rows if row["kind"] == kind]) for kind in ("music", "images")]
    for place, (kind, some) in enumerate((kind, some) for kind, some in kinds if some):
        if place:
            click.echo()
        _show(_MUSIC if kind == "music" else _IMAGES, some)


def _said(info: "CheckpointInfo") -> dict[str, Any]:
    """Return what a checkpoint says of its model: music or images, and what matters to each."""
    if info.representation:
        return {"kind": "music", "model": info.model, "bars": info.bars}
    about = {"task": _task(info), "data": info.data.get("set", ""), "code_size": info.config.get("latent_size")}
    return {"kind": "images", "model": info.model, **about}


def _task(info: "CheckpointInfo") -> str:
    """Return in words what a model of pictures is for."""
    corruption = info.data.get("task", {}).get("corruption")
    if corruption and corruption["name"] == "downscaling":
        return f"enlarges {corruption.get('factor', 2)} times"
    if corruption:
        return f"repairs {corruption['name']}"
    if "classes" in info.config:
        return "samples of a class"
    return "samples" if info.config.get("variational", True) or "discriminator_sizes" in info.config else "reconstructs"


def _show(columns: tuple[tuple[str, str, str], ...], rows: list[dict[str, Any]]) -> None:
    """Print one table; a column in which no model has a figure is left out."""
    from musicae.cli.support.tables import console, table

    kept = [column for column in columns if any(row.get(column[1]) not in (None, "") for row in rows)]
    shown = table(("name", *(title for title, *_ in kept)))
    for row in rows:
        shown.add_row(row["name"], *("" if row.get(key) is None else form.format(row[key]) for _, key, form in kept))
    console().print(shown)
