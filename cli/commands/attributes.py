"""`musicae attributes`: the musical attributes of tunes, and what steering does to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import completions, inputs, many_files, options, outputs
from musicae.cli.support.bundles import bundle
from musicae.cli.support.loading import load_music
from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table

    from musicae.music.latent.attribute_vectors import AttributeVectors
    from musicae.music.model import MusicModel
    from musicae.music.score import Score


@dataclass(frozen=True)
class _Fit:
    """What --fit computes.

    Arguments:
        checkpoint: The model whose attribute vectors are computed.
        data: Collections to take training windows from.
        windows: Largest number of windows.
        samples: Samples of the prior that the effect is measured on.
        force: Whether vectors that exist are overwritten.
    """

    checkpoint: str
    data: tuple[str, ...]
    windows: int
    samples: int
    force: bool


def _fit(*, fit: str | None, data: tuple[str, ...], force: bool, **amounts: int) -> _Fit | None:
    if fit is None and (data or force):
        raise click.UsageError("--data and --force go with --fit, which computes attribute vectors.")
    return None if fit is None else _Fit(fit, data, force=force, **amounts)


_fit_parts = (
    click.option(
        "--fit",
        metavar="CHECKPOINT",
        help="Compute the attribute vectors of this model, measure their effect, and write both next to its weights.",
        shell_complete=completions.checkpoints,
    ),
    options.data,
    click.option(
        "--windows",
        type=click.IntRange(min=100),
        default=20_000,
        show_default=True,
        help="With --fit: the largest number of training windows.",
    ),
    click.option(
        "--samples",
        type=click.IntRange(min=1),
        default=256,
        show_default=True,
        help="With --fit: samples of the prior that the effect is measured on.",
    ),
    options.force,
)
_fit_options = bundle("fit", _fit, ("fit", "data", "windows", "samples", "force"), _fit_parts)


def _moved(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        settings = " ".join(f"--set {setting}" for setting in value)
        raise click.UsageError(f"This command only shows attributes; move them with `musicae steer {settings} FILE`.", context)


@click.command("attributes")
@many_files.files(template=False, required=False)
@click.option("--table", "as_table", is_flag=True, help="Print the measured effect of each attribute on each, and stop.")
@click.option("--set", multiple=True, hidden=True, expose_value=False, callback=_moved, help="Moved to `musicae steer`.")
@_fit_options
@inputs.reading(options.checkpoint)
@json_lines
def command(files: many_files.Files, as_table: bool, fit: _Fit | None, reading: inputs.Reading, lines: Lines) -> None:
    """Show the musical attributes of a phrase of each of FILES, or with --whole their means over all phrases.

    FILES may be folders and quoted patterns, too. The attributes are density (notes per quarter note), interval (mean leap in
    semitones), range (semitones), syncopation, register (mean pitch) and scale (how well the notes fit a key). Each is shown
    with its place among the training data, in standard deviations from their mean. `musicae steer` moves attributes.

    Both commands need the attribute vectors of the model, which lie next to its weights. The shipped melody-2bar has them;
    for a model of your own, compute them with --fit, on the data that it was trained on.

    \b
    Example:
        musicae attributes tune.mid
        musicae attributes --table
        musicae attributes --fit runs/mine --data path/to/midi/folder
    """
    checkpoint = str(reading.checkpoint)
    if fit is not None:
        _fit_vectors(fit, reading.device, lines)
        return
    if as_table:
        _show_effects(checkpoint, lines)
        return
    if not files.paths:
        raise click.UsageError("Give FILES, --table or --fit.")
    reading.check(len(files.paths))

    from musicae.music.formats import read

    def work(index: int, score: "Score", ready: "tuple[MusicModel, AttributeVectors]") -> None:
        from musicae.music.tasks.steer import attributes_of

        model, vectors = ready
        excerpt = reading.excerpt(model, files.paths[index], score, number=index, of=len(files.paths))
        attributes = attributes_of(model, excerpt.music, vectors)
        lines.result({**excerpt.facts, "attributes": attributes}, str(excerpt), _values(attributes))

    many_files.each(files.paths, read, lambda: _prepare(checkpoint, reading.device), work, lines, doing="measuring")


def _prepare(checkpoint: str, device: str) -> "tuple[MusicModel, AttributeVectors]":
    from musicae.checkpoints.shipped import find_weights
    from musicae.music.latent.attribute_vectors import read_vectors

    vectors = read_vectors(find_weights(checkpoint))  # before torch is imported, which takes seconds
    return load_music(checkpoint, device), vectors


def _values(attributes: dict[str, dict[str, float]]) -> "Table":
    """Return the attributes of a phrase as a table."""
    from musicae.cli.support.tables import table

    rows = table(("attribute", "value", "standard deviations"))
    for name, place in attributes.items():
        rows.add_row(name, f"{place['value']:.3f}", f"{place['deviations']:+.2f}")
    return rows


def _show_effects(checkpoint: str, lines: Lines) -> None:
    """Print what steering does, as measured when the vectors were computed."""
    from musicae.checkpoints.shipped import find_weights
    from musicae.music.latent.attribute_vectors import read_vectors

    vectors = read_vectors(find_weights(checkpoint))
    title = f"Attribute vectors of {checkpoint}, from {vectors.data}"
    lines.result({"checkpoint": checkpoint, **_facts(vectors)}, title, *_effects(vectors))


def _fit_vectors(fit: _Fit, device: str, lines: Lines) -> None:
    """Compute the attribute vectors of a checkpoint, write them next to it, and print their effect."""
    from musicae.checkpoints.shipped import find_weights
    from musicae.music.latent.attribute_vectors import vectors_file, weights_hash, write_vectors

    path = find_weights(fit.checkpoint)
    output = vectors_file(path)
    outputs.claim([output], force=fit.force, option="checkpoint")
    model = load_music(fit.checkpoint, device)
    model.kind.require("attributes")

    from musicae.cli.support.progress import tasks
    from musicae.datasets.music.collections import open_collections
    from musicae.datasets.music.prepare import prepare
    from musicae.music.tasks.attributes import fit_attributes

    collections = open_collections(fit.data, training=True, kind=model.kind.name)
    with tasks() as progress:
        windows = prepare(collections, model.spec, progress=progress)
        amounts = {"count": fit.windows, "samples": fit.samples}
        vectors = fit_attributes(model, windows, **amounts, weights=weights_hash(path), progress=progress)
    write_vectors(path, vectors)
    facts = {"checkpoint": fit.checkpoint, "output": str(output), **_facts(vectors)}
    lines.result(facts, f"{output}: attribute vectors from {vectors.data}", *_effects(vectors))


def _facts(vectors: "AttributeVectors") -> dict[str, Any]:
    """Return what JSON names of attribute vectors."""
    from musicae.core.config import to_dict
    from musicae.music.metrics.attributes import ATTRIBUTES

    effects = {"searched": vectors.searched, "alone": vectors.alone}
    measured = {name: to_dict(effect) for name, effect in effects.items() if effect is not None}
    return {"data": vectors.data, "attributes": list(ATTRIBUTES), **measured}


def _effects(vectors: "AttributeVectors") -> "Iterator[str | Table]":
    """Yield a table per way of steering."""
    from musicae.cli.support.tables import table
    from musicae.music.metrics.attributes import ATTRIBUTES

    ways: dict[str, Any] = {"steered": vectors.searched, "a step along the vectors alone": vectors.alone}
    for title, effect in ways.items():
        if effect is not None:
            words = f"{title}: {effect.samples} prior samples, {effect.amount:+g} sd; median change in sd"
            rows = table(("set", "right way", *ATTRIBUTES), title=words)
            for name, right, changes in zip(ATTRIBUTES, effect.right, effect.change, strict=True):
                rows.add_row(name, f"{right:.1%}", *(f"{change:+.2f}" for change in changes))
            yield rows
