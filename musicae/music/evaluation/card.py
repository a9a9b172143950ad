"""Model cards of music models: what goes in, the objective, the training data, and tables of metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from musicae.checkpoints.format import CheckpointInfo
from musicae.checkpoints.release import ModelCard, Provenance, markdown_table
from musicae.music.evaluation.report import overall
from musicae.music.kinds import kind_of
from musicae.music.representations import Representation, representation_from_dict

__all__ = ["CardTables", "music_card"]

Table = dict[str, dict[str, float]]  # metrics by collection, as `musicae.music.evaluation.report.evaluate` returns them


@dataclass(frozen=True, kw_only=True)
class CardTables:
    """The measurements that a card prints.

    Arguments:
        half: Metrics of the weights in half precision, by collection.
        single: Metrics of the weights in single precision.
        unseen: The same as `half` by name of a collection that the model was never trained on.
    """

    half: Table
    single: Table
    unseen: Mapping[str, Table] = field(default_factory=dict)


def music_card(name: str, info: CheckpointInfo, tables: CardTables, provenance: Provenance) -> ModelCard:
    """Return the content of the card of a music model.

    Arguments:
        name: Name of the release.
        info: The checkpoint's description.
        tables: Its measurements.
        provenance: Summary, command and machine.
    """
    representation = representation_from_dict(info.representation)
    words = kind_of(representation).card
    bar_steps = info.config.get("max_bar_steps", info.config.get("max_steps"))
    content = words.inputs.format(grid=_grid(representation), bar_steps=bar_steps)
    return ModelCard(
        provenance=provenance,
        inputs=f"{info.bars} bars of {content}",
        examples="windows",
        facts={"Objective": f"{words.objective}{_kl(info)}", "Not for": words.limits},
        sections=[("Training data", _data(info)), ("Metrics", _metrics(name, info, tables))],
    )


def _grid(representation: Representation) -> str:
    """Return a grid in words."""
    places = [str(Fraction(p).limit_denominator(24)) for p in representation.positions]
    return f"{len(places)} steps per quarter note (at {', '.join(places[:-1])} and {places[-1]})"


def _kl(info: CheckpointInfo) -> str:
    """Return in words how the KL is weighted; nothing for a model that was not trained with a schedule."""
    beta: dict[str, Any] = info.training.get("objective", {}).get("beta", {})
    if beta.get("kind") == "target":
        begin = f"after {beta['steps']} steps without" if beta["steps"] > 1 else "from the first step"
        return (
            f", plus beta times the KL; a controller adjusts beta to hold the KL at {beta['target_bits']:.0f} bits per "
            f"training window ({begin})"
        )
    return f", plus {beta['beta']:g} times the KL" if beta else ""


def _data(info: CheckpointInfo) -> str:
    """Return what a model was trained on."""
    words = kind_of(representation_from_dict(info.representation)).card
    text = (
        f"{words.split} Of {words.duplicates} only one is kept, and test windows that also occur in training {words.works} are "
        "dropped."
    )
    if info.data.get("transpose"):
        text += f" Each training window is transposed by up to {info.data['transpose']} semitones, drawn again each time."
    collections = [
        (c["title"], c["licence"], c["tunes"], *(c["kept"][split] for split in ("train", "valid", "test")))
        for c in info.data.get("collections", {}).values()
    ]
    titles = ("collection", "licence", words.works, "windows: train", "valid", "test")
    return f"{text}\n\n{markdown_table(titles, collections)}"


def _metrics(name: str, info: CheckpointInfo, tables: CardTables) -> str:
    """Return the tables of metrics."""
    words = kind_of(representation_from_dict(info.representation)).card
    titles = ("collection", *(c.replace("_", " ") for c in words.columns))

    def row(title: str, metrics: dict[str, float]) -> list[str]:
        return [title, *(_written(column, metrics[column]) for column in words.columns)]

    rows = [row(collection, metrics) for collection, metrics in tables.half.items()]
    rows.append(row("all, single precision", overall(tables.single)))
    notes = f" {words.notes}" if words.notes else ""
    parts = [
        "Test windows, decoded greedily from the posterior mean. *Hold accuracy* is the step accuracy of the no-event "
        f"baseline, which always predicts that nothing happens.{notes} Command: `musicae evaluate {name}{words.data_option}`.",
        markdown_table(titles, rows),
    ]
    for collection, table in tables.unseen.items():
        parts.append(f"A collection without training data (`musicae evaluate {name} --data {collection}`):")
        parts.append(markdown_table(titles, [row(title, metrics) for title, metrics in table.items()]))
    return "\n\n".join(parts)


def _written(column: str, value: float) -> str:
    """Return a metric with as many digits as it deserves."""
    if column == "windows":
        return f"{value:.0f}"
    return f"{value:.1f}" if column.endswith(("_bits", "_error")) else f"{value:.4f}"
