"""`musicae reconstruct`: encode music files and decode them again."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import inputs, many_files, options, renditions
from musicae.cli.support.metric_words import in_words

if TYPE_CHECKING:
    from musicae.music.model import MusicModel
    from musicae.music.score import Score

TEMPLATE = "{stem}.reconstructed{suffix}"


@click.command("reconstruct")
@many_files.files()
@options.exact
@inputs.reading(options.checkpoint_by_input)
@renditions.results("", "A .mid, .abc or .musicxml file for one result, or a folder. [default: this folder]")
def command(files: many_files.Files, exact: bool, reading: inputs.Reading, results: renditions.Results) -> None:
    """Encode the melody, or the drums, of FILES, decode it, and measure how much was kept.

    FILES may be folders and quoted patterns, too. Each result is named NAME.reconstructed.mid unless -o or --out-template
    names it otherwise. Prints a line per file: the track and bars taken, the shares of time steps and of notes that came out
    right, next to the share of a model that predicts no event everywhere, and the information in the code. For drums it has
    the share of hits, and the errors of velocity (1 to 127) and timing (milliseconds at 120 quarter notes per minute) next to
    those of the quantised pattern. A file that fails keeps no other from being done; the exit status is 1 then.

    With --exact the code is refined first, so that the notes (of drums, the hits) come out as they went in.

    With --whole all bars are taken, and bars, metres and tempo changes stay as they were. A pick-up, silence, and bars that
    no model takes stay as they are in the file; the output lists them with the reason.

    \b
    Example:
        musicae reconstruct -o tune.again.mid tune.mid
        musicae reconstruct --whole --keep-tracks song.mid
        musicae reconstruct -o again --out-template '{stem}.again{suffix}' tunes 'more/*.mid'
    """
    reading.check(len(files.paths))
    written = results.check(files.targets(results.output, TEMPLATE))

    from musicae.music.formats import read

    models = partial(inputs.Models, reading.checkpoint, reading.device)

    def work(index: int, score: "Score", models: inputs.Models) -> None:
        number, count, path = index, len(files.paths), files.paths[index]
        model = models(path, score, reading.track(number, count))
        excerpt = reading.excerpt(model, path, score, number=number, of=count)
        results.write(_reconstructed(model, excerpt, written[index], exact=exact))

    many_files.each(files.paths, read, models, work, results.lines, doing="reconstructing")


def _reconstructed(model: "MusicModel", excerpt: inputs.Excerpt, path: Path, *, exact: bool) -> renditions.Result:
    from musicae.music.excerpts.piece import Piece
    from musicae.music.tasks.reconstruct import reconstruct

    music = excerpt.music
    phrases = music.phrases if isinstance(music, Piece) else [music]
    metrics = {name: round(value, 4) for name, value in model.compare(*phrases, exact=exact).items()}
    score = reconstruct(model, music, exact=exact)
    return renditions.Result(score, path, f"{excerpt}; {in_words(metrics)}", {**excerpt.facts, **metrics})
