"""`musicae inspect`: what is in MIDI files, and which track and bars the other commands would take."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import many_files as batches
from musicae.cli.support import options

if TYPE_CHECKING:
    from musicae.music.score import Score

SHOWN_CHANGES = 8  # tempo, metre and key changes listed in the table; --json has all


@click.command("inspect")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--count", type=click.IntRange(1, 64), default=2, show_default=True, help="Bars that the model takes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a file, also for files that fail.")
def command(files: tuple[Path, ...], count: int, as_json: bool) -> None:
    """Show tracks, metre, key and tempo of FILES, and the phrase that would be taken (marked with *), of drums if need be.

    FILES may be folders and quoted patterns, too. A file that cannot be read does not keep the others from being shown; the
    exit status is 1 then, and a table at the end tells which failed and why.

    \b
    Example:
        musicae inspect song.mid
        musicae inspect songs 'more/*.mid' --json
    """
    from musicae.music.formats.midi import read_midi

    paths = batches.expand(files)

    def work(index: int, score: "Score", ready: None) -> str:
        facts = _facts(paths[index], score, count)
        click.echo(json.dumps(facts)) if as_json else _show(facts)
        take = facts["take"]
        return f"track {take['track']}, bars {take['bars']}" if "track" in take else str(take["reason"])

    batches.each(paths, read_midi, lambda: None, work, doing="reading", as_json=as_json)


def _facts(path: Path, score: "Score", count: int) -> dict[str, Any]:
    """Collect what is in a file."""
    return {
        "file": str(path),
        "bars": len(score.bars()),
        "seconds": round(score.seconds_at(score.end), 2),
        "tempos": [{"bar": _bar(score, t.time), "qpm": round(t.qpm, 2)} for t in score.tempos],
        "metres": [{"bar": _bar(score, s.time), "metre": f"{s.numerator}/{s.denominator}"} for s in score.time_signatures],
        "keys": [{"bar": _bar(score, k.time), "key": k.name} for k in score.keys],
        "tracks": [
            {
                "number": i,
                "name": t.name,
                "program": t.program,
                "drums": t.is_drum,
                "notes": len(t.notes),
                "lowest": min(n.pitch for n in t.notes),
                "highest": max(n.pitch for n in t.notes),
            }
            for i, t in enumerate(score.tracks, 1)
        ],
        "take": _take(score, count, str(path)),
    }


def _take(score: "Score", count: int, where: str) -> dict[str, Any]:
    """Return the track and bars that a model of `count` bars would take, or the reason why it would take none."""
    from musicae.errors import MusicaeError
    from musicae.music.excerpts.phrase import take_phrase
    from musicae.music.kinds.default_model import check_shipped, kind_of_score

    try:
        kind = kind_of_score(score, where)
        name = check_shipped(kind, where)
        phrase = take_phrase(score, kind.spec.of_length(count), kind.tracks, where=where)
    except MusicaeError as error:
        return {"reason": str(error)}
    return {"track": phrase.track, "bars": phrase.bar_numbers, "model": name}


def _bar(score: "Score", time: float) -> int:
    """Return the number of the bar in which `time` lies."""
    return max((b.number for b in score.bars() if b.start <= time + 1e-6), default=1)


def _changes(changes: Sequence[dict[str, Any]], name: str) -> str:
    """Return the first changes in words, and how many more there are, or `none given`."""
    shown = [f"{c[name]:g}" if isinstance(c[name], float) else c[name] for c in changes[:SHOWN_CHANGES]]
    words = [f"{value} from bar {c['bar']}" for value, c in zip(shown, changes, strict=False)]
    more = len(changes) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "") if words else "none given"


def _show(facts: dict[str, Any]) -> None:
    """Print the facts of one file as a table."""
    from musicae.cli.support.tables import console, table

    out = console()
    name, bars = click.format_filename(facts["file"]), facts["bars"]
    out.print(f"{name}: {bars} bar{'s' if bars != 1 else ''}, {facts['seconds']} s", style="bold", soft_wrap=True)
    changes = {"metre": _changes(facts["metres"], "metre"), "tempo": _changes(facts["tempos"], "qpm")}
    changes["metre"] = "4/4 (none given)" if not facts["metres"] else changes["metre"]
    changes["key"] = _changes(facts["keys"], "key")
    out.print("  " + "; ".join(f"{what} {words}" for what, words in changes.items()), soft_wrap=True)
    shown = table(("  ", "track", "name", "program", "notes", "pitches"), right=False)
    taken = facts["take"].get("track")
    for track in facts["tracks"]:
        program = "drums" if track["drums"] else str(track["program"])
        mark = " *" if track["number"] == taken else ""
        pitches = f"{track['lowest']}-{track['highest']}"
        shown.add_row(mark, str(track["number"]), track["name"], program, str(track["notes"]), pitches)
    if facts["tracks"]:
        out.print(shown)
    take = facts["take"]
    words = f"would take track {take['track']}, bars {take['bars']}" if "track" in take else take["reason"]
    words += f", by {take['model']}" if "model" in take else ""
    out.print("  " + words, soft_wrap=True)
