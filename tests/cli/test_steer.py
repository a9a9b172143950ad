"""`musicae vary`, `grid`, `mean`, `complete`, `continue`, `steer` and `attributes`: files, output, and errors."""

import json
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musicae import Score
from musicae.music.formats.midi import read_midi, write_midi

Run = Callable[..., tuple[int, str, str]]
MakeTune = Callable[..., Score]
A = {"file": "a.mid", "track": 1, "bars": "1-2"}  # what JSON names of a.mid


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def go(run: Run, small_checkpoint: Path) -> Run:
    """Return a function that runs a command with the small model."""
    return lambda command, *arguments: run(command, *arguments, "-c", small_checkpoint)


def notes(path: Path | str) -> list[tuple[float, float, int]]:
    return [(n.onset, n.duration, n.pitch) for track in read_midi(path).tracks for n in track.notes]


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_vary(go: Run, folder: Path) -> None:
    made = ["variations/a.vary-01.mid", "variations/a.vary-02.mid"]
    texts = [f"variation {i} of a.mid (track 1, bars 1-2), at distance 0.8" for i in (1, 2)]
    out = "".join(f"{path}: {text}\n" for path, text in zip(made, texts, strict=True))
    assert go("vary", "a.mid", "-n", 2, "--distance", 0.8) == (0, out, "")
    assert files(folder) == ["a.mid", "b.mid", *made]
    status, out, err = go("vary", "a.mid", "-n", 2, "--distance", 0.8, "--force", "--json")
    assert (status, objects(out), err) == (0, [{**A, "distance": 0.8, "output": path} for path in made], "")
    assert go("vary", "a.mid", "-n", 2, "--distance", 0.8, "-o", "again")[0] == 0
    assert [(folder / "again" / Path(m).name).read_bytes() == Path(m).read_bytes() for m in made] == [True, True]
    assert go("vary", "a.mid", "-n", 1, "--distance", 0.8, "--seed", 1, "-o", "other.mid")[0] == 0
    assert Path("other.mid").read_bytes() != Path(made[0]).read_bytes()


def test_vary_whole_pieces(go: Run, make_tune: MakeTune) -> None:
    write_midi(make_tune(1, bars=7), "long.mid")
    status, out, _ = go("vary", "long.mid", "--whole", "-n", 1, "-o", "long.vary.mid")
    assert (status, out) == (0, "long.vary.mid: variation 1 of long.mid (track 1, bars 1-7), at distance 0.3\n")
    [facts] = objects(go("vary", "long.mid", "--whole", "-n", 1, "-o", "long.vary.mid", "--force", "--json")[1])
    assert (facts["bars"], facts["windows"], facts["kept"]) == ("1-7", 4, [])
    assert len(read_midi("long.vary.mid").bars()) == 7
    status, _, err = go("vary", "long.mid", "--whole", "--bars", "1-2")
    assert (status, "--whole takes all bars; give either --whole or --bars." in err) == (2, True)


def test_grid(go: Run, folder: Path) -> None:
    command = ("grid", "a.mid", "b.mid", "b.mid", "a.mid", "--size", "2x3")
    rows = [[f"grid/row-{r}-column-{c}.mid" for c in (1, 2, 3)] for r in (1, 2)]
    a, b, c, d = (f"{name}.mid (track 1, bars 1-2)" for name in "abba")
    text = f"grid/grid.mid: 2 rows of 3 tunes between {a}, {b}, {c} and {d}, one after the other; "
    assert go(*command) == (0, f"{text}each alone in row-1-column-1.mid to row-2-column-3.mid\n", "")
    *places, joined = objects(go(*command, "--force", "--json")[1])
    assert places == [{"row": i // 3 + 1, "column": i % 3 + 1, "output": path} for i, path in enumerate([*rows[0], *rows[1]])]
    sources = [A, {**A, "file": "b.mid"}, {**A, "file": "b.mid"}, A]
    assert joined == {"sources": sources, "rows": 2, "columns": 3, "output": "grid/grid.mid"}
    assert files(folder) == ["a.mid", "b.mid", "grid/grid.mid", *rows[0], *rows[1]]
    assert notes(rows[0][0]) == notes(rows[1][2]) != notes(rows[0][2])
    assert len(read_midi("grid/grid.mid").bars()) == 12


def test_two_files_make_one_row_of_seven(go: Run) -> None:
    status, out, _ = go("grid", "a.mid", "b.mid", "--json")
    assert (status, [(o["rows"], o["columns"]) for o in objects(out)[7:]]) == (0, [(1, 7)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.mid"], "A grid lies between two or four files; 1 were given."),
        (["a.mid", "b.mid", "--size", "7"], "'7' is not a size; give rows and columns such as 3x5."),
        (["a.mid", "b.mid", "--size", "99x99"], "'99x99' asks for 9801 tunes; 1000 is the most."),
        (["a.mid", "b.mid", "--size", "3x5"], "A grid between 2 tunes has 1 row and at least 2 columns, got 3 and 5."),
    ],
)
def test_bad_usage_of_grid(go: Run, folder: Path, arguments: list[str], message: str) -> None:
    status, out, err = go("grid", *arguments)
    assert (status, out) == (2, "") and message in err
    assert files(folder) == ["a.mid", "b.mid"]


def test_mean(go: Run) -> None:
    text = "middle.mid: the mean of a.mid (track 1, bars 1-2) and b.mid (track 1, bars 1-2)\n"
    assert go("mean", "a.mid", "b.mid", "-o", "middle.mid") == (0, text, "")
    [facts] = objects(go("mean", "a.mid", "b.mid", "-o", "middle.mid", "--force", "--json")[1])
    assert facts == {"sources": [A, {**A, "file": "b.mid"}], "output": "middle.mid"}
    assert go("interpolate", "a.mid", "b.mid", "--steps", 3)[0] == 0
    assert notes("middle.mid") == notes("morph/step-02.mid")
    status, _, err = go("mean", "a.mid")
    assert (status, "A mean needs at least two files." in err) == (2, True)


def test_complete(go: Run) -> None:
    text = "a.completed.mid: a.mid (track 1, bars 1-2) with bar 2 filled\n"
    assert go("complete", "a.mid", "--fill", "2", "--seed", 2) == (0, text, "")
    kept = [(o, p) for o, _, p in notes("a.mid") if o < 4]
    assert [(o, p) for o, _, p in notes("a.completed.mid") if o < 4] == kept
    status, out, _ = go("complete", "a.mid", "--fill", "1-2", "--keep-notes", "-n", 2, "-o", "ways", "--json")
    ways = ["ways/a.completed-1.mid", "ways/a.completed-2.mid"]
    assert (status, objects(out)) == (0, [{**A, "filled": [1, 2], "output": way} for way in ways])
    for way in ways:
        assert {(o, p) for o, _, p in notes("a.mid") if o < 8} <= {(o, p) for o, _, p in notes(way)}


def test_empty_bars_are_filled_by_default(go: Run, make_tune: MakeTune) -> None:
    tune = make_tune(0, bars=1)
    write_midi(tune, "one.mid")
    assert go("complete", "one.mid", "--bars", "1-2", "-o", "two.mid")[0] == 0
    assert [(o, p) for o, _, p in notes("two.mid") if o < 4] == [(o, p) for o, _, p in notes("one.mid")]
    assert any(o >= 4 for o, _, _ in notes("two.mid"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a.mid: a note begins in each of bars 1-2; choose with --fill which to fill."),
        (["--fill", "3"], "a.mid: bars 1-2 were taken, so --fill 3-3 is not among them; choose others with --bars."),
        (["--fill", "0-1"], "'0-1' begins before bar 1; bars are numbered from 1."),
    ],
)
def test_bad_usage_of_complete(go: Run, folder: Path, arguments: list[str], message: str) -> None:
    status, out, err = go("complete", "a.mid", *arguments)
    assert (status, out) == (2, "") and message in err
    assert files(folder) == ["a.mid", "b.mid"]


def test_continue(go: Run) -> None:
    command = ("continue", "a.mid", "--new-bars", 1, "-n", 2, "--temperature", 1, "-o", "on")
    made = ["on/a.continued-1.mid", "on/a.continued-2.mid"]
    assert go(*command) == (0, "".join(f"{path}: a.mid (track 1, bars 1-2) and 1 new bar\n" for path in made), "")
    status, out, err = go(*command, "--force", "--json")
    assert (status, objects(out), err) == (0, [{**A, "new_bars": 1, "output": path} for path in made], "")
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


@pytest.mark.parametrize("command", ["vary", "complete", "continue", "mean", "grid", "sample", "interpolate", "steer"])
def test_keys_that_do_not_exist_are_reported_at_once(run: Run, command: str) -> None:
    pair = ["no.mid", "no.mid"]
    inputs = {"sample": [], "mean": pair, "grid": pair, "interpolate": pair, "steer": ["no.mid", "--set", "range=1"]}.get(
        command, ["no.mid"]
    )
    status, _, err = run(command, *inputs, "--key", "H")
    assert (status, err.startswith("Error: There is no key 'H'. Tonics: Cb, C, C#, ")) == (2, True)
    status, _, err = run(command, *inputs, "--key", "D", "--scale", "mayor")
    assert (status, err.startswith("Error: There is no scale 'mayor'; did you mean 'major'? Scales: major, ")) == (2, True)


def test_exact_on_the_command_line(run: Run) -> None:
    status, out, _ = run("reconstruct", "a.mid", "--exact", "-o", "again.mid", "--json")
    assert (status, json.loads(out)["exact"]) == (0, 1.0)
    assert notes("again.mid") == [n for n in notes("a.mid") if n[0] < 8]
    status, out, err = run("interpolate", "a.mid", "b.mid", "--exact", "--even", "--steps", 3, "--json")
    assert (status, objects(out)[-1]["exact"], err) == (0, [True, True], "")
    assert notes("morph/step-01.mid") == notes("again.mid")
    assert notes("morph/step-03.mid") == [n for n in notes("b.mid") if n[0] < 8]
    status, _, err = run("interpolate", "a.mid", "b.mid", "--whole", "--even")
    assert (status, "--even spaces the steps of one phrase; give either --even or --whole." in err) == (2, True)


# attributes and steer, with the shipped model


def test_attributes_of_a_tune(run: Run, folder: Path) -> None:
    status, out, err = run("attributes", "a.mid", "--json")
    facts = json.loads(out)
    assert (status, err, {key: facts[key] for key in A}) == (0, "", A)
    assert list(facts["attributes"]) == ["density", "interval", "range", "syncopation", "register", "scale"]
    pitches = [p for o, _, p in notes("a.mid") if o < 8]
    assert facts["attributes"]["register"]["value"] == pytest.approx(sum(pitches) / len(pitches), abs=1e-3)
    assert facts["attributes"]["range"]["value"] == max(pitches) - min(pitches)
    assert files(folder) == ["a.mid", "b.mid"]
    status, out, err = run("attributes", "a.mid", "b.mid", "no.mid")
    lines = out.splitlines()
    assert (status, lines[0], lines[8]) == (1, "a.mid (track 1, bars 1-2)", "b.mid (track 1, bars 1-2)")
    register = facts["attributes"]["register"]
    assert lines[6].split() == ["register", f"{register['value']:.3f}", f"{register['deviations']:+.2f}"]
    assert err == "Error: no.mid cannot be read: no such file or directory.\n2 of 3 files done, 1 failed.\n"


def test_attributes_are_moved(run: Run, folder: Path) -> None:
    shutil.copy(Path(__file__).parents[2] / "examples" / "tunes" / "b-reel.mid", "reel.mid")
    again = ["steer", "reel.mid", "--set", "density=+1.5", "-o", "busy.mid"]
    status, out, _ = run(*again, "--json")
    facts = json.loads(out)
    assert (status, facts["output"]) == (0, "busy.mid")
    moved = facts["moved"]
    others = [abs(value) for name, value in moved.items() if name != "density"]
    assert moved["density"] > 0.75 and moved["density"] > max(others)
    assert moved["density"] > 2 * statistics.median(others)
    assert len(notes("busy.mid")) > facts["attributes"]["density"]["value"] * 8
    after = json.loads(run("attributes", "busy.mid", "--json")[1])["attributes"]
    for name, before in facts["attributes"].items():
        assert after[name]["deviations"] == pytest.approx(before["deviations"] + moved[name], abs=0.02), name
    first = Path("busy.mid").read_bytes()
    assert run(*again)[0] == 1
    status, out, err = run(*again, "--force")
    text = f"busy.mid: reel.mid (track 1, bars 2-3) with density {moved['density']:+.2f} of +1.50; interval "
    assert (status, out.startswith(text), err) == (0, True, "") and Path("busy.mid").read_bytes() == first


def test_one_attribute_is_moved_and_the_others_stay(run: Run) -> None:
    shutil.copy(Path(__file__).parents[2] / "examples" / "tunes" / "b-reel.mid", "reel.mid")
    status, out, _ = run("steer", "reel.mid", "--set", "interval=+1", "-o", "wide.mid", "--json")
    moved = json.loads(out)["moved"]
    assert status == 0
    assert moved["interval"] > 0.75 > 2 * max(abs(value) for name, value in moved.items() if name != "interval")


def test_the_table_of_effects(run: Run) -> None:
    status, out, err = run("attributes", "--table")
    assert (status, err) == (0, "") and out.startswith("Attribute vectors of melody-2bar, from ")
    facts = json.loads(run("attributes", "--table", "--json")[1])
    assert set(facts) == {"checkpoint", "data", "attributes", "searched", "alone"}
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
    status, out, err = run("steer", "no.mid", "--set", setting)
    assert (status, out) == (2, "") and err.startswith(f"Error: {message}")


def test_bad_usage_of_attributes_and_steer(go: Run, run: Run, small_checkpoint: Path) -> None:
    status, _, err = run("attributes")
    assert (status, "Give FILES, --table or --fit." in err) == (2, True)
    status, _, err = run("steer", "a.mid", "--set", "range=1", "--set", "range=2")
    assert (status, err) == (2, "Error: The attribute 'range' was set twice.\n")
    text = f"{small_checkpoint} has no attribute vectors (small.attributes.json). Compute them with "
    assert go("attributes", "a.mid") == (1, "", f"Error: {text}`musicae attributes --fit {small_checkpoint}`.\n")
    status, _, err = run("steer", "a.mid")
    assert (status, err.splitlines()[-1]) == (2, "Error: Missing option '--set'.")
    status, _, err = run("attributes", "a.mid", "--set", "range=1")
    text = "This command only shows attributes; move them with `musicae steer --set range=1 FILE`."
    assert (status, err.splitlines()[-1]) == (2, f"Error: {text}")
    for option in (("--data", "ryans"), ("--force",)):
        status, _, err = run("attributes", "a.mid", *option)
        assert (status, err.splitlines()[-1]) == (
            2,
            "Error: --data and --force go with --fit, which computes attribute vectors.",
        )
