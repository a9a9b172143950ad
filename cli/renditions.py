"""Other forms of a result beside its MIDI file: sound, picture, notation; for every command that writes music."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from musicae.cli import outputs
from musicae.score import Score

__all__ = ["FORMATS", "claim", "named", "options", "write"]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = {
    "wav": "Write sound too, as WAV.",
    "flac": "Write sound too, as FLAC.",
    "ogg": "Write sound too, as Ogg Vorbis.",
    "png": "Draw a piano roll too, as PNG.",
    "musicxml": "Write notation too, as MusicXML.",
}


def options(function: F) -> F:
    """Add one flag for each form; the command gets them as one argument `also`, a tuple of names of `FORMATS`."""

    @wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        also = tuple(name for name in FORMATS if given.pop(name))
        return function(*args, also=also, **given)

    decorated: Any = command
    for name, text in reversed(FORMATS.items()):
        decorated = click.option(f"--{name}", name, is_flag=True, help=text)(decorated)
    result: F = decorated
    return result


def claim(paths: Sequence[Path], also: Sequence[str], *, force: bool) -> None:
    """Check that the MIDI files and all that goes beside them may be written.

    Raises:
        click.ClickException: see `musicae.cli.outputs.claim`.
    """
    outputs.claim([*paths, *(path.with_suffix(f".{name}") for name in also for path in paths)], force=force)


def write(score: Score, path: Path, also: Sequence[str], *, row: Sequence[Score] | None = None) -> list[Path]:
    """Write a score as MIDI to `path` and in other forms beside it.

    Arguments:
        score: The music.
        path: The MIDI file; the others differ from it in their suffix.
        also: Names of `FORMATS`.
        row: What the picture shows instead of the score: several, side by side on the same axes.

    Returns:
        All files, the MIDI file first.
    """
    from musicae.midi import write_midi

    write_midi(score, path)
    written = [path]
    for name in also:
        target = path.with_suffix(f".{name}")
        if name == "png":
            from musicae.rolls import save_rolls

            save_rolls(row or [score], target)
        elif name == "musicxml":
            from musicae.notation import write_musicxml

            write_musicxml(score, target)
        else:
            from musicae.render import write_audio

            write_audio(score, target)
        written.append(target)
    return written


def named(extra: Sequence[Path]) -> dict[str, list[str]]:
    """Return what a command's JSON says of the files beside the MIDI files: nothing where there are none."""
    return {"also": [str(path) for path in extra]} if extra else {}
