"""`musicae vary`, `grid`, `mean`, `complete`, `continue` and `attributes`: files written, what is printed, and refusals."""

import json
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from musicae import Score, read_midi, write_midi

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]
TAKEN = "a.mid: track 1, bars 1-2\n"


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def go(run: Run, small_checkpoint: Path) -> Run:
    """Return a function that runs a command with the small model."""
    return lambda command, *arguments: run(command, *arguments, "-c", small_checkpoint)


def notes(path: Path | str) -> list[tuple[float, float, int]]:
    return [(n.onset, n.duration, n.pitch) for track in read_midi(path).tracks for n in track.notes]


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_vary(go: Run, folder: Path) -> None:
    status, out, err = go("vary", "a.mid", "-n", 2, "--distance", 0.8)
    made = ["variations/a.vary-01.mid", "variations/a.vary-02.mid"]
    assert (status, out, err) == (0, json.dumps({"variations": made}) + "\n", TAKEN)
    assert files(folder) == ["a.mid", "b.mid", *made]
    assert go("vary", "a.mid", "-n", 2, "--distance", 0.8, "-o", "again")[0] == 0
    assert [(folder / "again" / Path(m).name).read_bytes() == Path(m).read_bytes() for m in made] == [True, True]
    assert go("vary", "a.mid", "-n", 1, "--distance", 0.8, "--seed", 1, "-o", "other.mid")[0] == 0
    assert Path("other.mid").read_bytes() != Path(made[0]).read_bytes()


def test_vary_whole_pieces(go: Run, make_tune: MakeTune) -> None:
    write_midi(make_tune(1, bars=7), "long.mid")
    status, out, _ = go("vary", "long.mid", "--whole", "-n", 1, "-o", "long.vary.mid")
    assert (status, json.loads(out)) == (0, {"variations": ["long.vary.mid"]})
    assert len(read_midi("long.vary.mid").bars()) == 7
    status, _, err = go("vary", "long.mid", "--whole", "--bars", "1-2")
    assert (status, "--whole takes all bars; leave out --bars." in err) == (2, True)


def test_grid(go: Run, folder: Path) -> None:
    status, out, err = go("grid", "a.mid", "b.mid", "b.mid", "a.mid", "--size", "2x3")
    rows = [[f"grid/row-{r}-column-{c}.mid" for c in (1, 2, 3)] for r in (1, 2)]
    assert (status, json.loads(out)) == (0, {"joined": "grid/grid.mid", "rows": rows})
    assert err.splitlines() == [f"{name}.mid: track 1, bars 1-2" for name in "abba"]
    assert files(folder) == ["a.mid", "b.mid", "grid/grid.mid", *rows[0], *rows[1]]
    assert notes(rows[0][0]) == notes(rows[1][2]) != notes(rows[0][2])
    assert len(read_midi("grid/grid.mid").bars()) == 12


def test_two_files_make_one_row_of_seven(go: Run) -> None:
    status, out, _ = go("grid", "a.mid", "b.mid")
    assert (status, [len(row) for row in json.loads(out)["rows"]]) == (0, [7])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.mid"], "A grid lies between two or four files; 1 were given."),
        (["a.mid", "b.mid", "--size", "7"], "'7' is no size; give rows and columns such as 3x5."),
        (["a.mid", "b.mid", "--size", "99x99"], "'99x99' makes 9801 tunes; at most 1000 can be made."),
        (["a.mid", "b.mid", "--size", "3x5"], "A grid between 2 tunes has 1 row and at least 2 columns, got 3 and 5."),
    ],
)
def test_what_grid_refuses(go: Run, folder: Path, arguments: list[str], message: str) -> None:
    status, out, err = go("grid", *arguments)
    assert (status, out) == (2, "") and message in err
    assert files(folder) == ["a.mid", "b.mid"]


def test_mean(go: Run) -> None:
    status, out, _ = go("mean", "a.mid", "b.mid", "-o", "middle.mid")
    assert (status, json.loads(out)) == (0, {"mean": "middle.mid"})
    assert go("interpolate", "a.mid", "b.mid", "--steps", 3)[0] == 0
    assert notes("middle.mid") == notes("morph/step-02.mid")
    status, _, err = go("mean", "a.mid")
    assert (status, "A mean needs at least two files." in err) == (2, True)


def test_complete(go: Run) -> None:
    status, out, err = go("complete", "a.mid", "--fill", "2", "--seed", 2)
    assert (status, json.loads(out), err) == (0, {"completed": ["a.completed.mid"]}, TAKEN)
    kept = [(o, p) for o, _, p in notes("a.mid") if o < 4]
    assert [(o, p) for o, _, p in notes("a.completed.mid") if o < 4] == kept
    status, out, _ = go("complete", "a.mid", "--fill", "1-2", "--keep-notes", "-n", 2, "-o", "ways")
    ways = ["ways/a.completed-1.mid", "ways/a.completed-2.mid"]
    assert (status, json.loads(out)) == (0, {"completed": ways})
    for way in ways:
        assert {(o, p) for o, _, p in notes("a.mid") if o < 8} <= {(o, p) for o, _, p in notes(way)}


def test_empty_bars_are_filled_unless_told_otherwise(go: Run, make_tune: MakeTune) -> None:
    tune = make_tune(0, bars=1)
    write_midi(tune, "one.mid")
    assert go("complete", "one.mid", "--bars", "1-2", "-o", "two.mid")[0] == 0
    assert [(o, p) for o, _, p in notes("two.mid") if o < 4] == [(o, p) for o, _, p in notes("one.mid")]
    assert any(o >= 4 for o, _, _ in notes("two.mid"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a.mid: a note begins in each of bars 1-2; say with --fill which to fill."),
        (["--fill", "3"], "a.mid: bars 1-2 were taken, so --fill 3-3 is not among them; choose others with --bars."),
        (["--fill", "0-1"], "'0-1' begins before bar 1; bars are numbered from 1."),
    ],
)
def test_what_complete_refuses(go: Run, folder: Path, arguments: list[str], message: str) -> None:
    status, out, err = go("complete", "a.mid", *arguments)
    assert (status, out) == (2, "") and message in err
    assert files(folder) == ["a.mid", "b.mid"]


def test_continue(go: Run) -> None:
    status, out, err = go("continue", "a.mid", "--new-bars", 1, "-n", 2, "--temperature", 1, "-o", "on")
    made = ["on/a.continued-1.mid", "on/a.continued-2.mid"]
    assert (status, json.loads(out), err) == (0, {"continued": made}, TAKEN)
    phrase = [(o, p) for o, _, p in notes("a.mid") if o < 8]
    for path in made:
        assert [(o, p) for o, _, p in notes(path) if o < 8] == phrase
        assert 8 < read_midi(path).end <= 12


@pytest.mark.parametrize(
    "arguments",
    [
        ["vary", "a.mid", "-n", 2, "--distance", 0.9, "--temperature", 1],
        ["sample", "-n", 2],
        ["mean", "a.mid", "b.mid"],
        ["interpolate", "a.mid", "b.mid", "--steps", 3],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_key_can_be_locked_everywhere(go: Run, folder: Path, arguments: list[object]) -> None:
    assert go(*arguments, "--key", "Ab", "--scale", "minor-pentatonic", "-o", "out")[0] == 0
    made = [p for p in files(folder) if p.startswith("out/")]
    assert made
    for path in made:
        assert {p % 12 for _, _, p in notes(path)} <= {8, 11, 1, 3, 6}
        assert {k.name for k in read_midi(path).keys} == {"Ab minor"}


@pytest.mark.parametrize("command", ["vary", "complete", "continue", "mean", "grid", "sample", "interpolate", "attributes"])
def test_keys_that_do_not_exist_are_told_at_once(run: Run, command: str) -> None:
    inputs = {"sample": [], "mean": ["no.mid"] * 2, "grid": ["no.mid"] * 2, "interpolate": ["no.mid"] * 2}.get(
        command, ["no.mid"]
    )
    status, _, err = run(command, *inputs, "--key", "H")
    assert (status, err.startswith("Error: There is no key 'H'. Tonics: Cb, C, C#, ")) == (2, True)
    status, _, err = run(command, *inputs, "--key", "D", "--scale", "mayor")
    assert (status, err.startswith("Error: There is no scale 'mayor'; did you mean 'major'? Scales: major, ")) == (2, True)


def test_exact_on_the_command_line(run: Run) -> None:
    status, out, _ = run("reconstruct", "a.mid", "--exact", "-o", "again.mid")
    assert (status, json.loads(out)["exact"]) == (0, 1.0)
    assert notes("again.mid") == [n for n in notes("a.mid") if n[0] < 8]
    status, _, err = run("interpolate", "a.mid", "b.mid", "--exact", "--even", "--steps", 3)
    assert (status, err) == (0, "a.mid: track 1, bars 1-2\nb.mid: track 1, bars 1-2\n")
    assert notes("morph/step-01.mid") == notes("again.mid")
    assert notes("morph/step-03.mid") == [n for n in notes("b.mid") if n[0] < 8]
    status, _, err = run("interpolate", "a.mid", "b.mid", "--whole", "--even")
    assert (status, "--even spaces the steps of one phrase; leave out --whole." in err) == (2, True)


# attributes, with the shipped model


def test_attributes_of_a_tune(run: Run, folder: Path) -> None:
    status, out, err = run("attributes", "a.mid")
    facts = json.loads(out)
    assert (status, err, facts["file"]) == (0, TAKEN, "a.mid")
    assert list(facts["attributes"]) == ["density", "interval", "range", "syncopation", "register", "scale"]
    pitches = [p for o, _, p in notes("a.mid") if o < 8]
    assert facts["attributes"]["register"]["value"] == pytest.approx(sum(pitches) / len(pitches), abs=1e-3)
    assert facts["attributes"]["range"]["value"] == max(pitches) - min(pitches)
    assert files(folder) == ["a.mid", "b.mid"]


def test_attributes_are_moved(run: Run, folder: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "examples" / "tunes" / "b-reel.mid", "reel.mid")
    again = ["attributes", "reel.mid", "--set", "density=+1.5", "-o", "busy.mid"]
    status, out, _ = run(*again)
    facts = json.loads(out)
    assert (status, facts["output"]) == (0, "busy.mid")
    moved = facts["moved"]
    others = [abs(value) for name, value in moved.items() if name != "density"]
    assert moved["density"] > 0.75 and moved["density"] > max(others)
    assert moved["density"] > 2 * statistics.median(others)
    assert len(notes("busy.mid")) > facts["attributes"]["density"]["value"] * 8
    told = json.loads(run("attributes", "busy.mid")[1])["attributes"]
    for name, before in facts["attributes"].items():
        assert told[name]["deviations"] == pytest.approx(before["deviations"] + moved[name], abs=0.02), "what is told is true"
    first = Path("busy.mid").read_bytes()
    assert run(*again)[0] == 1
    assert run(*again, "--force")[0] == 0 and Path("busy.mid").read_bytes() == first


def test_one_attribute_is_moved_and_the_others_stay(run: Run) -> None:
    shutil.copy(Path(__file__).parents[2] / "examples" / "tunes" / "b-reel.mid", "reel.mid")
    status, out, _ = run("attributes", "reel.mid", "--set", "interval=+1", "-o", "wide.mid")
    moved = json.loads(out)["moved"]
    assert status == 0
    assert moved["interval"] > 0.75 > 2 * max(abs(value) for name, value in moved.items() if name != "interval")


def test_the_table_of_effects(run: Run) -> None:
    status, out, err = run("attributes", "--table")
    assert status == 0 and err.startswith("Attribute vectors of melody-2bar, from ")
    lines = [line.split() for line in out.splitlines()]
    rows = {line[0]: line for line in lines if line and line[0] == "density"}
    assert rows["density"][1].endswith("%") and len(rows["density"]) == 8


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("densty=1", "There is no attribute 'densty'; did you mean 'density'? Attributes: density, interval, range, "),
        ("mood=1", "There is no attribute 'mood'. Attributes: density, interval, range, syncopation, register, scale."),
        ("density", "'density' names no amount from -10 to 10; give standard deviations, as in density=+1.5."),
        ("density=nan", "'density=nan' names no amount from -10 to 10; give standard deviations, as in density=+1.5."),
    ],
)
def test_attributes_that_do_not_exist(run: Run, setting: str, message: str) -> None:
    status, out, err = run("attributes", "no.mid", "--set", setting)
    assert (status, out) == (2, "") and err.startswith(f"Error: {message}")


def test_what_else_attributes_refuses(go: Run, run: Run, small_checkpoint: Path) -> None:
    status, _, err = run("attributes")
    assert (status, "Give a FILE, or --table." in err) == (2, True)
    status, _, err = run("attributes", "a.mid", "--set", "range=1", "--set", "range=2")
    assert (status, err) == (2, "Error: The attribute 'range' was set twice.\n")
    status, _, err = go("attributes", "a.mid")
    told = f"Error: {small_checkpoint} has no attribute vectors (small.attributes.json). Compute them with "
    assert (status, err.splitlines()[-1].startswith(told)) == (1, True)
