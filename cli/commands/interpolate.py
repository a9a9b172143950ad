"""`musicae interpolate`: morph one music file into another."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.tasks.interpolate import Morph


@click.command("interpolate")
@click.argument("a", type=options.music_file)
@click.argument("b", type=options.music_file)
@click.option("--steps", type=click.IntRange(2, 1000), default=7, show_default=True, help="Scores, both ends included.")
@options.exact
@click.option("--even", is_flag=True, help="Space the steps so that the music changes by equal amounts.")
@inputs.reading(options.checkpoint_by_input)
@options.decoding()
@renditions.results("morph", "Folder for the files.")
def command(
    a: Path,
    b: Path,
    steps: int,
    exact: bool,
    even: bool,
    reading: inputs.Reading,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Morph the melody of A into the melody of B, or the drums of A into those of B.

    Writes one file per step, step-01.mid and so on, and interpolation.mid with all steps in a row. The ends are the
    reconstructions of A and B. Tempo and loudness change along the way; steps nearer to A have its metre and instrument, the
    others those of B.

    With --exact the ends are A and B themselves, note for note (drums hit for hit); a line names an end for which no such code
    was found. With --even the steps are spaced by how much the music changes from each to the next (the share of time steps
    that sound different, or of hits that differ), not by the angle between the codes. Where the music would jump, steps begin
    as the music before the jump and end as the music after it.

    With --whole all bars are taken: the phrases of A and B are paired in order, and the piece with fewer phrases is repeated.
    Each step has the bars, metres and tempo changes of the nearer piece, its pick-up, and with --keep-tracks its other tracks.

    \b
    Example:
        musicae interpolate --steps 7 -o morph a.mid b.mid
        musicae interpolate --bars 3-4 --bars 9-10 -o morph a.mid b.mid
        musicae interpolate --whole --keep-tracks -o morph a.mid b.mid
    """
    reading.check(2)
    if even and reading.whole:
        raise click.UsageError("--even spaces the steps of one phrase; give either --even or --whole.")
    names = [*(f"step-{number}.mid" for number in numbered(steps)), "interpolation.mid"]
    files = results.claim(names)
    model, excerpts = reading.take(a, b)

    from musicae.music.tasks.interpolate import interpolate

    start, end = (excerpt.music for excerpt in excerpts)
    morph = interpolate(model, start, end, steps, even=even, exact=exact, decoding=decoding)
    results.write(*_results(morph, files, excerpts))
    for path, reached in zip((a, b), morph.exact or (), strict=False):
        if not reached:
            click.echo(f"{path}: not all of its notes could be kept; this end is the nearest that was found.", err=True)


def _results(morph: "Morph", files: Sequence[Path], excerpts: Sequence[inputs.Excerpt]) -> list[renditions.Result]:
    """Return each step of a morph, and all of them in a row."""
    *paths, joined = files
    numbers = enumerate(zip(morph.scores, paths, morph.alphas, strict=True), 1)
    parts = [renditions.Result(s, path, facts={"step": i, "share": round(a, 4)}) for i, (s, path, a) in numbers]
    facts = {"sources": [e.facts for e in excerpts], "steps": len(paths)}
    facts |= {} if morph.exact is None else {"exact": list(morph.exact)}
    text = f"{len(paths)} steps from {excerpts[0]} to {excerpts[1]}, one after the other; "
    text += f"each alone in {paths[0].name} to {paths[-1].name}"
    return [*parts, renditions.Result(morph.joined, joined, text, facts, roll=morph.scores)]
