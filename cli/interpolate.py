"""`musicae interpolate`: morph one MIDI file into another."""

import json
from pathlib import Path
from typing import TypeVar

import click

from musicae.cli import options, renditions
from musicae.cli.outputs import targets

T = TypeVar("T")


@click.command("interpolate")
@click.argument("a", type=options.midi_file)
@click.argument("b", type=options.midi_file)
@click.option("--steps", type=click.IntRange(2, 1000), default=7, show_default=True, help="Scores, both ends included.")
@click.option(
    "--track",
    multiple=True,
    metavar="N|NAME",
    help="Melody track, from 1; once for both files, or twice, for A and B. [default: by rule, see `musicae inspect`]",
)
@click.option(
    "--bars",
    multiple=True,
    type=options.bars,
    metavar="M-N",
    help="Bars, from 1, inclusive; once for both files, or twice, for A and B. [default: the first full phrase]",
)
@options.temperature
@options.seed
@options.checkpoint
@options.device
@options.output("morph", "Folder for the MIDI files.")
@renditions.options
@options.force
def command(
    a: Path,
    b: Path,
    steps: int,
    track: tuple[str, ...],
    bars: tuple[tuple[int, int], ...],
    temperature: float,
    seed: int,
    checkpoint: str,
    device: str,
    output: Path,
    force: bool,
    also: tuple[str, ...],
) -> None:
    """Morph the melody of A into the melody of B.

    Writes one file a step, step-01.mid and so on, and interpolation.mid with all steps in a row. The ends are the
    reconstructions of A and B. Tempo and loudness change along the way; steps nearer to A have its metre and instrument, the
    others those of B.

    \b
    Example:
        musicae interpolate a.mid b.mid --steps 7 -o morph
        musicae interpolate a.mid b.mid --bars 3-4 --bars 9-10 -o morph
    """
    tracks, ranges = _for_both("--track", track), _for_both("--bars", bars)
    digits = max(2, len(str(steps)))
    *files, joined = targets(output, [*(f"step-{i:0{digits}d}.mid" for i in range(1, steps + 1)), "interpolation.mid"])
    renditions.claim([*files, joined], also, force=force)

    from musicae.midi import read_midi

    scores = [read_midi(path) for path in (a, b)]  # bad files are told before torch is imported, which takes seconds

    from musicae.music import load

    model = load(checkpoint, device=device)
    first, last = (
        model.phrase(score, track=chosen, bars=span, where=str(path))
        for path, score, chosen, span in zip((a, b), scores, tracks, ranges, strict=True)
    )
    morph = model.interpolate(first, last, steps, temperature=temperature, seed=seed)
    extra = []
    for path, score in zip(files, morph.scores, strict=True):
        extra += renditions.write(score, path, also)[1:]
    extra += renditions.write(morph.joined, joined, also, row=morph.scores)[1:]
    for path, phrase in ((a, first), (b, last)):
        click.echo(f"{path}: track {phrase.track}, bars {phrase.bar_numbers}", err=True)
    result = {"joined": str(joined), "steps": [str(path) for path in files]}
    click.echo(json.dumps(result | renditions.named(extra)))


def _for_both(option: str, values: tuple[T, ...]) -> tuple[T | None, T | None]:
    """Return what an option says for A and for B."""
    if len(values) > 2:
        raise click.UsageError(f"{option} was given {len(values)} times; give it once for both files, or twice, for A and B.")
    return (values[0], values[-1]) if values else (None, None)
