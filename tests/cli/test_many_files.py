"""Several files through one command: folders, patterns, names by a template, and one bad file among good ones."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from musicae import Note, Score, Track
from musicae.cli.support import many_files
from musicae.cli.support.result_lines import Lines
from musicae.music.formats.midi import read_midi, write_midi

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, midi_pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that holds a.mid, b.mid, more/c.MID and more/deep/a.mid, and files that are no music."""
    monkeypatch.chdir(tmp_path)
    Path("more/deep").mkdir(parents=True)
    Path("more/c.MID").write_bytes(Path("a.mid").read_bytes())
    Path("more/deep/a.mid").write_bytes(Path("b.mid").read_bytes())
    Path("more/readme.txt").write_text("no music")
    Path("text.mid").write_text("no music")
    return tmp_path


def test_folders_patterns_and_files_are_expanded_once_each_in_order() -> None:
    Path("[b].mid").touch()
    expanded = many_files.expand(
        [Path(p) for p in ("b.mid", "more", "*.mid", "m*/**/a.mid", "[b].mid", "none*.mid", "gone.mid")]
    )
    names = ["b.mid", "more/c.MID", "more/deep/a.mid", "[b].mid", "a.mid", "text.mid", "none*.mid", "gone.mid"]
    assert [str(p) for p in expanded] == names
    Path("empty").mkdir()
    assert many_files.expand([Path("empty")]) == [Path("empty")]  # which its reader rejects


def test_names_by_a_template() -> None:
    files = [Path("more/c.MID"), Path("a.mid")]
    pattern = "{folder}/{number:02d}-{stem}.{name}{suffix}"
    assert many_files.names(files, pattern, [".mid"], suffix=".mid")[0] == "more/01-c.c.MID.mid"
    assert many_files.names(files, "{stem}.again{suffix}", [".wav"], suffix=".wav") == ["c.again.wav", "a.again.wav"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{stm}.mid", "--out-template has no field {stm}; its fields are {stem} (the input's name without its ending), "),
        ("{}.mid", "--out-template has no field {}; its fields are "),
        ("{stem.mid", "--out-template '{stem.mid' cannot be read ("),
        ("{stem:d}.mid", "--out-template '{stem:d}.mid' cannot be filled in ("),
        ("{stem}.txt", "--out-template gives 'a.txt' for a.mid; let it end in {suffix}."),
        ("{suffix}", "--out-template gives '.mid' for a.mid; let it end in {suffix}."),
    ],
)
def test_templates_that_give_no_names_are_refused(run: Run, pattern: str, text: str) -> None:
    status, out, err = run("reconstruct", "a.mid", "--out-template", pattern)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith(f"Error: {text}")


def test_results_of_one_name_are_refused_with_a_remedy(run: Run, small_checkpoint: Path) -> None:
    arguments = ["reconstruct", "a.mid", "more", "-o", "out", "-c", small_checkpoint]
    status, out, err = run(*arguments)
    text = (
        "Error: Several results would be written to out/a.reconstructed.mid; give --out-template "
        "'{folder}-{stem}{suffix}' or '{number}-{stem}{suffix}', for example."
    )
    assert (status, out, err.splitlines()[-1]) == (2, "", text)
    assert run(*arguments, "--out-template", "{number}-{stem}{suffix}")[0] == 0
    assert sorted(p.name for p in Path("out").iterdir()) == ["1-a.mid", "2-c.mid", "3-a.mid"]
    status, _, err = run("reconstruct", "a.mid", "-o", "x.mid", "--out-template", "{stem}{suffix}")
    assert (status, err.splitlines()[-1]) == (2, "Error: x.mid is the name of one file; with --out-template give -o a folder.")


def test_one_bad_file_keeps_no_other_from_being_done(run: Run, small_checkpoint: Path) -> None:
    write_midi(Score((Track((Note(0.0, 1.0, 38),), is_drum=True, name="Kit"),)), "drums.mid")
    arguments = ["reconstruct", "text.mid", "a.mid", "drums.mid", "gone.mid", "b.mid", "-c", small_checkpoint]
    status, out, err = run(*arguments, "-o", "out")
    assert status == 1
    for name, line in zip("ab", out.splitlines(), strict=True):
        assert line.startswith(f"out/{name}.reconstructed.mid: {name}.mid (track 1, bars 1-2); note F1 1.000, ")
    assert err.splitlines() == [
        "Error: text.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid).",
        "Error: drums.mid has drums only (track 1 'Kit'); a melody model needs a pitched track. Choose another file.",
        "Error: gone.mid cannot be read: no such file or directory.",
        "2 of 5 files done, 3 failed.",
    ]
    status, out, err = run(*arguments, "-o", "again", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (status, err, [line["file"] for line in lines]) == (1, "", [str(a) for a in arguments[1:6]])
    assert [line.get("error", "") for line in lines][3] == "gone.mid cannot be read: no such file or directory."
    assert (Path("out") / "a.reconstructed.mid").read_bytes() == (Path("again") / "a.reconstructed.mid").read_bytes()


def test_the_error_of_a_bad_model_is_printed_once(run: Run) -> None:
    status, out, err = run("reconstruct", "text.mid", "a.mid", "b.mid", "-c", "gone.safetensors")
    bad_file, bad_model = err.splitlines()
    assert (status, out, bad_file.startswith("Error: text.mid is not a MIDI file")) == (1, "", True)
    assert bad_model.startswith("Error: There is no checkpoint 'gone.safetensors'")


def test_the_error_of_an_only_file_is_not_followed_by_a_count(run: Run, small_checkpoint: Path) -> None:
    reason = "gone.mid cannot be read: no such file or directory."
    assert run("reconstruct", "gone.mid", "-c", small_checkpoint) == (1, "", f"Error: {reason}\n")
    assert run("inspect", "gone.mid") == (1, "", f"Error: {reason}\n")
    for command in (["inspect", "gone.mid"], ["reconstruct", "gone.mid"], ["plot", "gone.mid"], ["render", "gone.mid"]):
        status, out, err = run(*command, "--json")
        assert (status, json.loads(out), err) == (1, {"file": "gone.mid", "error": reason}, "")


def test_json_of_an_only_file_that_is_used_wrongly_has_the_status_of_bad_usage(run: Run, small_checkpoint: Path) -> None:
    status, out, err = run("reconstruct", "a.mid", "--bars", "9-10", "-c", small_checkpoint, "--json")
    error = "a.mid has bars 1 to 4; there are no bars 9-10."
    assert (status, json.loads(out), err) == (2, {"file": "a.mid", "error": error}, "")


def test_a_bug_at_one_file_keeps_no_other_from_being_done(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()

    def work(index: int, value: str, times: int) -> None:
        if index == 0:
            raise KeyError("x")
        lines.result({}, value * times)

    with pytest.raises(SystemExit) as stopped:
        many_files.each([Path("a.mid"), Path("b.mid")], str, lambda: 2, work, lines, doing="testing")
    captured = capsys.readouterr()
    assert (stopped.value.code, captured.out) == (1, "b.midb.mid\n")
    first, count = captured.err.splitlines()
    assert first.startswith("Error: a.mid: unexpected KeyError ('x'); this is a bug in musicae.")
    assert count == "1 of 2 files done, 1 failed."


def test_usage_errors_stop_everything() -> None:
    def work(index: int, value: str, shared: None) -> None:
        raise click.UsageError("no")

    with pytest.raises(click.UsageError, match="no"):
        many_files.each([Path("a.mid"), Path("b.mid")], str, lambda: None, work, Lines(), doing="testing")


def test_whole_files_of_a_folder(run: Run, small_checkpoint: Path) -> None:
    command = ["reconstruct", "more", "--whole", "-c", small_checkpoint, "-o", "out"]
    status, out, err = run(*command)
    assert (status, err) == (0, "2 of 2 files done.\n")
    assert out.startswith("out/c.reconstructed.mid: more/c.MID (track 1, bars 1-4); note F1 ")
    status, out, err = run(*command, "--json", "--force")
    assert (status, err) == (0, "")
    for line in map(json.loads, out.splitlines()):
        assert (line["bars"], line["windows"], line["kept"]) == ("1-4", 2, [])
        assert read_midi(line["output"]).tempos == read_midi(line["file"]).tempos
    text = "Error: --whole takes all bars; give either --whole or --bars."
    assert run("reconstruct", "a.mid", "--whole", "--bars", "1-2")[2].splitlines()[-1] == text
    text = "Error: --keep-tracks goes with --whole, which takes all bars of the file."
    for verb in (["reconstruct", "a.mid"], ["interpolate", "a.mid", "b.mid"]):
        status, out, err = run(*verb, "--keep-tracks")
        assert (status, out, err.splitlines()[-1]) == (2, "", text)


def test_whole_files_become_one_another(run: Run, small_checkpoint: Path) -> None:
    kit = Track((Note(0.0, 20.0, 38),), is_drum=True, name="kit")
    write_midi(Score((*read_midi("a.mid").tracks, kit)), "band.mid")
    arguments: list[object] = ["interpolate", "band.mid", "b.mid", "--whole", "--steps", 3, "-c", small_checkpoint]
    status, out, err = run(*arguments, "--json")
    ends = [{"file": name, "track": 1, "bars": bars} for name, bars in (("band.mid", "1-5"), ("b.mid", "1-4"))]
    sources = json.loads(out.splitlines()[-1])["sources"]
    assert (status, err, [{key: s[key] for key in ends[0]} for s in sources]) == (0, "", ends)
    assert [(s["windows"], [k["bars"] for k in s["kept"]]) for s in sources] == [(2, ["5"]), (2, [])]
    scores = [read_midi(f"morph/step-0{i}.mid") for i in (1, 2, 3)]
    assert [(len(s.bars()), len(s.tracks)) for s in scores] == [(5, 1), (4, 1), (4, 1)]
    assert len(read_midi("morph/interpolation.mid").bars()) == 13
    assert run(*arguments, "--keep-tracks", "-o", "kept")[0] == 0
    assert [len(read_midi(f"kept/step-0{i}.mid").tracks) for i in (1, 2, 3)] == [2, 1, 1]
    assert run("reconstruct", "band.mid", "--whole", "-c", small_checkpoint, "-o", "band.again.mid")[0] == 0
    assert Path("band.again.mid").read_bytes() == Path("morph/step-01.mid").read_bytes()
