"""`musicae reconstruct`: encode MIDI files and decode them again."""

import json
from pathlib import Path

import click

from musicae.cli import options
from musicae.cli.outputs import claim, parse_bars


@click.command("reconstruct")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--track", metavar="N|NAME", help="Melody track, from 1. [default: by rule, see `musicae inspect`]")
@click.option("--bars", metavar="M-N", help="Bars, from 1, inclusive. [default: the first full phrase]")
@options.checkpoint
@options.device
@options.output("", "File for one result, folder for several. [default: NAME.reconstructed.mid beside you]")
@options.force
def command(
    files: tuple[Path, ...],
    track: str | None,
    bars: str | None,
    checkpoint: str,
    device: str,
    output: Path | None,
    force: bool,
) -> None:
    """Encode the melody of FILES, decode it, and tell how much was kept.

    \b
    Example:
        musicae reconstruct tune.mid -o tune.again.mid
    """
    targets = _targets(files, output)
    claim(targets, force=force)
    chosen = parse_bars(bars)

    from musicae.midi import read_midi, write_midi
    from musicae.music import load

    scores = [read_midi(path) for path in files]
    model = load(checkpoint, device=device)
    phrases = [
        model.phrase(score, track=track, bars=chosen, where=str(path)) for path, score in zip(files, scores, strict=True)
    ]
    for path, phrase, target in zip(files, phrases, targets, strict=True):
        write_midi(model.reconstruct(phrase), target)
        figures = {name: round(value, 4) for name, value in model.compare(phrase).items()}
        last = phrase.first_bar + len(phrase.window.bar_steps) - 1
        place = {"track": phrase.track, "bars": f"{phrase.first_bar}-{last}"}
        click.echo(json.dumps({"file": str(path), "output": str(target), **place, **figures}))


def _targets(files: tuple[Path, ...], output: Path | None) -> list[Path]:
    """Return the file that each result goes to."""
    given = output if output is not None and str(output) != "." else None
    if len(files) == 1 and given is not None:
        return [given]
    folder = given or Path()
    targets = [folder / f"{path.stem}.reconstructed.mid" for path in files]
    twice = {t for t in targets if targets.count(t) > 1}
    if twice:
        raise click.UsageError(f"Several inputs would be written to {sorted(twice)[0]}; reconstruct them one by one.")
    return targets
