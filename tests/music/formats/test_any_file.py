"""The any-file rule: every MIDI file with a melody is inspected, reconstructed and interpolated without an option."""

import json
import random
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Note, Score, Track
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.score import Tempo, TimeSignature

Run = Callable[..., tuple[int, str, str]]
MADE = runpy.run_path(str(Path(__file__).parents[2] / "golden" / "make_golden.py"))
ODD = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "music" / "odd_files.py"))
METRES = "1/4 2/4 3/4 4/4 5/4 7/4 8/4 2/2 3/2 4/2 3/8 5/8 6/8 7/8 9/8 12/8 15/8 5/16 13/16 31/16"
TOO_LONG = "bar 1 ({}) has {} time steps, more than the model's {}; choose other bars, or write the tune in shorter ones."
UNEVEN = "Bar 1 ({}) lasts {} quarter notes, which is not a whole number of steps at {} per quarter note; choose other bars."


def melody(*notes: tuple[float, float, int], **rest: object) -> Score:
    """Return a score of one track from onsets, durations and pitches."""
    return Score((Track(tuple(Note(*n) for n in notes)),), **rest)  # type: ignore[arg-type]


def metres(*changes: tuple[float, int, int]) -> tuple[TimeSignature, ...]:
    return tuple(TimeSignature(*c) for c in changes)


def walk(start: float, end: float, length: float = 0.5) -> list[tuple[float, float, int]]:
    """Return notes of one length from `start` to `end`."""
    return [(start + i * length, length, 60 + i * i % 13) for i in range(round((end - start) / length))]


def hanging() -> bytes:
    """Eight quarters, of which the fourth and the last never end."""
    on, off = MADE["on"], MADE["off"]
    events = [(0, MADE["metre"](4, 2))]
    for i in range(8):
        events += [(0, on(60 + i)), (480, off(60 + i) if i % 4 != 3 else on(60 + i, 0, 5))]  # that is an off elsewhere
    data: bytes = MADE["midi_file"](MADE["track"](*events))
    return data


SCORES = {
    "changes of tempo": melody(*walk(0, 16), tempos=tuple(Tempo(i / 2, 60.0 + 7 * i) for i in range(20))),
    "a metre for every bar": melody(
        *walk(0, 13), time_signatures=metres((0, 4, 4), (4, 3, 4), (7, 5, 8), (9.5, 2, 4), (11.5, 3, 8))
    ),
    "a bar cut short": melody(*walk(0, 20), time_signatures=metres((0, 4, 4), (2, 3, 4))),
    "no metre, no tempo": melody(*walk(0, 8)),
    "a pick-up in a bar of its own": melody(*walk(0, 17), time_signatures=metres((0, 1, 4), (1, 4, 4))),
    "a pick-up after rests": melody(*walk(3, 16)),
    "one bar": melody(*walk(0, 4)),
    "one note": melody((0.0, 0.25, 60)),
    "one very long note": melody((1.0, 400.0, 60)),
    "a first note far on": melody(*walk(401, 405)),
    "notes far apart": melody(*((i * 9.0, 1.0, 60) for i in range(9))),
    "the lowest and the highest pitch": melody((0.0, 1.0, 0), (1.0, 1.0, 127), (4.0, 4.0, 127), (5.0, 1.0, 0)),
    "chords": melody(*((float(i), 1.0, pitch) for i in range(16) for pitch in (48, 55, 64, 67))),
    "notes that overlap": melody(*((i / 2, 3.0, 60 + i % 9) for i in range(32))),
    "triplets": melody(*((i / 3, 1 / 3, 60 + i % 9) for i in range(48))),
    "notes shorter than the grid": melody(*((i / 16, 1 / 16, 60 + i % 9) for i in range(128))),
    "notes beside the grid": melody(*((i / 2 + 0.07, 0.4, 60 + i % 9) for i in range(32))),
    "the slowest and the fastest tempo": melody(*walk(0, 8), tempos=(Tempo(0.0, 4.0), Tempo(4.0, 2000.0))),
    "three tracks and drums": Score(
        (
            Track(tuple(Note(*n) for n in walk(0, 16, 2.0)), 33, name="bass"),
            Track(tuple(Note(float(i), 0.5, 42) for i in range(16)), is_drum=True),
            Track(tuple(Note(*n) for n in walk(4, 16)), 73, name="旋律"),
        )
    ),
    "bars too long before bars that are not": melody(*walk(0, 33), time_signatures=metres((0, 17, 8), (17, 4, 4))),
    "uneven bars before even ones": melody(*walk(0, 15), time_signatures=metres((0, 7, 32), (7, 4, 4))),
}
FILES: dict[str, bytes] = {
    "a pick-up": MADE["pickup"](),
    "one track, note ons of velocity 0": MADE["jig"](),
    "bass, drums and lead": MADE["band"](),
    "notes that never end": hanging(),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a.mid."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(run: Run, checkpoint: Path) -> str:
    """Run all commands on x.mid, look whether what they write has the bars of what they took, and return their numbers."""
    status, out, err = run("inspect", "x.mid", "--json")
    take = json.loads(out)["take"]
    assert (status, err, list(take), take.pop("model")) == (0, "", ["track", "bars", "model"], "melody-2bar")
    status, out, err = run("reconstruct", "x.mid", "-c", checkpoint, "-o", "again.mid", "--json")
    assert (status, err) == (0, "")
    assert {name: json.loads(out)[name] for name in take} == take
    score, again = read_midi("x.mid"), read_midi("again.mid")
    taken = score.bar_range(int(take["bars"].split("-")[0]), 2)
    assert (again.time_signatures[0].numerator, again.time_signatures[0].denominator) == (
        taken[0].numerator,
        taken[0].denominator,
    )
    assert again.tempos[0].qpm == pytest.approx(score.tempo_at(taken[0].start), rel=1e-4)
    assert again.end <= sum(bar.length for bar in taken)
    assert run("interpolate", "x.mid", "a.mid", "--steps", 2, "-c", checkpoint)[0] == 0
    assert Path("morph/step-01.mid").read_bytes() == Path("again.mid").read_bytes()
    return str(take["bars"])


@pytest.mark.parametrize("metre", METRES.split())
def test_every_metre(run: Run, small_checkpoint: Path, make_tune: Callable[..., Score], metre: str) -> None:
    numerator, denominator = map(int, metre.split("/"))
    write_midi(make_tune(1, metre=(numerator, denominator)), "x.mid")
    assert check(run, small_checkpoint) == "1-2"


@pytest.mark.parametrize("name", SCORES)
def test_every_score(run: Run, small_checkpoint: Path, name: str) -> None:
    write_midi(SCORES[name], "x.mid")
    check(run, small_checkpoint)


@pytest.mark.parametrize("name", FILES)
def test_every_file(run: Run, small_checkpoint: Path, name: str) -> None:
    Path("x.mid").write_bytes(FILES[name])
    check(run, small_checkpoint)


@pytest.mark.parametrize(
    ("name", "bars"),
    [
        ("a metre for every bar", "1-2"),
        ("a bar cut short", "2-3"),
        ("a pick-up in a bar of its own", "2-3"),
        ("a pick-up after rests", "2-3"),
        ("one bar", "1-2"),
        ("a first note far on", "101-102"),
        ("notes far apart", "1-2"),
        ("bars too long before bars that are not", "3-4"),
        ("uneven bars before even ones", "9-10"),
    ],
)
def test_the_bars_that_a_musician_would_choose_are_taken(run: Run, name: str, bars: str) -> None:
    write_midi(SCORES[name], "x.mid")
    assert json.loads(run("inspect", "x.mid", "--json")[1])["take"]["bars"] == bars


@pytest.mark.parametrize(
    ("metre", "reasons"),  # of the small model, on sixteenths, and of the default model, which `inspect` names
    [
        ((17, 8), (TOO_LONG.format("17/8", 34, 32), TOO_LONG.format("17/8", 51, 48))),
        ((5, 2), (TOO_LONG.format("5/2", 40, 32), TOO_LONG.format("5/2", 60, 48))),
        ((7, 32), (UNEVEN.format("7/32", 0.875, 4), UNEVEN.format("7/32", 0.875, 6))),
        ((9, 64), (UNEVEN.format("9/64", 0.5625, 4), UNEVEN.format("9/64", 0.5625, 6))),
    ],
)
def test_bars_that_no_model_takes_are_refused_with_a_remedy(
    run: Run, small_checkpoint: Path, metre: tuple[int, int], reasons: tuple[str, str]
) -> None:
    write_midi(melody(*walk(0, 40), time_signatures=metres((0, *metre))), "x.mid")
    for command in (["reconstruct", "x.mid"], ["interpolate", "a.mid", "x.mid"]):
        assert run(*command, "-c", small_checkpoint) == (1, "", f"Error: x.mid: {reasons[0]}\n")
    status, out, _ = run("inspect", "x.mid", "--json")
    assert (status, json.loads(out)["take"]) == (0, {"reason": f"x.mid: {reasons[1]}"})


@pytest.mark.parametrize("name", ODD["ODD"])
def test_every_odd_file(run: Run, small_checkpoint: Path, name: str) -> None:
    Path("x.mid").write_bytes(ODD["ODD"][name](random.Random(1)))
    check(run, small_checkpoint)
    source, arguments = read_midi("x.mid"), ["reconstruct", "x.mid", "--whole", "-c", small_checkpoint]
    for extra in ([], ["--keep-tracks"]):
        assert run(*arguments, *extra, "-o", "whole.mid", "--force")[0] == 0
        whole = read_midi("whole.mid")
        assert whole.bars() == source.bars()
        assert whole.tempos == source.tempos
        assert (whole.time_signatures, whole.keys) == (source.time_signatures or whole.time_signatures[:1], source.keys)
    assert [t.is_drum for t in whole.tracks] == [t.is_drum for t in source.tracks]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("drums only", "has drums only (track 1 'Kit'); a melody model needs a pitched track. Choose another file."),
        ("film time", "counts time in SMPTE frames and so has no bars; export it with ticks per quarter note."),
        ("no notes", "has no notes; choose another file."),
        ("cut off", "is cut off in track 1 of 1; export it again."),
    ],
)
def test_files_without_a_melody_are_refused_with_the_reason(run: Run, small_checkpoint: Path, name: str, reason: str) -> None:
    Path("x.mid").write_bytes(ODD["REFUSED"][name](random.Random(1)))
    for extra in ([], ["--whole"]):
        assert run("reconstruct", "x.mid", *extra, "-c", small_checkpoint) == (1, "", f"Error: x.mid {reason}\n")
    assert set(ODD["REFUSED"]) == {"drums only", "film time", "no notes", "cut off"}


def test_a_drum_file_is_inspected(run: Run) -> None:
    Path("x.mid").write_bytes(ODD["REFUSED"]["drums only"](random.Random(1)))
    status, out, err = run("inspect", "x.mid", "--json")
    (kit,) = json.loads(out)["tracks"]
    assert (status, err, kit["name"], kit["drums"]) == (0, "", "Kit", True)
