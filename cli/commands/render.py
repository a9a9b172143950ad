"""`musicae render`: MIDI files to sound."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files as batches
from musicae.cli.support import options, outputs
from musicae.errors import RenderError

if TYPE_CHECKING:
    from musicae.music.score import Score

FORMATS = ("wav", "flac", "ogg")  # a test compares them with musicae.sound.render's
_OTHERS = (".aac", ".aif", ".aiff", ".au", ".m4a", ".mid", ".midi", ".mp3", ".mp4", ".opus", ".raw", ".wma")


@click.command("render")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Form of the sound. [default: that of -o, else wav]")
@click.option("--rate", type=int, default=44100, show_default=True, help="Samples a second.")
@click.option(
    "--soundfont",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A SoundFont 2 file (.sf2) to play with. [default: the General MIDI one inside pretty_midi]",
)
@options.output("", "A .wav, .flac or .ogg file for one result, or a folder. [default: this folder]")
@batches.template
@batches.as_json
@options.force
def command(
    files: tuple[Path, ...],
    form: str | None,
    rate: int,
    soundfont: Path | None,
    output: Path,
    template: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Play FILES with General MIDI instruments into sound files.

    FILES may be folders and quoted patterns, too. All tracks sound, drums included, at the tempos, volumes, pedals and bends
    of the file; stereo, 16 bits, the loudest sample at 0.89 of full scale. The last note rings for at most 3 seconds. A file
    without notes gives silence. Prints one line of JSON a file.

    \b
    Example:
        musicae render song.mid -o song.flac
        musicae render songs 'more/*.mid' --format ogg --rate 48000 -o sound
    """
    suffix = outputs.suffix(output, form, FORMATS, others=_OTHERS)
    paths = batches.expand(files)
    written = batches.targets(output, paths, template, "{stem}{suffix}", suffix=suffix)

    from musicae.sound.render import check_rate

    check_rate(rate)
    outputs.claim(written, force=force)

    from musicae.music.formats.midi import read_midi

    def prepare() -> None:
        from musicae.sound.render import open_soundfont

        open_soundfont(soundfont)

    def work(index: int, score: "Score", ready: None) -> str:
        from musicae.sound.render import write_audio

        try:
            seconds = write_audio(score, written[index], rate=rate, soundfont=soundfont)
        except RenderError as error:
            raise RenderError(f"{paths[index]}: {error}") from error
        if not any(track.notes for track in score.tracks):
            click.echo(f"{paths[index]} has no notes, so {written[index]} is silent.", err=True)
        told = {"file": str(paths[index]), "output": str(written[index]), "seconds": round(seconds, 3), "rate": rate}
        click.echo(json.dumps(told))
        return f"{written[index]} ({seconds:.1f} s)"

    batches.each(paths, read_midi, prepare, work, doing="rendering", as_json=as_json)
