"""A table of the image models: results and reference values with their sources, on the 10,000 test digits of MNIST.

    musicae image train vae -o runs/vae                                       # and so on; each row names its command
    python benchmarks/images/classifier.py -o runs/classifier.safetensors     # for the row aae-samples
    python benchmarks/images/table.py vae=runs/vae aae=runs/aae --classifier runs/classifier.safetensors --json table.json

Without arguments the shipped weights are measured; NAME=PATH adds a run folder or checkpoint, or replaces the shipped one. Rows
without a checkpoint are skipped and named on stderr. Likelihoods are of binarised digits (dynamic binarisation), with 5,000
importance samples per digit: for dense decoders on all digits (about a quarter of an hour each on one core), for convolutional
ones on 500 digits drawn at random, extended to all digits as `musicae.images.likelihood_estimate` describes.
"""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import classifier as classifiers
import click
from confidence import confidence
from rows import ROWS, Row

from musicae.checkpoints.shipped import find_weights, shipped
from musicae.cli.support.progress import tasks
from musicae.core.files import write_atomically
from musicae.core.progress import Progress
from musicae.datasets.images import open_images_for
from musicae.errors import MusicaeError
from musicae.images.data import LabelledImages
from musicae.images.evaluation import evaluate
from musicae.images.likelihood_estimate import RANDOM_IMAGES, LikelihoodEstimate, estimate_likelihood
from musicae.images.model import ImageModel
from musicae.images.model import load as load_image_model


class Bench:
    """Checkpoints by name, and their metrics, each measured once.

    Arguments:
        checkpoints: Paths by name.
        data_dir: Folder with MNIST; None uses the cache, then a download.
        classifier: File of the classifier, if there is one.
        options: `limit`, `samples`, `digits`, `few`, `device`, `seed`.
        progress: Called as the measurement proceeds.
    """

    def __init__(
        self,
        checkpoints: dict[str, Path],
        data_dir: Path | None,
        classifier: Path | None,
        options: dict[str, Any],
        progress: Progress,
    ) -> None:
        self.checkpoints, self.data_dir, self.classifier = checkpoints, data_dir, classifier
        self.options, self.progress = options, progress
        self.cache: dict[tuple[str, str], Any] = {}

    def _load(self, name: str) -> tuple[ImageModel, LabelledImages, LabelledImages]:
        """Return a model with its test and training images."""
        model = load_image_model(self.checkpoints[name], device=self.options["device"])
        data = open_images_for(model, folder=self.data_dir, splits=("test", "train"), progress=self.progress)
        return model, data["test"].first(self.options["limit"]), data["train"]

    def metrics(self, name: str) -> dict[str, Any]:
        """Return the metrics of a checkpoint by name, without the likelihood."""
        if ("metrics", name) not in self.cache:
            seed = self.options["seed"]
            self.cache["metrics", name] = evaluate(*self._load(name), samples=0, seed=seed, progress=self.progress)
        return self.cache["metrics", name]

    def likelihood(self, name: str) -> LikelihoodEstimate:
        """Return a checkpoint's -log p(x)."""
        if ("likelihood", name) not in self.cache:
            model, images, _ = self._load(name)
            options = {k: self.options[k] for k in ("samples", "digits", "few", "seed")}
            self.cache["likelihood", name] = estimate_likelihood(model, images, progress=self.progress, **options)
        return self.cache["likelihood", name]

    def confidence(self, name: str) -> dict[str, Any]:
        """Return the confidence of the classifier in the prior samples of a checkpoint."""
        if ("confidence", name) not in self.cache:
            assert self.classifier is not None
            network, accuracy = classifiers.load(self.classifier)
            metrics = confidence(self.checkpoints[name], network, seed=self.options["seed"])
            self.cache["confidence", name] = {**metrics, "classifier_accuracy": accuracy}
        return self.cache["confidence", name]

    def available(self, names: tuple[str, ...]) -> list[str]:
        """Return the names that have a checkpoint."""
        return [name for name in names if name in self.checkpoints]

    def missing(self, row: Row) -> list[str]:
        """Return the checkpoints and options that a row needs and that are missing."""
        missing = [name for name in row.needs if name not in self.checkpoints]
        return missing + ["--classifier"] * (row.classifier and not self.classifier)

    def line(self, row: Row) -> dict[str, Any]:
        """Return the result of a row as a JSON-able dictionary."""
        result = row.measure(self)
        fields = {k: getattr(result, k) for k in ("value", "text", "reference", "met", "more")}
        return {"row": row.name, "what": row.what, "bar": row.bar, **fields, "command": row.command}


def find(pairs: Sequence[str]) -> dict[str, Path]:
    """Return the shipped checkpoints and those given as NAME=PATH, by name."""
    paths = dict(shipped())
    for item in pairs:
        name, _, path = item.partition("=")
        if not path:
            raise click.UsageError(f"{item!r} is not NAME=PATH; write it as vae=runs/vae.")
        paths[name] = find_weights(path)
    return paths


def markdown(lines: Sequence[dict[str, Any]]) -> str:
    """Return the table."""
    mark = {True: "yes", False: "**no**", None: "none"}
    titles = ("what", "result", "bar", "met", "reference", "trained with")
    rows = [(x["what"], x["text"], x["bar"] or "none", mark[x["met"]], x["reference"], x["command"]) for x in lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (titles, ("---",) * len(titles), *rows))


@click.command()
@click.argument("checkpoints", nargs=-1, metavar="[NAME=PATH]...")
@click.option("--only", multiple=True, type=click.Choice([row.name for row in ROWS]), help="Measure this row; may be repeated.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder with MNIST. [default: the cache, then a download]")
@click.option(
    "--classifier", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that classifier.py wrote."
)
@click.option("--samples", default=5000, show_default=True, help="Importance samples per digit.")
@click.option(
    "--digits", type=int, help=f"Digits that get as many. [default: all, or {RANDOM_IMAGES} for convolutional models]"
)
@click.option("--few", default=100, show_default=True, help="Samples per digit over all digits, if not all get --samples.")
@click.option("--limit", type=int, help="Use only the first test digits, as many as this.")
@click.option("--device", default="auto", show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the results to this file.")
def main(
    checkpoints: tuple[str, ...],
    only: tuple[str, ...],
    data_dir: Path | None,
    classifier: Path | None,
    json_file: Path | None,
    **options: Any,
) -> None:
    """Print a Markdown table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    lines = []
    try:
        with tasks() as progress:
            bench = Bench(find(checkpoints), data_dir, classifier, options, progress)
            for row in ROWS:
                if only and row.name not in only:
                    continue
                if missing := bench.missing(row):
                    click.echo(f"skipped: {row.name}, which needs {', '.join(missing)}", err=True)
                    continue
                click.echo(f"measuring {row.name}", err=True)
                lines.append(bench.line(row))
    except MusicaeError as error:
        raise click.ClickException(str(error)) from error
    if json_file is not None:
        files = {name: str(path) for name, path in bench.checkpoints.items()}
        content = {"arguments": sys.argv[1:], "options": options, "checkpoints": files, "rows": lines}
        write_atomically(json_file, (json.dumps(content, indent=2) + "\n").encode())
    click.echo(markdown(lines))


if __name__ == "__main__":
    main()
