"""`musicae info`: what a checkpoint says of itself."""

import json

import click


@click.command("info")
@click.argument("checkpoint", metavar="NAME|FILE")
def command(checkpoint: str) -> None:
    """Show model, representation, training data with licences, and figures of a checkpoint, as JSON.

    \b
    Example:
        musicae info melody-2bar
    """
    from musicae.checkpoints.format import read_info
    from musicae.checkpoints.shipped import find_weights
    from musicae.core.config import to_dict

    path = find_weights(checkpoint)
    facts = {"file": str(path), "megabytes": round(path.stat().st_size / 1e6, 2), **to_dict(read_info(path))}
    click.echo(json.dumps(facts, indent=2))
