"""The command line as a whole: help, misuse, exit statuses, and that no traceback reaches a user."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from musicae.cli.main import COMMANDS, cli, main
from musicae.cli.support.options import parse_bars
from musicae.cli.support.outputs import claim, targets
from musicae.music.recipes import PRESETS
from support.house import documentation

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]


def process(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-c", "from musicae.cli.main import main; main()", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def test_help_lists_every_command() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", result.output, re.MULTILINE)


@pytest.mark.parametrize("name", [*COMMANDS, "data prepare", "data describe"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli, [*name.split(), "-h"])
    assert result.exit_code == 0
    assert re.search(rf"^  Example:\n +musicae {name}", result.output, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_place_in_the_documentation(name: str) -> None:
    assert re.search(rf"musicae {name}\b", documentation())


def test_every_file_of_a_command_is_listed() -> None:
    folder = ROOT / "cli" / "commands"
    names = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    assert names - {"__init__"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_help_text(name: str) -> None:
    command = import_module(f"musicae.cli.commands.{name}").command
    subcommands = command.commands.values() if isinstance(command, click.Group) else [command]
    for sub in subcommands:
        assert all(p.help for p in sub.params if isinstance(p, click.Option))


def test_train_help_lists_the_presets() -> None:
    output = CliRunner().invoke(cli, ["train", "--help"]).output
    assert all(re.search(rf"^  {name} ", output, re.MULTILINE) for name in PRESETS)


def test_version_is_printed(run: Run) -> None:
    status, out, err = run("--version")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"musicae, version \d+\.\d+\.\d+\n", out)


def test_no_command_shows_help_and_is_bad_usage(run: Run) -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    assert err.startswith("Usage: musicae [OPTIONS] COMMAND [ARGS]...")
    assert "interpolate" in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["interpolat"], "No such command 'interpolat'; did you mean 'interpolate'?"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["data", "prepar"], "No such command 'prepar'; did you mean 'prepare'?"),
        (["interpolate", "a.mid"], "Missing argument 'B'."),
        (["reconstruct"], "Missing argument 'FILES...'."),
        (["interpolate", "a.mid", "b.mid", "--steps", "1"], "Invalid value for '--steps': 1 is not in the range 2<=x<=1000."),
        (["sample", "-n", "0"], "Invalid value for '--count' / '-n': 0 is not in the range 1<=x<=10000."),
        (["sample", "--seed", "-1"], "Invalid value for '--seed': -1 is not in the range 0<=x<=4294967295."),
        (
            ["reconstruct", "a.mid", "--bars", "3-"],
            "Invalid value for '--bars': '3-' is not a range of bars; give one such as 3-4 (from 1, inclusive).",
        ),
        (
            ["interpolate", "a.mid", "b.mid", "--track", "1", "--track", "2", "--track", "3"],
            "--track was given 3 times; give it once for all files, or 2 times, once per file.",
        ),
        (["train", "melody-2bar", "--config", "x.json"], "Give a preset or --config, not both."),
    ],
)
def test_misuse_is_reported_after_the_usage_with_status_2(run: Run, arguments: list[str], text: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Usage: musicae")
    assert err.splitlines()[-1] == f"Error: {text}"


def test_unknown_option_names_the_nearest(run: Run) -> None:
    status, out, err = run("interpolate", "a.mid", "b.mid", "--stepss", "3")
    assert (status, out) == (2, "")
    assert re.fullmatch("Error: No such option.*--stepss.*Did you mean .*--steps.*", err.splitlines()[-1])  # click's words


def test_unknown_preset_names_the_nearest(run: Run) -> None:
    known = ", ".join(PRESETS)
    text = f"Error: Unknown preset 'melody-2baar'; did you mean 'melody-2bar'? Known: {known}.\n"
    assert run("train", "melody-2baar") == (2, "", text)


@pytest.mark.parametrize(("text", "wanted"), [("3-4", (3, 4)), ("7", (7, 7)), ("1-1", (1, 1)), ("10-123", (10, 123))])
def test_bars_are_parsed(text: str, wanted: tuple[int, int]) -> None:
    assert parse_bars(text) == wanted


@pytest.mark.parametrize("text", ["", "3-", "-4", "a", "3-b", "3 - 4", "²", "1-2-3", "1.5", "9" * 5000, "-1"])
def test_what_is_no_range_of_bars_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a range of bars; give one such as 3-4 \(from 1, inclusive\)\.$"):
        parse_bars(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0-1", "'0-1' begins before bar 1; bars are numbered from 1."),
        ("9-8", "'9-8' ends before it begins; did you mean 8-9?"),
    ],
)
def test_impossible_ranges_of_bars_are_refused(text: str, reason: str) -> None:
    with pytest.raises(click.BadParameter, match=f"^{re.escape(reason)}$"):
        parse_bars(text)


def test_a_name_ending_in_mid_is_the_file_of_one_result_and_anything_else_a_folder(tmp_path: Path) -> None:
    assert targets(tmp_path / "x.MID", ["a"]) == [tmp_path / "x.MID"]
    assert targets(tmp_path / "x", ["a"]) == [tmp_path / "x" / "a"]
    assert targets(Path(""), ["a", "b"]) == [Path("a"), Path("b")]
    (tmp_path / "folder.mid").mkdir()
    assert targets(tmp_path / "folder.mid", ["a"]) == [tmp_path / "folder.mid" / "a"]


@pytest.mark.parametrize("name", ["x.wav", "x.PNG", "deep/x.pdf"])
def test_files_of_another_form_are_no_folders(name: str, tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match=rf"^{re.escape(name)}: results are \.mid files; give -o a name of one, or a"):
        targets(Path(name), ["a.mid"])
    (tmp_path / name).mkdir(parents=True)
    assert targets(tmp_path / name, ["a.mid"]) == [tmp_path / name / "a.mid"]
    assert targets(Path("take.1"), ["a.mid"]) == [Path("take.1/a.mid")]


def test_one_file_for_several_results_is_refused() -> None:
    with pytest.raises(
        click.UsageError, match=r"^x\.mid is the name of one file, but there are 2 to write; give -o a folder\.$"
    ):
        targets(Path("x.mid"), ["a", "b"])


def test_several_results_of_one_name_are_refused() -> None:
    with pytest.raises(click.UsageError, match=r"^Several results would be written to o/a; take the inputs one by one\.$"):
        targets(Path("o"), ["a", "b", "a"])


def test_claim_refuses_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    Path("folder").mkdir()
    claim([Path("new/deep/x.mid"), Path("x.mid")], force=False)
    claim([Path("file")], force=True)
    for path, text in {
        "file": "file exists; use --force to overwrite it, or choose another -o.",
        "file/deep/x.mid": "file is a file, so file/deep/x.mid cannot be written; choose another -o.",
        "folder": "folder is a folder, so no file can be written there; choose another -o.",
    }.items():
        with pytest.raises(click.ClickException, match=f"^{re.escape(text)}$"):
            claim([Path("x.mid"), Path(path)], force=False)


def test_an_unforeseen_error_becomes_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("inner\nmatters")

    monkeypatch.setattr("musicae.music.formats.midi.read_midi", fail)
    assert run("inspect", "a.mid") == (
        1,
        "",
        "Error: unexpected ValueError (inner matters); this is a bug in musicae. Please report it with what the same command "
        "prints under MUSICAE_TRACEBACK=1.\n",
    )
    monkeypatch.setenv("MUSICAE_TRACEBACK", "1")
    with pytest.raises(ValueError, match="inner"):
        main(["inspect", "a.mid"])


def test_ctrl_c_stops_with_status_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("musicae.music.formats.midi.read_midi", stop)
    status, out, err = run("inspect", "a.mid")
    assert (status, out, err.strip()) == (130, "", "Stopped.")


def test_help_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys\nfrom musicae.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'numpy', 'rich', 'pretty_midi'} & set(sys.modules), set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_inspect_imports_no_torch(midi_pair: tuple[Path, Path]) -> None:
    code = (
        "import sys\nfrom musicae.cli.main import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'pretty_midi'} & set(sys.modules) and 'musicae.music.formats.midi' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, "inspect", str(midi_pair[0])], check=True, capture_output=True)


@pytest.mark.parametrize(
    "arguments",
    [
        "interpolate a.mid gone.mid",
        "reconstruct gone.mid",
        "humanize a.mid",
        "sample -c gone",
        "vary a.mid -c gone",
        "steer a.mid --set range=1 -c gone",
        "attributes a.mid -c gone",
        "attributes --fit gone",
        "personalize . -c gone",
        "personalize gone",
        "search a.mid --in gone",
        "release gone",
        "info gone",
        "image sample -c gone",
        "image reconstruct gone.png",
        "image denoise gone.png",
        "image interpolate gone.png gone.png",
        "image evaluate gone",
        "image plot all -c gone",
    ],
)
def test_bad_files_are_reported_before_torch_is_imported(midi_pair: tuple[Path, Path], tmp_path: Path, arguments: str) -> None:
    code = (
        "import sys\nfrom musicae.cli.main import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as stopped:\n"
        "    assert stopped.code == 1 and 'torch' not in sys.modules, stopped.code"
    )
    command = [sys.executable, "-c", code, *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert re.fullmatch(r"Error: .*\n", done.stderr)


def test_a_process_interpolates(midi_pair: tuple[Path, Path], small_checkpoint: Path, tmp_path: Path) -> None:
    done = process("interpolate", "a.mid", "b.mid", "--steps", 2, "-c", small_checkpoint, "-o", "morph", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    ends = "from a.mid (track 1, bars 1-2) to b.mid (track 1, bars 1-2)"
    alone = "each alone in step-01.mid to step-02.mid"
    assert done.stdout == f"morph/interpolation.mid: 2 steps {ends}, one after the other; {alone}\n"
    assert {path.name for path in (tmp_path / "morph").iterdir()} == {"interpolation.mid", "step-01.mid", "step-02.mid"}


def test_a_process_reports_an_error_in_one_line(midi_pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "cut.mid").write_bytes(midi_pair[0].read_bytes()[:60])
    done = process("interpolate", "a.mid", "cut.mid", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: cut\.mid is .+\n", done.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mid", "b.mid", "cut.mid"]


def test_a_process_takes_a_name_that_is_no_text(midi_pair: tuple[Path, Path], tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.mid")
    try:
        (tmp_path / odd).write_bytes(midi_pair[0].read_bytes())
    except OSError:
        pytest.skip("this file system takes names of valid text only")
    done = process("inspect", odd, "missing.mid", folder=tmp_path)
    assert done.returncode == 1
    assert "4 bars" in done.stdout
    assert "Error: missing.mid cannot be read: no such file or directory.\n" in done.stderr
    assert done.stderr.endswith("1 of 2 files done, 1 failed.\n")
