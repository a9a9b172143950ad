"""`musicae inspect`: what is in MIDI files, and which track and bars the other commands would take."""

import json
from pathlib import Path
from typing import Any

import click

from musicae.cli import options


@click.command("inspect")
@click.argument("files", nargs=-1, required=True, type=options.midi_file)
@click.option("--count", type=click.IntRange(1, 64), default=2, show_default=True, help="Bars that the model takes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a file.")
def command(files: tuple[Path, ...], count: int, as_json: bool) -> None:
    """Show tracks, metre, key and tempo of FILES, and the phrase that would be taken (marked with *).

    \b
    Example:
        musicae inspect song.mid
    """
    from musicae.errors import MusicaeError

    failed = False
    for path in files:
        try:
            facts = _facts(path, count)
        except MusicaeError as error:
            click.echo(f"Error: {error}", err=True)
            failed = True
            continue
        if as_json:
            click.echo(json.dumps(facts))
        else:
            _show(facts)
    if failed:
        raise SystemExit(1)


def _facts(path: Path, count: int) -> dict[str, Any]:
    """Collect what is in a file."""
    from musicae.errors import MidiError
    from musicae.midi import read_midi
    from musicae.selection import choose_bars, choose_track

    score = read_midi(path)
    bars = score.bars()
    try:
        chosen = choose_track(score, str(path))
        first = choose_bars(score, chosen, count, str(path))
        take: dict[str, Any] = {"track": chosen + 1, "bars": f"{first}-{first + count - 1}"}
    except MidiError as error:
        take = {"reason": str(error)}
    return {
        "file": str(path),
        "bars": len(bars),
        "seconds": round(score.seconds_at(score.end), 2),
        "tempos": [{"bar": _bar(score, t.time), "qpm": round(t.qpm, 2)} for t in score.tempos],
        "metres": [{"bar": _bar(score, s.time), "metre": f"{s.numerator}/{s.denominator}"} for s in score.time_signatures]
        or [{"bar": 1, "metre": "4/4 (none in the file)"}],
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
        "take": take,
    }


def _bar(score: Any, time: float) -> int:
    return max((b.number for b in score.bars() if b.start <= time + 1e-6), default=1)


def _show(facts: dict[str, Any]) -> None:
    """Print the facts of one file as a table."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    tempos = ", ".join(f"{t['qpm']:g} from bar {t['bar']}" for t in facts["tempos"])
    metres = ", ".join(f"{m['metre']} from bar {m['bar']}" for m in facts["metres"])
    keys = ", ".join(f"{k['key']} from bar {k['bar']}" for k in facts["keys"]) or "none given"
    console.print(f"[bold]{facts['file']}[/bold]: {facts['bars']} bars, {facts['seconds']} s", soft_wrap=True)
    console.print(f"  metre {metres}; tempo {tempos}; key {keys}", soft_wrap=True)
    table = Table(box=None, pad_edge=True)
    for title in ("", "track", "name", "program", "notes", "pitches"):
        table.add_column(title)
    taken = facts["take"].get("track")
    for track in facts["tracks"]:
        program = "drums" if track["drums"] else str(track["program"])
        mark = "*" if track["number"] == taken else ""
        pitches = f"{track['lowest']}-{track['highest']}"
        table.add_row(mark, str(track["number"]), track["name"], program, str(track["notes"]), pitches)
    console.print(table)
    take = facts["take"]
    console.print(
        f"  would take track {take['track']}, bars {take['bars']}" if "track" in take else f"  {take['reason']}",
        soft_wrap=True,
    )
