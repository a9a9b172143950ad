"""`musicae interpolate`: morph one MIDI file into another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from musicae.cli.support import inputs, options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding

T = TypeVar("T")


@click.command("interpolate")
@click.argument("a", type=options.midi_file)
@click.argument("b", type=options.midi_file)
@click.option("--steps", type=click.IntRange(2, 1000), default=7, show_default=True, help="Scores, both ends included.")
@click.option(
    "--track",
    multiple=True,
    metavar="N|NAME",
    help=f"Once for both files, or twice, for A and B. {inputs.TRACK}",
)
@click.option(
    "--bars",
    multiple=True,
    type=options.bars,
    metavar="M-N",
    help="Bars, from 1, inclusive; once for both files, or twice, for A and B. [default: the first full phrase]",
)
@options.exact
@click.option("--even", is_flag=True, help="Space the steps so that the music changes by equal amounts.")
@options.whole
@options.keep_tracks
@options.decoding()
@options.checkpoint_by_input
@options.device
@renditions.results("morph", "Folder for the MIDI files.")
def command(
    a: Path,
    b: Path,
    steps: int,
    track: tuple[str, ...],
    bars: tuple[tuple[int, int], ...],
    exact: bool,
    even: bool,
    whole: bool,
    keep_tracks: bool,
    checkpoint: str | None,
    device: str,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Morph the melody of A into the melody of B, or the drums of A into those of B.

    Writes one file a step, step-01.mid and so on, and interpolation.mid with all steps in a row. The ends are the
    reconstructions of A and B. Tempo and loudness change along the way; steps nearer to A have its metre and instrument, the
    others those of B.

    With --exact the ends are A and B themselves, note for note (drums hit for hit); a line says so where that was not
    reached. With --even the steps are spaced by how much the music changes from each to the next (the share of time steps
    that sound different, or the hits that differ), not by the angle between the codes; where the music would jump, steps
    begin as the music before the jump and end as that behind it.

    With --whole all bars are taken: the phrases of A and B are paired in order, and the shorter piece begins anew when it is
    through. Each step has the bars, metres and tempo changes of the nearer piece, its pick-up, and with --keep-tracks its
    other tracks.

    \b
    Example:
        musicae interpolate a.mid b.mid --steps 7 -o morph
        musicae interpolate a.mid b.mid --bars 3-4 --bars 9-10 -o morph
        musicae interpolate a.mid b.mid --whole --keep-tracks -o morph
    """
    tracks, ranges = _for_both("--track", track), _for_both("--bars", bars)
    options.check_whole(whole=whole, keep_tracks=keep_tracks, bars=bars)
    if even and whole:
        raise click.UsageError("--even spaces the steps of one phrase; leave out --whole.")
    digits = max(2, len(str(steps)))
    *files, joined = results.claim([*(f"step-{i:0{digits}d}.mid" for i in range(1, steps + 1)), "interpolation.mid"])

    from musicae.music.formats.midi import read_midi

    scores = [read_midi(path) for path in (a, b)]  # bad files are told before torch is imported, which takes seconds
    model = inputs.load_for((a, b), scores, tracks, checkpoint, device)

    from musicae.music.tasks.interpolate import interpolate

    if whole:
        start, end = (
            model.piece(s, track=t, where=str(p), keep_tracks=keep_tracks)
            for p, s, t in zip((a, b), scores, tracks, strict=True)
        )
        morph = interpolate(model, start, end, steps, exact=exact, decoding=decoding)
        taken = [f"track {piece.track + 1}, bars 1-{len(piece.score.bars())}" for piece in (start, end)]
    else:
        first, last = (
            model.phrase(score, track=chosen, bars=span, where=str(path))
            for path, score, chosen, span in zip((a, b), scores, tracks, ranges, strict=True)
        )
        morph = interpolate(model, first, last, steps, even=even, exact=exact, decoding=decoding)
        taken = [f"track {phrase.track}, bars {phrase.bar_numbers}" for phrase in (first, last)]
    extra = results.write(morph.scores, files) + results.write([morph.joined], [joined], row=morph.scores)
    for path, words in zip((a, b), taken, strict=True):
        click.echo(f"{path}: {words}", err=True)
    for path, reached in zip((a, b), morph.exact or (), strict=False):
        if not reached:
            click.echo(f"{path}: not all of its notes could be kept; this end is the nearest that was found.", err=True)
    result = {"joined": str(joined), "steps": [str(path) for path in files]}
    click.echo(json.dumps(result | renditions.named(extra)))


def _for_both(option: str, values: tuple[T, ...]) -> tuple[T | None, T | None]:
    """Return what an option says for A and for B."""
    if len(values) > 2:
        raise click.UsageError(f"{option} was given {len(values)} times; give it once for both files, or twice, for A and B.")
    return (values[0], values[-1]) if values else (None, None)
