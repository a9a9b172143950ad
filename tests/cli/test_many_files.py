"""Several files through one command: folders, patterns, names by a template, and one bad file among good ones."""

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from musicae import Note, Score, Track, read_midi, write_midi
from musicae.cli.support import many_files as batches

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


def table(err: str) -> list[str]:
    return [line.rstrip() for line in err.splitlines()]


def test_folders_patterns_and_files_are_expanded_once_each_in_order() -> None:
    Path("[b].mid").touch()
    expanded = batches.expand([Path(p) for p in ("b.mid", "more", "*.mid", "m*/**/a.mid", "[b].mid", "none*.mid", "gone.mid")])
    names = ["b.mid", "more/c.MID", "more/deep/a.mid", "[b].mid", "a.mid", "text.mid", "none*.mid", "gone.mid"]
    assert [str(p) for p in expanded] == names
    Path("empty").mkdir()
    assert batches.expand([Path("empty")]) == [Path("empty")]  # which its reader refuses


def test_names_by_a_template() -> None:
    files = [Path("more/c.MID"), Path("a.mid")]
    pattern = "{folder}/{number:02d}-{stem}.{name}{suffix}"
    assert batches.names(files, pattern, suffix=".mid")[0] == "more/01-c.c.MID.mid"
    assert batches.names(files, "{stem}.again{suffix}", suffix=".wav") == ["c.again.wav", "a.again.wav"]


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
    assert [json.loads(line)["output"] for line in out.splitlines()] == [f"out/{s}.reconstructed.mid" for s in "ab"]
    drums = "drums.mid has drums only (track 1 'Kit'); a melody model needs a pitched track. Choose another file."
    assert table(err) == [
        "file       result",
        "text.mid   failed: text.mid is not a MIDI file: it does not begin with 'MThd'. Give a Standard MIDI File (.mid).",
        "a.mid      out/a.reconstructed.mid (note F1 1.00)",
        f"drums.mid  failed: {drums}",
        "gone.mid   failed: gone.mid cannot be read: no such file or directory.",
        "b.mid      out/b.reconstructed.mid (note F1 1.00)",
        "2 of 5 files done, 3 failed.",
    ]
    status, out, err = run(*arguments, "-o", "again", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (status, err, [line["file"] for line in lines]) == (1, "", [str(a) for a in arguments[1:6]])
    assert [line.get("error", "") for line in lines][3] == "gone.mid cannot be read: no such file or directory."
    assert (Path("out") / "a.reconstructed.mid").read_bytes() == (Path("again") / "a.reconstructed.mid").read_bytes()


def test_a_bad_model_is_told_once(run: Run) -> None:
    status, out, err = run("reconstruct", "text.mid", "a.mid", "b.mid", "-c", "gone.safetensors")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("Error: There is no checkpoint 'gone.safetensors'")


def test_the_error_of_an_only_file_has_no_table(run: Run, small_checkpoint: Path) -> None:
    text = "Error: gone.mid cannot be read: no such file or directory.\n"
    assert run("reconstruct", "gone.mid", "-c", small_checkpoint) == (1, "", text)
    assert run("inspect", "gone.mid") == (1, "", text)


def test_a_bug_at_one_file_keeps_no_other_from_being_done(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    def work(index: int, value: str, needed: int) -> str:
        if index == 0:
            raise KeyError("x")
        return value * needed

    with pytest.raises(SystemExit) as stopped:
        batches.each([Path("a.mid"), Path("b.mid")], str, lambda: 2, work, doing="testing", as_json=False)
    first, second = table(capsys.readouterr().err)[1:3]
    assert stopped.value.code == 1
    assert first.startswith("a.mid  failed: a.mid: unexpected KeyError ('x'); this is a bug in musicae.")
    assert second == "b.mid  b.midb.mid"


def test_usage_errors_stop_everything() -> None:
    def work(index: int, value: str, needed: None) -> str:
        raise click.UsageError("no")

    with pytest.raises(click.UsageError, match="no"):
        batches.each([Path("a.mid"), Path("b.mid")], str, lambda: None, work, doing="testing", as_json=False)


def test_whole_files_of_a_folder(run: Run, small_checkpoint: Path) -> None:
    status, out, err = run("reconstruct", "more", "--whole", "-c", small_checkpoint, "-o", "out")
    assert (status, table(err)[-1]) == (0, "2 of 2 files done.")
    for line in map(json.loads, out.splitlines()):
        assert (line["bars"], line["windows"], line["kept"]) == ("1-4", 2, [])
        assert read_midi(line["output"]).tempos == read_midi(line["file"]).tempos
    text = "Error: --whole takes all bars; leave out --bars."
    assert run("reconstruct", "a.mid", "--whole", "--bars", "1-2")[2].splitlines()[-1] == text
    text = "Error: --keep-tracks goes with --whole, which takes all bars of the file."
    for command in (["reconstruct", "a.mid"], ["interpolate", "a.mid", "b.mid"]):
        status, out, err = run(*command, "--keep-tracks")
        assert (status, out, err.splitlines()[-1]) == (2, "", text)


def test_whole_files_become_one_another(run: Run, small_checkpoint: Path) -> None:
    kit = Track((Note(0.0, 20.0, 38),), is_drum=True, name="kit")
    write_midi(Score((*read_midi("a.mid").tracks, kit)), "band.mid")
    arguments = ["interpolate", "band.mid", "b.mid", "--whole", "--steps", 3, "-c", small_checkpoint]
    assert run(*arguments)[::2] == (0, "band.mid: track 1, bars 1-5\nb.mid: track 1, bars 1-4\n")
    scores = [read_midi(f"morph/step-0{i}.mid") for i in (1, 2, 3)]
    assert [(len(s.bars()), len(s.tracks)) for s in scores] == [(5, 1), (4, 1), (4, 1)]
    assert len(read_midi("morph/interpolation.mid").bars()) == 13
    assert run(*arguments, "--keep-tracks", "-o", "kept")[0] == 0
    assert [len(read_midi(f"kept/step-0{i}.mid").tracks) for i in (1, 2, 3)] == [2, 1, 1]
    assert run("reconstruct", "band.mid", "--whole", "-c", small_checkpoint, "-o", "band.again.mid")[0] == 0
    assert Path("band.again.mid").read_bytes() == Path("morph/step-01.mid").read_bytes()
