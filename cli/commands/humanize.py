"""`musicae humanize`: a drummer's velocity and timing for quantised drums."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, many_files, options, renditions
from musicae.cli.support.loading import load_music

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.model import MusicModel
    from musicae.music.score import Score
    from musicae.music.tasks.humanize import Humanized

TEMPLATE = "{stem}.humanized{suffix}"


@click.command("humanize")
@many_files.files()
@click.option("--track", metavar="N|NAME", help="Drum track, from 1, of any channel. [default: all drum tracks]")
@click.option(
    "--amount",
    type=click.FloatRange(0.0, 1.0),
    default=1.0,
    show_default=True,
    help="How much of it: 0 is the grid and the file's velocities, 1 the drummer's.",
)
@options.decoding(0.5, scale=False, text="0 takes the most likely playing, 1 draws it as varied as drummers play.")
@options.checkpoint_named(None, "A model of drums with velocities and offsets. [default: drums-2bar]")
@options.device
@renditions.results("", "A .mid, .abc or .musicxml file for one result, or a folder. [default: this folder]")
def command(
    files: many_files.Files,
    track: str | None,
    amount: float,
    decoding: "Decoding",
    checkpoint: str | None,
    device: str,
    results: renditions.Results,
) -> None:
    """Give the drums of FILES a drummer's velocity and timing; every hit stays, and so do other tracks, bars and tempos.

    FILES may be folders and quoted patterns, too. Hits are moved by less than half a sixteenth. Those exactly on a triplet or
    a thirty-second keep their place, and drums outside the nine that the model has stay as they are. Prints a line per file,
    with the bars that stayed as they were and the reason.

    \b
    Example:
        musicae humanize -o played.mid beat.mid
        musicae humanize --amount 0.6 --temperature 1 --seed 3 --wav song.mid
    """
    written = results.check(files.targets(results.output, TEMPLATE))

    def read(path: Path) -> "Score":
        from musicae.music import formats
        from musicae.music.excerpts.tracks import drum_tracks

        score = formats.read(path)
        drum_tracks(score, str(path), track)  # a file without is reported before torch is imported, which takes seconds
        return score

    def work(index: int, score: "Score", model: "MusicModel") -> None:
        from musicae.music.tasks.humanize import humanize

        where = str(files.paths[index])
        humanized = humanize(model, score, track=track, where=where, amount=amount, decoding=decoding)
        results.write(_result(humanized, where, written[index]))

    many_files.each(files.paths, read, lambda: _model(checkpoint, device), work, results.lines, doing="humanizing")


def _model(checkpoint: str | None, device: str) -> "MusicModel":
    from musicae.music.kinds import KINDS
    from musicae.music.kinds.default_model import check_shipped

    return load_music(checkpoint or check_shipped(KINDS["drums"], "humanize"), device)


def _result(humanized: "Humanized", where: str, path: Path) -> renditions.Result:
    tracks = [track + 1 for track in humanized.tracks]
    facts = {"file": where, "tracks": tracks, "windows": humanized.windows, "hits": humanized.hits}
    facts["kept"] = [{"bars": k.bar_numbers, "reason": k.reason} for k in humanized.kept]
    named = f"track{'s' if len(tracks) > 1 else ''} {', '.join(map(str, tracks))}"
    text = f"{where} ({named}{inputs.unchanged(humanized.kept)}), {humanized.hits} hits"
    return renditions.Result(humanized.score, path, text, facts)
