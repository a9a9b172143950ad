"""`musicae reconstruct`: encode MIDI files and decode them again."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import inputs, options, renditions
from musicae.cli.support import many_files as batches

if TYPE_CHECKING:
    from musicae.music.model import MusicModel
    from musicae.music.score import Score

TEMPLATE = "{stem}.reconstructed{suffix}"


@click.command("reconstruct")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--track", metavar="N|NAME", help=inputs.TRACK)
@click.option("--bars", type=options.bars, metavar="M-N", help="Bars, from 1, inclusive. [default: the first full phrase]")
@options.exact
@options.whole
@options.keep_tracks
@options.checkpoint_by_input
@options.device
@batches.template
@batches.as_json
@renditions.results("", "A .mid file for one result, or a folder. [default: this folder]")
def command(
    files: tuple[Path, ...],
    track: str | None,
    bars: tuple[int, int] | None,
    exact: bool,
    whole: bool,
    keep_tracks: bool,
    checkpoint: str | None,
    device: str,
    template: str | None,
    as_json: bool,
    results: renditions.Results,
) -> None:
    """Encode the melody, or the drums, of FILES, decode it, and tell how much was kept.

    FILES may be folders and quoted patterns, too. Each result is named NAME.reconstructed.mid unless -o or --out-template
    say otherwise. Prints one line of JSON a file: the track and bars taken, the shares of time steps and of notes that came
    out right, and the information in the code; of drums the share of hits, and the errors of velocity (1 to 127) and timing
    (milliseconds at 120 quarter notes a minute) beside those of the quantised pattern. A file that fails keeps no other from
    being done; the exit status is 1 then.

    With --exact the code is refined first, so that the notes (of drums, the hits) come out as they went in.

    With --whole all bars are taken, and bars, metres and tempo changes stay as they were. A pick-up, silence, and bars that
    no model takes stay as they are in the file; `kept` in the output lists them with the reason.

    \b
    Example:
        musicae reconstruct tune.mid -o tune.again.mid
        musicae reconstruct song.mid --whole --keep-tracks
        musicae reconstruct tunes 'more/*.mid' -o again --out-template '{stem}.again{suffix}'
    """
    options.check_whole(whole=whole, keep_tracks=keep_tracks, bars=bars)
    paths = batches.expand(files)
    written = results.check(batches.targets(results.output, paths, template, TEMPLATE))
    act = partial(_whole, keep_tracks=keep_tracks) if whole else partial(_phrase, bars=bars)

    def work(index: int, score: "Score", models: inputs.Models) -> str:
        model = models(paths[index], score, track)
        made, facts = act(model, score, str(paths[index]), track=track, exact=exact)
        extra = results.write([made], [written[index]])
        told = {"file": str(paths[index]), "output": str(written[index]), **renditions.named(extra), **facts}
        click.echo(json.dumps(told))
        figure = model.kind.metrics.headline
        return f"{written[index]} ({figure.replace('_f1', ' F1')} {facts[figure]:.2f})"

    from musicae.music.formats.midi import read_midi

    batches.each(paths, read_midi, lambda: inputs.Models(checkpoint, device), work, doing="reconstructing", as_json=as_json)


def _phrase(
    model: "MusicModel", score: "Score", where: str, *, track: str | None, exact: bool, bars: tuple[int, int] | None
) -> tuple["Score", dict[str, Any]]:
    """Reconstruct a few bars; return the score, and what to tell."""
    from musicae.music.tasks.reconstruct import reconstruct

    phrase = model.phrase(score, track=track, bars=bars, where=where)
    facts = {"track": phrase.track, "bars": phrase.bar_numbers}
    return reconstruct(model, phrase, exact=exact), {**facts, **_rounded(model.compare(phrase, exact=exact))}


def _whole(
    model: "MusicModel", score: "Score", where: str, *, track: str | None, exact: bool, keep_tracks: bool
) -> tuple["Score", dict[str, Any]]:
    """Reconstruct all bars; return the score, and what to tell."""
    from musicae.music.tasks.reconstruct import reconstruct

    piece = model.piece(score, track=track, where=where, keep_tracks=keep_tracks)
    kept = [{"bars": k.bar_numbers, "reason": k.reason} for k in piece.kept]
    facts = {"track": piece.track + 1, "bars": f"1-{len(score.bars())}", "windows": len(piece.windows), "kept": kept}
    figures = _rounded(model.compare(*piece.phrases, exact=exact))
    return reconstruct(model, piece, exact=exact), {**facts, **figures}


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}
