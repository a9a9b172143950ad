"""`musicae plot`: music files to images."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import many_files, options, outputs, renditions
from musicae.cli.support.result_lines import listing
from musicae.errors import RenderError

if TYPE_CHECKING:
    from musicae.music.score import Score

FORMATS = ("png", "pdf", "svg")
_OTHERS = (".bmp", ".eps", ".gif", ".jpeg", ".jpg", ".mid", ".midi", ".ps", ".tif", ".tiff", ".webp")


@click.command("plot")
@many_files.files()
@click.option("--row", is_flag=True, help="One image with all files side by side, on the same axes.")
@click.option("--bars", type=options.parse_bars, metavar="M-N", help="Bars, from 1, inclusive. [default: all]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Format of the image. [default: that of -o, or png]")
@renditions.file_results("", "A .png, .pdf or .svg file for one image, or a folder. [default: this folder]")
def command(
    files: many_files.Files, row: bool, bars: tuple[int, int] | None, form: str | None, results: renditions.Results
) -> None:
    """Draw FILES as piano rolls, one image per file.

    FILES may be folders and quoted patterns, too. Bars have lines and numbers, tracks colours, velocities shades, and drums
    rows with their names.

    \b
    Example:
        musicae plot --bars 1-16 -o song.png song.mid
        musicae plot --row -o morph.png morph/step-*.mid
    """
    suffix = outputs.suffix(results.output, form, FORMATS, others=_OTHERS)
    if row:
        _row(files, suffix, bars, results)
        return
    written = files.targets(results.output, "{stem}{suffix}", suffix=suffix)
    outputs.claim(written, force=results.force)

    from musicae.music.formats import read

    def work(index: int, score: "Score", ready: None) -> None:
        path, target = files.paths[index], written[index]
        _save([score], [path], target, bars)
        results.lines.result({"file": str(path), "output": str(target)}, f"{target}: {path}")

    many_files.each(files.paths, read, lambda: None, work, results.lines, doing="drawing")


def _row(files: many_files.Files, suffix: str, bars: tuple[int, int] | None, results: renditions.Results) -> None:
    """Draw all files into one image."""
    if files.template is not None:
        raise click.UsageError("--row draws one image, which --out-template cannot name; use -o.")
    suffixes = tuple(f".{name}" for name in FORMATS)
    [target] = outputs.targets(results.output, [f"rolls{suffix}"], suffixes=suffixes)
    outputs.claim([target], force=results.force)

    from musicae.music.formats import read
    from musicae.plots.piano_roll import MAX_ROLLS

    paths = files.paths
    if len(paths) > MAX_ROLLS:
        raise click.UsageError(f"A row has at most {MAX_ROLLS} files, and {len(paths)} were given.")
    _save([read(path) for path in paths], paths, target, bars)
    facts = {"files": [str(path) for path in paths], "output": str(target)}
    results.lines.result(facts, f"{target}: {listing(paths)} side by side")


def _save(scores: list["Score"], paths: list[Path], target: Path, bars: tuple[int, int] | None) -> None:
    """Draw scores, after a check that each has the bars asked for."""
    from musicae.plots.piano_roll import save_rolls

    for score, path in zip(scores, paths, strict=True):
        if bars is not None and bars[1] > len(score.bars()):
            raise RenderError(f"{path} has {len(score.bars())} bars, so bars {bars[0]}-{bars[1]} cannot be drawn.")
    save_rolls(scores, target, [path.stem for path in paths], bars=bars)
