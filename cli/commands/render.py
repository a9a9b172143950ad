"""`musicae render`: music files to sound."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files, outputs, renditions
from musicae.errors import RenderError

if TYPE_CHECKING:
    from musicae.music.score import Score

FORMATS = ("wav", "flac", "ogg")  # a test compares them with musicae.sound.render's
_OTHERS = (".aac", ".aif", ".aiff", ".au", ".m4a", ".mid", ".midi", ".mp3", ".mp4", ".opus", ".raw", ".wma")


@click.command("render")
@many_files.files()
@click.option("--format", "form", type=click.Choice(FORMATS), help="Format of the sound. [default: that of -o, or wav]")
@click.option("--rate", type=int, default=44100, show_default=True, help="Samples per second.")
@click.option(
    "--soundfont",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A SoundFont 2 file (.sf2) to play with. [default: the General MIDI one inside pretty_midi]",
)
@renditions.file_results("", "A .wav, .flac or .ogg file for one result, or a folder. [default: this folder]")
def command(files: many_files.Files, form: str | None, rate: int, soundfont: Path | None, results: renditions.Results) -> None:
    """Play FILES with General MIDI instruments into sound files.

    FILES may be folders and quoted patterns, too. All tracks sound, drums included, at the tempos, volumes, pedals and bends
    of the file; stereo, 16 bits, the loudest sample at 0.89 of full scale. The last note rings for at most 3 seconds. A file
    without notes gives silence.

    \b
    Example:
        musicae render -o song.flac song.mid
        musicae render --format ogg --rate 48000 -o sound songs 'more/*.mid'
    """
    suffix = outputs.suffix(results.output, form, FORMATS, others=_OTHERS)
    written = files.targets(results.output, "{stem}{suffix}", suffix=suffix)

    from musicae.sound.render import check_rate

    check_rate(rate)
    outputs.claim(written, force=results.force)

    from musicae.music.formats import read

    def prepare() -> None:
        from musicae.sound.render import open_soundfont

        open_soundfont(soundfont)

    def work(index: int, score: "Score", ready: None) -> None:
        path, target = files.paths[index], written[index]
        seconds = _render(score, path, target, rate, soundfont)
        facts = {"file": str(path), "output": str(target), "seconds": round(seconds, 3), "rate": rate}
        results.lines.result(facts, f"{target}: {path}, {seconds:.1f} s at {rate} samples per second")

    many_files.each(files.paths, read, prepare, work, results.lines, doing="rendering")


def _render(score: "Score", path: Path, target: Path, rate: int, soundfont: Path | None) -> float:
    """Write the sound of a score; return its length in seconds."""
    from musicae.sound.render import write_audio

    try:
        seconds = write_audio(score, target, rate=rate, soundfont=soundfont)
    except RenderError as error:
        raise RenderError(f"{path}: {error}") from error
    if not any(track.notes for track in score.tracks):
        click.echo(f"{path} has no notes, so {target} is silent.", err=True)
    return seconds
