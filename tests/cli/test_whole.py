"""`--whole` in every command that takes music: all bars are worked on, and what no model takes stays as it is."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from musicae import Note, Score, Track
from musicae.cli.main import cli
from musicae.music.formats.midi import read_midi, write_midi
from support.drums import beat, kit

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]
TAKE_MUSIC = ("attributes", "complete", "continue", "grid", "interpolate", "mean", "reconstruct", "search", "steer", "vary")
WITHOUT = ("humanize",)  # always takes all bars

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def go(run: Run, small_checkpoint: Path, make_tune: MakeTune) -> Run:
    """Return a function that runs a command with the small model, next to long.mid and band.mid, of seven bars each."""
    tune = make_tune(1, bars=7)
    write_midi(tune, "long.mid")
    write_midi(replace(tune, tracks=(*tune.tracks, kit(*beat(7)))), "band.mid")
    return lambda command, *arguments: run(command, *arguments, "-c", small_checkpoint)


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def notes(path: Path | str, *, track: int = 0) -> list[tuple[float, int]]:
    return [(n.onset, n.pitch) for n in read_midi(path).tracks[track].notes]


def test_every_command_that_takes_music_takes_whole_pieces() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert ({"--whole", "--keep-tracks"} <= flags) == (name in TAKE_MUSIC), name
        assert ("--track" in flags) == (name in TAKE_MUSIC + WITHOUT), name


@pytest.mark.parametrize("name", TAKE_MUSIC)
def test_whole_and_bars_are_bad_usage(go: Run, name: str) -> None:
    more = {"search": ["--in", "."], "steer": ["--set", "range=1"], "interpolate": ["a.mid"]}.get(name, [])
    status, out, err = go(name, "long.mid", *more, "--whole", "--bars", "1-2")
    assert (status, out, err.splitlines()[-1]) == (2, "", "Error: --whole takes all bars; give either --whole or --bars.")
    status, out, err = go(name, "long.mid", *more, "--keep-tracks")
    text = "Error: --keep-tracks goes with --whole, which takes all bars of the file."
    assert (status, out, err.splitlines()[-1]) == (2, "", text)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["mean", "band.mid", "a.mid", "-o", "new.mid"], "new.mid"),
        (["grid", "band.mid", "a.mid", "--size", "1x3", "-o", "new"], "new/row-1-column-1.mid"),
        (["interpolate", "band.mid", "a.mid", "--steps", 3, "-o", "new"], "new/step-01.mid"),
        (["vary", "band.mid", "-n", 1, "-o", "new.mid"], "new.mid"),
        (["complete", "band.mid", "--fill", "3-4", "-o", "new.mid"], "new.mid"),
        (["reconstruct", "band.mid", "-o", "new.mid"], "new.mid"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, list) else None,
)
def test_results_have_all_bars_and_keep_other_tracks(go: Run, arguments: list[Any], output: str) -> None:
    status, out, _ = go(*arguments, "--whole", "--json")
    *_, facts = objects(out)
    source = facts.get("sources", [facts])[0]
    assert (status, source["file"], source["bars"], source["windows"]) == (0, "band.mid", "1-7", 4)
    assert [len(read_midi(output).bars()), len(read_midi(output).tracks)] == [7, 1]
    status, out, _ = go(*arguments, "--whole", "--keep-tracks", "--force")
    assert (status, "band.mid (track 1, bars 1-7" in out) == (0, True)
    assert notes(output, track=1) == notes("band.mid", track=1)


def test_bars_of_a_whole_piece_are_filled_and_the_others_kept(go: Run) -> None:
    status, out, _ = go("complete", "long.mid", "--whole", "--fill", "3-4", "-n", 2, "-o", "ways")
    text = "long.mid (track 1, bars 1-7) with bars 3, 4 filled"
    assert (status, out) == (0, "".join(f"ways/long.completed-{i}.mid: {text}\n" for i in (1, 2)))
    given = [note for note in notes("long.mid") if not 8 <= note[0] < 16]
    assert [note for note in notes("ways/long.completed-1.mid") if not 8 <= note[0] < 16] == given
    status, _, err = go("complete", "long.mid", "--whole", "--fill", "7-9")
    taken = "long.mid: bars 1-7 were taken, so --fill 7-9 is not among them; choose others with --bars."
    assert (status, err.splitlines()[-1]) == (2, f"Error: {taken}")
    status, _, err = go("complete", "long.mid", "--whole")
    text = "long.mid: a note begins in each of bars 1-7; choose with --fill which to fill."
    assert (status, err.splitlines()[-1]) == (2, f"Error: {text}")
    status, _, err = go("complete", "long.mid", "--whole", "--keep-notes", "--fill", 2)
    text = "--keep-notes keeps notes of one phrase; give either --keep-notes or --whole."
    assert (status, err.splitlines()[-1]) == (2, f"Error: {text}")


def test_empty_bars_of_a_whole_piece_are_filled_by_default(go: Run, make_tune: MakeTune) -> None:
    tune = make_tune(0, bars=6)
    gap = tuple(n for n in tune.tracks[0].notes if not 8 <= n.onset < 12)
    write_midi(replace(tune, tracks=(replace(tune.tracks[0], notes=gap),)), "gap.mid")
    status, out, _ = go("complete", "gap.mid", "--whole", "--json")
    assert (status, [facts["filled"] for facts in objects(out)]) == (0, [[3]])
    assert any(8 <= onset < 12 for onset, _ in notes("gap.completed.mid"))


def test_a_whole_piece_is_continued_after_its_last_bar(go: Run) -> None:
    status, out, _ = go("continue", "long.mid", "--whole", "--new-bars", 2)
    assert (status, out) == (0, "long.continued.mid: long.mid (track 1, bars 1-7) and 2 new bars\n")
    assert [note for note in notes("long.continued.mid") if note[0] < 28] == notes("long.mid")
    assert len(read_midi("long.continued.mid").bars()) == 9


def test_whole_pieces_are_steered_and_measured(run: Run) -> None:
    shutil.copy(Path(__file__).parents[2] / "examples" / "tunes" / "b-reel.mid", "reel.mid")
    status, out, _ = run("attributes", "reel.mid", "--whole", "--json")
    [facts] = objects(out)
    assert (status, facts["bars"], facts["kept"]) == (0, "1-17", [{"bars": "1", "reason": "pick-up"}])
    text = "reel.mid (track 1, bars 1-17; unchanged: bar 1 (pick-up))"
    assert run("attributes", "reel.mid", "--whole")[1].splitlines()[0] == text
    status, out, _ = run("steer", "reel.mid", "--whole", "--set", "density=+1", "--json")
    [steered] = objects(out)
    assert (status, steered["attributes"], steered["bars"]) == (0, facts["attributes"], "1-17")
    assert steered["moved"]["density"] > 0 and len(notes("reel.steered.mid")) > len(notes("reel.mid"))


def test_any_phrase_of_a_whole_piece_is_searched(go: Run) -> None:
    first, last = Score((Track((Note(0.0, 4.0, 60), Note(4.0, 4.0, 60))),)), read_midi("long.mid")
    apart = [replace(n, onset=n.onset + 8) for n in last.tracks[0].notes]
    write_midi(replace(last, tracks=(replace(last.tracks[0], notes=(*first.tracks[0].notes, *apart)),)), "later.mid")
    Path("songs").mkdir()
    shutil.copy("long.mid", "songs")
    phrase, piece = (
        objects(go("search", "later.mid", "--in", "songs", "--json", *whole)[1])[0]["distance"] for whole in ((), ("--whole",))
    )
    assert piece < 0.01 < phrase
