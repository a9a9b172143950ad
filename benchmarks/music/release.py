"""Release a finished run of music: weights in half precision, test metrics in their metadata, and a model card.

    python benchmarks/music/release.py runs/melody-2bar melody-2bar --command "musicae train melody-2bar --threads 1"

The run's weights and those in half precision are measured on the test tunes; the card prints both.
"""

import json
from pathlib import Path
from typing import Any

import click

from musicae.checkpoints.format import read_info
from musicae.checkpoints.release import Provenance, half_precision, release, weights_of
from musicae.cli.support import options
from musicae.datasets.music.held_out import open_subject
from musicae.music.evaluation.card import CardTables, music_card
from musicae.music.evaluation.report import evaluate, overall
from musicae.music.kinds import KINDS
from musicae.music.recipes import PRESETS

WEIGHTS = Path(__file__).resolve().parents[2] / "musicae" / "weights"


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--command", required=True, help="The command that trained it.")
@click.option("--machine", default="two CPU cores", show_default=True)
@click.option("--summary", help="First sentence of the card. [default: the preset's]")
@click.option("--last", is_flag=True, help="Take the weights of the last step, not those of the best validation.")
@click.option("--folder", default=WEIGHTS, type=click.Path(path_type=Path), help="Where to write. [default: musicae/weights]")
@options.data
def main(run: Path, name: str, last: bool, folder: Path, data: tuple[str, ...], **provenance: Any) -> None:
    """Write NAME.safetensors and NAME.md from a RUN folder."""
    weights = weights_of(run, last=last)
    info = read_info(weights)
    with half_precision(run, last=last) as candidate:
        tables = CardTables(
            half=evaluate(open_subject(candidate, data)),
            single=evaluate(open_subject(weights, data)),
            unseen={other: evaluate(open_subject(candidate, (other,))) for other in KINDS[info.kind].card.unseen},
        )
    provenance["summary"] = provenance["summary"] or f"{PRESETS[name].summary.capitalize()}."
    card = music_card(name, info, tables, Provenance(**provenance))
    written = release(run, folder / f"{name}.safetensors", card, overall(tables.half), last=last)
    click.echo(json.dumps(written.metrics, indent=2))


if __name__ == "__main__":
    main()
