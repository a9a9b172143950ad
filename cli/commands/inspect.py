"""`musicae inspect`: what is in music files, and which track and bars the other commands take."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicae.cli.support import many_files
from musicae.cli.support.result_lines import Lines, json_lines

if TYPE_CHECKING:
    from rich.table import Table

    from musicae.music.score import Score

SHOWN_CHANGES = 8  # tempo, metre and key changes listed in the table; --json has all


@click.command("inspect")
@many_files.files(template=False)
@click.option("--bars-per-phrase", type=click.IntRange(1, 64), default=2, show_default=True, help="Bars that the model takes.")
@json_lines
def command(files: many_files.Files, bars_per_phrase: int, lines: Lines) -> None:
    """Show tracks, metre, key and tempo of FILES, and the phrase that other commands take (marked with *).

    FILES may be folders and quoted patterns, too. A file that cannot be read does not keep the others from being shown; the
    exit status is 1 then.

    \b
    Example:
        musicae inspect song.mid
        musicae inspect --json songs 'more/*.mid'
    """
    from musicae.music.formats import read

    def work(index: int, score: "Score", ready: None) -> None:
        facts = _facts(files.paths[index], score, bars_per_phrase)
        lines.result(facts, *_text(facts))

    many_files.each(files.paths, read, lambda: None, work, lines, doing="reading")


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
    """Return the track and bars that a model of `count` bars takes, or the reason why it takes none."""
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
    values = [f"{c[name]:g}" if isinstance(c[name], float) else c[name] for c in changes[:SHOWN_CHANGES]]
    words = [f"{value} from bar {c['bar']}" for value, c in zip(values, changes, strict=False)]
    more = len(changes) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "") if words else "none given"


def _text(facts: dict[str, Any]) -> "list[str | Table]":
    """Return the facts of one file as people read them."""
    bars = facts["bars"]
    changes = {"metre": _changes(facts["metres"], "metre"), "tempo": _changes(facts["tempos"], "qpm")}
    changes["metre"] = "4/4 (none given)" if not facts["metres"] else changes["metre"]
    changes["key"] = _changes(facts["keys"], "key")
    head = [
        click.style(f"{facts['file']}: {bars} bar{'s' if bars != 1 else ''}, {facts['seconds']} s", bold=True),
        "  " + "; ".join(f"{name} {words}" for name, words in changes.items()),
    ]
    take = facts["take"]
    words = (
        f"commands take track {take['track']}, bars {take['bars']}, with {take['model']}" if "track" in take else take["reason"]
    )
    return [*head, *([_tracks(facts)] if facts["tracks"] else []), f"  {words}"]


def _tracks(facts: dict[str, Any]) -> "Table":
    """Return the tracks of a file as a table; the one that is taken has a mark."""
    from musicae.cli.support.tables import table

    rows = table(("  ", "track", "name", "program", "notes", "pitches"), right=False)
    for track in facts["tracks"]:
        program = "drums" if track["drums"] else str(track["program"])
        mark = " *" if track["number"] == facts["take"].get("track") else ""
        pitches = f"{track['lowest']}-{track['highest']}"
        rows.add_row(mark, str(track["number"]), track["name"], program, str(track["notes"]), pitches)
    return rows
