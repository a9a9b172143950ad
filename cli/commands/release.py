"""`musicae release`: a finished run as one small file, with its metrics and a model card."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.checkpoints.shipped import find_weights
from musicae.cli.support import completions, image_job, options, outputs, renditions
from musicae.cli.support.bundles import bundle
from musicae.cli.support.loading import load_images
from musicae.cli.support.progress import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from musicae.checkpoints.format import CheckpointInfo
    from musicae.checkpoints.release import ModelCard, Provenance
    from musicae.core.progress import Progress


@dataclass(frozen=True)
class _Origin:
    """What a run folder does not record.

    Arguments:
        summary: First sentence of the card.
        command: The command that trained the model.
        machine: The machine that it ran on.
    """

    summary: str | None
    command: str | None
    machine: str

    def provenance(self, run: str, name: str, info: "CheckpointInfo") -> "Provenance":
        """Return the origin of a model, with the defaults filled in."""
        from musicae.checkpoints.release import Provenance

        verb = "train" if info.domain == "music" else "image train"
        command = self.command or f"musicae {verb} --config {Path(run) / 'config.json'}"
        return Provenance(summary=self.summary or _summary(name, info), command=command, machine=self.machine)


@dataclass(frozen=True)
class _Test:
    """What the weights are measured on.

    Arguments:
        data: Collections of music; none takes the default ones, and those that no model was trained on.
        data_dir: Folder with the files of an image set.
        limit: Number of test windows or images; None takes all.
        samples: Codes per image for -log p(x).
        device: Where to compute.
    """

    data: tuple[str, ...]
    data_dir: Path | None
    limit: int | None
    samples: int
    device: str


_origin = bundle(
    "origin",
    _Origin,
    ("summary", "command", "machine"),
    (
        click.option("--summary", metavar="TEXT", help="First sentence of the card. [default: the preset's summary]"),
        click.option(
            "--command", metavar="TEXT", help="The command that trained the model, for the card. [default: from config.json]"
        ),
        click.option(
            "--machine",
            metavar="TEXT",
            default="a machine that was not recorded",
            show_default=True,
            help="The machine that it ran on, such as 'two CPU cores', for the card.",
        ),
    ),
)
_test = bundle(
    "test",
    _Test,
    ("data", "data_dir", "limit", "samples", "device"),
    (
        options.data,
        image_job.data_dir,
        click.option("--limit", type=click.IntRange(min=1), help="Measure that many test windows or images. [default: all]"),
        click.option(
            "--samples",
            type=click.IntRange(0, 1_000_000),
            default=5000,
            show_default=True,
            help="Codes per image for -log p(x) of a model of images; 0 skips it.",
        ),
        options.device,
    ),
)


@click.command("release")
@click.argument("run", metavar="RUN", shell_complete=completions.checkpoints)
@click.option("--last", is_flag=True, help="Take the weights of the last step. [default: those with the best validation]")
@_origin
@_test
@renditions.file_results("", "The file, NAME.safetensors; the card is NAME.md. [default: the run's name, in this folder]")
def command(run: str, last: bool, origin: _Origin, test: _Test, results: renditions.Results) -> None:
    """Write the weights of RUN, a run folder, in half precision, with their metrics on test data and a model card.

    Both the weights of the run and those in half precision are measured; the card prints both. A release of a model of
    melodies needs attribute vectors of its own: compute them with `musicae attributes --fit FILE`.

    \b
    Example:
        musicae release -o mine.safetensors --machine "two CPU cores" runs/mine
    """
    weights = find_weights(Path(run) / "last.safetensors" if last else run)
    output = results.output if results.output != Path() else Path(f"{Path(run).stem}.safetensors")
    if output.suffix != ".safetensors":
        raise click.UsageError(f"{output}: a model's file ends in .safetensors; let -o end so.")
    card_file = output.with_suffix(".md")
    outputs.claim([output, card_file], force=results.force)

    from musicae.checkpoints.format import read_info
    from musicae.checkpoints.release import half_precision, release

    info = read_info(weights)
    provenance = origin.provenance(run, output.stem, info)
    measure = _music if info.domain == "music" else _images
    with half_precision(run, last=last) as candidate, tasks() as progress:
        metrics, card = measure(output.stem, (weights, candidate), provenance, test, progress)
    written = release(run, output, card, metrics, last=last)
    megabytes = round(output.stat().st_size / 1e6, 2)
    facts = {"output": str(output), "card": str(card_file), "megabytes": megabytes, **written.metrics}
    text = f"{output}: {info.model}, {megabytes} MB in half precision; its metrics are in {card_file}"
    results.lines.result(facts, text)


def _music(
    name: str, files: tuple[Path, Path], provenance: "Provenance", test: _Test, progress: "Progress"
) -> "tuple[Mapping[str, float], ModelCard]":
    """Measure the weights of a music model, in single and half precision; return the metrics and the card."""
    from musicae.checkpoints.format import read_info
    from musicae.datasets.music.held_out import open_subject
    from musicae.music.evaluation.card import CardTables, music_card
    from musicae.music.evaluation.report import evaluate, overall
    from musicae.music.kinds import KINDS

    def measured(path: Path, data: tuple[str, ...]) -> dict[str, dict[str, float]]:
        subject = open_subject(path, data, device=test.device, progress=progress)
        return evaluate(subject, limit=test.limit, progress=progress)

    weights, candidate = files
    info = read_info(weights)
    unseen = () if test.data else KINDS[info.kind].card.unseen
    tables = CardTables(
        half=measured(candidate, test.data),
        single=measured(weights, test.data),
        unseen={collection: measured(candidate, (collection,)) for collection in unseen},
    )
    return overall(tables.half), music_card(name, info, tables, provenance)


def _images(
    name: str, files: tuple[Path, Path], provenance: "Provenance", test: _Test, progress: "Progress"
) -> "tuple[Mapping[str, float], ModelCard]":
    """Measure the weights of an image model, in single and half precision; return the metrics and the card."""
    from musicae.datasets.images import image_set, open_images_for
    from musicae.images.card import CardMetrics, image_card, numbers
    from musicae.images.evaluation import evaluate
    from musicae.images.likelihood_estimate import estimate_likelihood, has_likelihood

    weights, candidate = (load_images(path, test.device) for path in files)
    data = open_images_for(weights, folder=test.data_dir, splits=("test", "train"), progress=progress)
    images = data["test"].first(test.limit)
    single, half = (evaluate(model, images, data["train"], samples=0, progress=progress) for model in (weights, candidate))
    fields: dict[str, Any] = {}
    sentence = ""
    if test.samples and has_likelihood(candidate):
        estimate = estimate_likelihood(candidate, images, samples=test.samples, progress=progress)
        fields = {k if k == "nll" else f"nll_{k}": v for k, v in estimate.to_dict().items() if v is not None}
        sentence = f"-log p(x) of the released weights: {estimate.nll:.2f} nats ({estimate.method()}; dynamic binarisation)."
    metrics = CardMetrics(half=half, single=single, likelihood=sentence)
    card = image_card(name, image_set(candidate.info.data["set"]).title, candidate.info, metrics, provenance)
    return {**numbers(half), **numbers(fields)}, card


def _summary(name: str, info: "CheckpointInfo") -> str:
    """Return one sentence on a model: the summary of the preset of its name, or what it is."""
    from musicae.images.recipes import IMAGE_PRESETS
    from musicae.music.recipes import PRESETS

    recipes: dict[str, Any] = {**PRESETS, **IMAGE_PRESETS}
    content = f"{info.kind}, {info.bars} bars" if info.domain == "music" else f"images of {info.data.get('set', 'a set')}"
    words = recipes[name].summary if name in recipes else f"{info.model} for {content}"
    return f"{words[0].upper()}{words[1:]}."
