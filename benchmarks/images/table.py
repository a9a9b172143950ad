"""One table of the image half, obtained beside reference, with its sources, on the 10,000 test digits of MNIST.

    musicae image train vae -o runs/vae                                       # and so on; each row names its command
    python benchmarks/images/classifier.py -o runs/classifier.safetensors     # for the row aae-samples
    python benchmarks/images/table.py vae=runs/vae aae=runs/aae --classifier runs/classifier.safetensors --json table.json

Without arguments the shipped weights are measured; NAME=PATH adds a run folder or checkpoint, or takes the place of the shipped
one. Rows without a checkpoint are left out and named on stderr. Likelihoods are of digits drawn as coins from the grey values
(dynamic binarisation), with 5,000 importance samples a digit: for dense decoders on all digits (about a quarter of an hour each
on one core), for convolutional ones on 500 digits drawn at random, tied to all digits as `likelihood.py` says.
"""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import classifier as judges
import click
from confidence import confidence
from likelihood import Likelihood, convolutional, measure
from rows import ROWS, Row

from musicae.checkpoints.shipped import find_weights, shipped
from musicae.cli.support.progress import tasks
from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.errors import MusicaeError
from musicae.images.evaluation import evaluate_pictures, load_split
from musicae.images.model import load_pictures

RANDOM_DIGITS = 500  # of convolutional decoders


class Bench:
    """Checkpoints by name, and their figures, each measured once.

    Arguments:
        checkpoints: Paths by name.
        data_dir: Folder with MNIST; None takes cache and download.
        judge: File of the classifier, where there is one.
        given: Options: `limit`, `samples`, `digits`, `few`, `device`, `seed`.
        progress: Called as work goes on.
    """

    def __init__(
        self, checkpoints: dict[str, Path], data_dir: Path | None, judge: Path | None, given: dict[str, Any], progress: Progress
    ) -> None:
        self.checkpoints, self.data_dir, self.judge, self.given, self.progress = checkpoints, data_dir, judge, given, progress
        self.known: dict[tuple[str, str], Any] = {}

    def figures(self, name: str) -> dict[str, Any]:
        """Return a checkpoint's figures by name, likelihood left out."""
        if ("figures", name) not in self.known:
            options = {"data_dir": self.data_dir, "samples": 0, **{k: self.given[k] for k in ("limit", "device", "seed")}}
            self.known["figures", name] = evaluate_pictures(self.checkpoints[name], progress=self.progress, **options)
        found: dict[str, Any] = self.known["figures", name]
        return found

    def likelihood(self, name: str) -> Likelihood:
        """Return a checkpoint's -log p(x)."""
        if ("likelihood", name) not in self.known:
            loaded = load_pictures(self.checkpoints[name], device=self.given["device"])
            data = load_split(loaded, None, self.data_dir, "test", self.progress).first(self.given["limit"])
            digits = self.given["digits"] or (RANDOM_DIGITS if convolutional(loaded.model.decoder) else None)
            options = {k: self.given[k] for k in ("samples", "few", "seed")}
            self.known["likelihood", name] = measure(loaded, data, digits=digits, progress=self.progress, **options)
        found: Likelihood = self.known["likelihood", name]
        return found

    def confidence(self, name: str) -> dict[str, Any]:
        """Return how sure the classifier is of a checkpoint's prior samples."""
        if ("confidence", name) not in self.known:
            assert self.judge is not None
            network, right = judges.load(self.judge)
            told = confidence(self.checkpoints[name], network, seed=self.given["seed"])
            self.known["confidence", name] = {**told, "classifier_accuracy": right}
        found: dict[str, Any] = self.known["confidence", name]
        return found

    def beside(self, names: tuple[str, ...]) -> list[str]:
        """Return those of some checkpoints that are there."""
        return [name for name in names if name in self.checkpoints]

    def lacks(self, row: Row) -> list[str]:
        """Return what a row needs and is not there."""
        return [name for name in row.needs if name not in self.checkpoints] + ["--classifier"] * (row.judge and not self.judge)

    def line(self, row: Row) -> dict[str, Any]:
        """Return a row's figures, JSON-able."""
        result = row.measure(self)
        told = {k: getattr(result, k) for k in ("value", "text", "reference", "met", "more")}
        return {"row": row.name, "what": row.what, "bar": row.bar, **told, "command": row.command}


def find(given: Sequence[str]) -> dict[str, Path]:
    """Return the shipped checkpoints and those given as NAME=PATH, by name."""
    found = dict(shipped())
    for item in given:
        name, _, path = item.partition("=")
        if not path:
            raise click.UsageError(f"{item!r} is no NAME=PATH; write it as vae=runs/vae.")
        found[name] = find_weights(path)
    return found


def markdown(lines: Sequence[dict[str, Any]]) -> str:
    """Return the table."""
    mark = {True: "yes", False: "**no**", None: "none"}
    titles = ("what", "obtained", "bar", "met", "reference", "trained with")
    rows = [(x["what"], x["text"], x["bar"] or "none", mark[x["met"]], x["reference"], x["command"]) for x in lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, ("---",) * len(titles), *rows))


@click.command()
@click.argument("checkpoints", nargs=-1, metavar="[NAME=PATH]...")
@click.option("--only", multiple=True, type=click.Choice([row.name for row in ROWS]), help="Measure this row; may be repeated.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with MNIST. [default: the cache, then a download]")
@click.option("--classifier", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What classifier.py wrote.")
@click.option("--samples", default=5000, show_default=True, help="Importance samples a digit.")
@click.option(
    "--digits", type=int, help=f"Digits that get as many. [default: all, or {RANDOM_DIGITS} where there are convolutions]"
)
@click.option("--few", default=100, show_default=True, help="Samples for all digits, where not all get --samples.")
@click.option("--limit", type=int, help="Take the first so many test digits only.")
@click.option("--device", default="auto", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file.")
def main(
    checkpoints: tuple[str, ...],
    only: tuple[str, ...],
    data_dir: Path | None,
    classifier: Path | None,
    json_file: Path | None,
    **given: Any,
) -> None:
    """Print a Markdown table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    lines = []
    try:
        with tasks() as progress:
            bench = Bench(find(checkpoints), data_dir, classifier, given, progress)
            for row in ROWS:
                if only and row.name not in only:
                    continue
                if lacking := bench.lacks(row):
                    click.echo(f"left out: {row.name}, for want of {', '.join(lacking)}", err=True)
                    continue
                click.echo(f"measuring {row.name}", err=True)
                lines.append(bench.line(row))
    except MusicaeError as error:
        raise click.ClickException(str(error)) from error
    if json_file is not None:
        files = {name: str(path) for name, path in bench.checkpoints.items()}
        told = {"arguments": sys.argv[1:], "options": given, "checkpoints": files, "rows": lines}
        write_atomically(json_file, (json.dumps(told, indent=2) + "\n").encode())
    click.echo(markdown(lines))


if __name__ == "__main__":
    main()
