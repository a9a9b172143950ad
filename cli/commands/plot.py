"""`musicae plot`: MIDI files to pictures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files as batches
from musicae.cli.support import options, outputs
from musicae.errors import RenderError

if TYPE_CHECKING:
    from musicae.music.score import Score

FORMATS = ("png", "pdf", "svg")
_OTHERS = (".bmp", ".eps", ".gif", ".jpeg", ".jpg", ".mid", ".midi", ".ps", ".tif", ".tiff", ".webp")


@click.command("plot")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--row", is_flag=True, help="One picture with all files side by side, on the same axes.")
@click.option("--bars", type=options.bars, metavar="M-N", help="Bars, from 1, inclusive. [default: all]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Form of the picture. [default: that of -o, else png]")
@options.output("", "A .png, .pdf or .svg file for one picture, or a folder. [default: this folder]")
@batches.template
@batches.as_json
@options.force
def command(
    files: tuple[Path, ...],
    row: bool,
    bars: tuple[int, int] | None,
    form: str | None,
    output: Path,
    template: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Draw FILES as piano rolls, one picture a file.

    FILES may be folders and quoted patterns, too. Bars have lines and numbers, tracks colours, velocities shades, and drums
    rows with their names. Prints one line of JSON a picture.

    \b
    Example:
        musicae plot song.mid --bars 1-16 -o song.png
        musicae plot morph/step-*.mid --row -o morph.png
    """
    suffix = outputs.suffix(output, form, FORMATS, others=_OTHERS)
    paths = batches.expand(files)
    if row:
        _row(paths, output, suffix, template, bars, force=force)
        return
    written = batches.targets(output, paths, template, "{stem}{suffix}", suffix=suffix)
    outputs.claim(written, force=force)

    from musicae.music.formats.midi import read_midi

    def work(index: int, score: "Score", ready: None) -> str:
        _save([score], [paths[index]], written[index], bars)
        click.echo(json.dumps({"file": str(paths[index]), "output": str(written[index])}))
        return str(written[index])

    batches.each(paths, read_midi, lambda: None, work, doing="drawing", as_json=as_json)


def _row(
    paths: list[Path], output: Path, suffix: str, template: str | None, bars: tuple[int, int] | None, *, force: bool
) -> None:
    """Draw all files into one picture."""
    if template is not None:
        raise click.UsageError("--row makes one picture, which --out-template cannot name; use -o.")
    [target] = outputs.targets(output, [f"rolls{suffix}"], suffixes=tuple(f".{name}" for name in FORMATS))
    outputs.claim([target], force=force)

    from musicae.music.formats.midi import read_midi
    from musicae.plots.piano_roll import MAX_ROLLS

    if len(paths) > MAX_ROLLS:
        raise click.UsageError(f"A row has at most {MAX_ROLLS} files, and {len(paths)} were given.")
    _save([read_midi(path) for path in paths], paths, target, bars)
    click.echo(json.dumps({"files": [str(path) for path in paths], "output": str(target)}))


def _save(scores: list["Score"], paths: list[Path], target: Path, bars: tuple[int, int] | None) -> None:
    """Draw scores, after seeing that each has the bars asked for."""
    from musicae.plots.piano_roll import save_rolls

    for score, path in zip(scores, paths, strict=True):
        if bars is not None and bars[1] > len(score.bars()):
            raise RenderError(f"{path} has {len(score.bars())} bars, so bars {bars[0]}-{bars[1]} cannot be drawn.")
    save_rolls(scores, target, [path.stem for path in paths], bars=bars)
