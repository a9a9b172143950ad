"""`musicae reconstruct`: encode MIDI files and decode them again."""

import json
from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.outputs import claim, targets
from musicae.cli.progress import tasks


@click.command("reconstruct")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--track", metavar="N|NAME", help="Melody track, from 1. [default: by rule, see `musicae inspect`]")
@click.option("--bars", type=options.bars, metavar="M-N", help="Bars, from 1, inclusive. [default: the first full phrase]")
@options.checkpoint
@options.device
@options.output("", "A .mid file for one result, or a folder. [default: NAME.reconstructed.mid in this folder]")
@options.force
def command(
    files: tuple[Path, ...],
    track: str | None,
    bars: tuple[int, int] | None,
    checkpoint: str,
    device: str,
    output: Path,
    force: bool,
) -> None:
    """Encode the melody of FILES, decode it, and tell how much was kept.

    Prints one line of JSON a file: the track and bars taken, the shares of time steps and of notes that came out right, and
    the information in the code.

    \b
    Example:
        musicae reconstruct tune.mid -o tune.again.mid
        musicae reconstruct tunes/*.mid -o again
    """
    written = targets(output, [f"{path.stem}.reconstructed.mid" for path in files])
    claim(written, force=force)

    from musicae.midi import read_midi, write_midi

    with tasks() as progress:
        scores = []
        for done, path in enumerate(files, 1):  # bad files are told before torch is imported, which takes seconds
            scores.append(read_midi(path))
            progress("reading", done, len(files))

        from musicae.music import load

        model = load(checkpoint, device=device)
        phrases = [
            model.phrase(score, track=track, bars=bars, where=str(path)) for path, score in zip(files, scores, strict=True)
        ]
        results = []
        for done, phrase in enumerate(phrases, 1):
            results.append((model.reconstruct(phrase), model.compare(phrase)))
            progress("reconstructing", done, len(files))
    for path, phrase, target, (score, figures) in zip(files, phrases, written, results, strict=True):
        write_midi(score, target)
        place = {"track": phrase.track, "bars": phrase.bar_numbers}
        rounded = {name: round(value, 4) for name, value in figures.items()}
        click.echo(json.dumps({"file": str(path), "output": str(target), **place, **rounded}))
