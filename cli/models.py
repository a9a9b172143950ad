"""`musicae models`: the shipped models."""

import json

import click


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the models that come with musicae.

    \b
    Example:
        musicae models
    """
    from musicae.checkpoint import read_info
    from musicae.hub import shipped

    rows = []
    for name, path in shipped().items():
        info = read_info(path)
        megabytes = path.stat().st_size / 1e6
        rows.append({"name": name, "model": info.model, "bars": info.bars, "MB": round(megabytes, 1), **info.metrics})
    if as_json:
        click.echo(json.dumps(rows))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for title in ("name", "model", "bars", "MB", "note F1", "steps right", "KL bits"):
        table.add_column(title)
    for row in rows:
        figures = (f"{row.get(k, float('nan')):.3f}" for k in ("test_note_f1", "test_step_accuracy"))
        table.add_row(
            str(row["name"]), str(row["model"]), str(row["bars"]), str(row["MB"]), *figures, f"{row.get('test_kl_bits', 0):.1f}"
        )
    Console().print(table)
