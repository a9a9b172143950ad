"""`musicae interpolate`: morph one MIDI file into another."""

import json
from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.outputs import claim, parse_bars


@click.command("interpolate")
@click.argument("a", type=options.midi_file)
@click.argument("b", type=options.midi_file)
@click.option("--steps", type=click.IntRange(2, 1000), default=7, show_default=True, help="Scores, both ends included.")
@click.option("--track", multiple=True, metavar="N|NAME", help="Melody track, from 1; give it twice for A and B.")
@click.option("--bars", multiple=True, metavar="M-N", help="Bars, from 1, inclusive; give it twice for A and B.")
@options.temperature
@options.seed
@options.checkpoint
@options.device
@options.output("morph", "Folder for the MIDI files.")
@options.force
def command(
    a: Path,
    b: Path,
    steps: int,
    track: tuple[str, ...],
    bars: tuple[str, ...],
    temperature: float,
    seed: int,
    checkpoint: str,
    device: str,
    output: Path,
    force: bool,
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
    digits = max(2, len(str(steps)))
    files = [output / f"step-{i:0{digits}d}.mid" for i in range(1, steps + 1)]
    joined = output / "interpolation.mid"
    claim([*files, joined], force=force)
    ranges = [parse_bars(text) for text in bars]

    from musicae.midi import read_midi, write_midi
    from musicae.music import load
    from musicae.phrase import Phrase

    scores = [read_midi(path) for path in (a, b)]  # bad files are found before the model is loaded
    model = load(checkpoint, device=device)
    phrases: list[Phrase] = []
    for i, (path, score) in enumerate(zip((a, b), scores, strict=True)):
        chosen_track = track[min(i, len(track) - 1)] if track else None
        chosen_bars = ranges[min(i, len(ranges) - 1)] if ranges else None
        phrases.append(model.phrase(score, track=chosen_track, bars=chosen_bars, where=str(path)))
    morph = model.interpolate(phrases[0], phrases[1], steps, temperature=temperature, seed=seed)
    for path, score in zip(files, morph.scores, strict=True):
        write_midi(score, path)
    write_midi(morph.joined, joined)
    for path, phrase in zip((a, b), phrases, strict=True):
        last = phrase.first_bar + len(phrase.window.bar_steps) - 1
        click.echo(f"{path}: track {phrase.track}, bars {phrase.first_bar}-{last}", err=True)
    click.echo(json.dumps({"joined": str(joined), "steps": [str(path) for path in files]}))
