"""Release a finished run: its weights in half precision with their metrics, and a model card next to them.

The metrics of a release are those of its half-precision weights. So a release takes three steps, and the caller measures in
between, because this module is independent of music and images:

    with half_precision(run) as candidate:
        metrics, card = ...  # measure the checkpoint `candidate`, and describe it
    release(run, Path("weights/name.safetensors"), card, metrics)
"""

import csv
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from musicae.checkpoints.format import CheckpointInfo, load_checkpoint, save_checkpoint
from musicae.checkpoints.shipped import find_weights
from musicae.core.autoencoder import Autoencoder
from musicae.core.files import write_atomically
from musicae.errors import CheckpointError

__all__ = ["MOST_BYTES", "ModelCard", "Provenance", "half_precision", "markdown_table", "release", "weights_of"]

MOST_BYTES = 15_000_000  # of a shipped checkpoint


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a run folder does not record about a training.

    Arguments:
        summary: One sentence on the model.
        command: The command that trained it.
        machine: The machine that it ran on, such as `two CPU cores`.
    """

    summary: str
    command: str
    machine: str


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The content of a model card; `release` adds the facts about weights and training.

    Arguments:
        provenance: Summary, command and machine.
        inputs: What the model takes and returns, without a full stop.
        examples: What a batch holds, such as `windows`.
        facts: Further facts by title, without full stops.
        sections: Further sections, title and Markdown text.
    """

    provenance: Provenance
    inputs: str
    examples: str
    facts: Mapping[str, str] = field(default_factory=dict)
    sections: Sequence[tuple[str, str]] = ()


def weights_of(run: str | Path, *, last: bool = False) -> Path:
    """Return the checkpoint of a run.

    Arguments:
        run: A run folder, a checkpoint or a shipped model's name.
        last: Whether to take the weights of a run's last step. [default: those with the best validation]

    Raises:
        CheckpointError: there is none.
    """
    return find_weights(Path(run) / "last.safetensors" if last else run)


@contextmanager
def half_precision(run: str | Path, *, last: bool = False, most_bytes: int = MOST_BYTES) -> Iterator[Path]:
    """Yield a temporary checkpoint with a run's weights in half precision, as `release` would write them.

    Arguments:
        run: See `weights_of`.
        last: See `weights_of`.
        most_bytes: The largest size of a release.

    Raises:
        CheckpointError: there is no usable checkpoint, or the release would be too large.
    """
    model, info = load_checkpoint(weights_of(run, last=last))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidate.safetensors"
        save_checkpoint(path, model, info, half=True)
        size = path.stat().st_size
        if size > most_bytes:
            raise CheckpointError(
                f"{run} would take {size / 1e6:.1f} MB in half precision; a release holds at most {most_bytes / 1e6:.1f} MB. "
                "Train a smaller model."
            )
        yield path


def release(
    run: str | Path, output: Path, card: ModelCard, metrics: Mapping[str, float], *, last: bool = False
) -> CheckpointInfo:
    """Write a checkpoint in half precision with its metrics, and its model card.

    Arguments:
        run: See `weights_of`.
        output: The checkpoint, NAME.safetensors; the card is NAME.md in the same folder.
        card: Content of the card.
        metrics: Metrics of the half-precision weights on test data by name; those that are not finite are skipped.
        last: See `weights_of`.

    Returns:
        The description of the checkpoint; its metrics have names with the prefix `test_`.

    Raises:
        CheckpointError: there is no usable checkpoint, or `output` does not end in .safetensors.
    """
    if output.suffix != ".safetensors":
        raise CheckpointError(f"{output} must end in .safetensors.")
    weights = weights_of(run, last=last)
    model, info = load_checkpoint(weights)
    info = replace(info, metrics={f"test_{k}": round(v, 6) for k, v in metrics.items() if math.isfinite(v)})
    save_checkpoint(output, model, info, half=True)
    assert isinstance(model, Autoencoder)
    facts = {
        "Model": f"`{info.model}`, {model.parameter_count():,} parameters, code of {model.latent_size:,} dimensions; "
        f"{output.stat().st_size / 1e6:.2f} MB in half precision",
        "Input and output": card.inputs,
        "Training": _training(card, info, weights.parent / "metrics.csv"),
        **card.facts,
    }
    parts = [f"# {output.stem}", card.provenance.summary, "\n".join(f"- **{title}**: {text}." for title, text in facts.items())]
    parts += [f"## {title}\n\n{text}" for title, text in card.sections]
    write_atomically(output.with_suffix(".md"), ("\n\n".join(parts) + "\n").encode())
    return info


def markdown_table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table with a row of titles."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _training(card: ModelCard, info: CheckpointInfo, log: Path) -> str:
    """Return how a model was trained, in one sentence without a full stop.

    Arguments:
        card: Content of the card.
        info: The checkpoint's description.
        log: The run's `metrics.csv`; a checkpoint without a run folder has none.
    """
    planned = info.training.get("steps", info.step)
    steps, time = planned, ""
    if log.is_file():
        with log.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        steps = max((int(row["step"]) for row in rows), default=planned)
        time = f" in {max((float(row['seconds']) for row in rows), default=0.0) / 60:.0f} minutes"
    batch = info.training.get("batch_size")
    size = f" of {batch:,} {card.examples}" if batch else ""
    best = "" if info.step == steps else f"; the weights are those of step {info.step:,}, the best on validation data"
    return f"`{card.provenance.command}`, {steps:,} steps{size}{time} on {card.provenance.machine}{best}"
