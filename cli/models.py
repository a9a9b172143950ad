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
    if not rows:
        click.echo("This copy of musicae comes without models; train one with `musicae train`.", err=True)
        return
    from musicae.cli.tables import console, table

    shown = table(("name", "model", "bars", "MB", "note F1", "steps right", "KL bits"))
    forms = {"test_note_f1": "{:.3f}", "test_step_accuracy": "{:.3f}", "test_kl_bits": "{:.1f}"}
    for row in rows:
        figures = [form.format(row[name]) if name in row else "" for name, form in forms.items()]
        shown.add_row(*(str(row[name]) for name in ("name", "model", "bars", "MB")), *figures)
    console().print(shown)
