"""`musicae humanize`: a drummer's velocity and timing for quantised drums."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files as batches
from musicae.cli.support import options, renditions

if TYPE_CHECKING:
    from musicae.music.model import MusicModel
    from musicae.music.score import Score

TEMPLATE = "{stem}.humanized{suffix}"


@click.command("humanize")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--track", metavar="N|NAME", help="Drum track, from 1, of any channel. [default: all drum tracks]")
@click.option(
    "--amount",
    type=click.FloatRange(0.0, 1.0),
    default=1.0,
    show_default=True,
    help="How much of it: 0 is the grid and the file's velocities, 1 the drummer's.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, 10.0),
    default=0.5,
    show_default=True,
    help="0 takes the likeliest playing, 1 draws it as varied as drummers play.",
)
@options.seed
@click.option(
    "--checkpoint", "-c", metavar="NAME|FILE", help="A model of drums with velocities and offsets. [default: drums-2bar]"
)
@options.device
@batches.template
@batches.as_json
@renditions.results("", "A .mid file for one result, or a folder. [default: this folder]")
def command(
    files: tuple[Path, ...],
    track: str | None,
    amount: float,
    temperature: float,
    seed: int,
    checkpoint: str | None,
    device: str,
    template: str | None,
    as_json: bool,
    results: renditions.Results,
) -> None:
    """Give the drums of FILES a drummer's velocity and timing; every hit stays, and so do other tracks, bars and tempos.

    FILES may be folders and quoted patterns, too. Hits are moved by less than half a sixteenth. Those exactly on a triplet or
    a thirty-second keep their place, and drums that the model does not know are left alone. Prints one line of JSON a file;
    `kept` lists the bars that stayed as they were, with the reason.

    \b
    Example:
        musicae humanize beat.mid -o played.mid
        musicae humanize song.mid --amount 0.6 --temperature 1 --seed 3 --wav
    """
    paths = batches.expand(files)
    written = results.check(batches.targets(results.output, paths, template, TEMPLATE))

    def read(path: Path) -> "Score":
        from musicae.music.excerpts.tracks import drum_tracks
        from musicae.music.formats.midi import read_midi

        score = read_midi(path)
        drum_tracks(score, str(path), track)  # a file without is told before torch is imported, which takes seconds
        return score

    def prepare() -> "MusicModel":
        from musicae.music.kinds import KINDS
        from musicae.music.kinds.default_model import check_shipped

        name = checkpoint or check_shipped(KINDS["drums"], "humanize")

        from musicae.music.model import load

        return load(name, device=device)

    def work(index: int, score: "Score", model: "MusicModel") -> str:
        from musicae.music.decoding import Decoding
        from musicae.music.tasks.humanize import humanize

        where = str(paths[index])
        decoding = Decoding(temperature, seed)
        done = humanize(model, score, track=track, where=where, amount=amount, decoding=decoding)
        extra = results.write([done.score], [written[index]])
        told = {
            "file": where,
            "output": str(written[index]),
            **renditions.named(extra),
            "tracks": [i + 1 for i in done.tracks],
            "windows": done.windows,
            "hits": done.hits,
            "kept": [{"bars": k.bar_numbers, "reason": k.reason} for k in done.kept],
        }
        click.echo(json.dumps(told))
        return f"{written[index]} ({done.hits} hits)"

    batches.each(paths, read, prepare, work, doing="humanizing", as_json=as_json)
