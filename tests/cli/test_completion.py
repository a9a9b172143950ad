"""Completion by the Tab key: commands, options and names, in a process that imports no torch."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from musicae.checkpoints.shipped import shipped
from musicae.cli.main import COMMANDS
from musicae.cli.support import completions
from musicae.datasets.images import IMAGE_SETS
from musicae.datasets.music.collections import COLLECTIONS
from musicae.images.recipes import IMAGE_PRESETS
from musicae.music.metrics.attributes import ATTRIBUTES
from musicae.music.recipes import PRESETS
from musicae.music.scales import SCALES

Run = Callable[..., tuple[int, str, str]]


def complete(*words: str) -> list[str]:
    """Return what bash would be offered after these words, the last of which is being typed."""
    environment = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1), "_MUSICAE_COMPLETE": "bash_complete"}
    if not words[-1]:
        environment["COMP_WORDS"] = " ".join(words[:-1])
    code = (
        "import sys, atexit\nfrom musicae.cli.main import main\n"
        "atexit.register(lambda: 'torch' in sys.modules and print('torch was imported'))\nmain()"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def plain(*names: str) -> list[str]:
    return [f"plain,{name}" for name in names]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_asks_musicae(run: Run, shell: str) -> None:
    status, out, _ = run("completion", shell)
    assert (status, f"_MUSICAE_COMPLETE={shell}_complete" in out, "musicae" in out) == (0, True, True)


def test_bash_accepts_the_script(run: Run) -> None:
    script = run("completion", "bash")[1]
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_other_shells_are_bad_usage(run: Run) -> None:
    status, out, err = run("completion", "tcsh")
    assert (status, out, "'tcsh' is not one of 'bash', 'zsh', 'fish'." in err) == (2, "", True)


def test_commands_and_options_are_completed() -> None:
    assert complete("musicae", "") == plain(*COMMANDS)
    assert complete("musicae", "inte") == plain("interpolate")
    assert complete("musicae", "data", "d") == plain("describe")
    assert complete("musicae", "image", "tr") == plain("train")
    assert complete("musicae", "vary", "--di") == plain("--distance")
    assert complete("musicae", "no-such-command", "--x") == []


def test_names_are_completed() -> None:
    melodies = [name for name in shipped() if name.startswith("melody")]
    assert complete("musicae", "sample", "-c", "mel") == plain(*melodies)
    assert complete("musicae", "info", "mel") == plain(*melodies)
    assert complete("musicae", "sample", "-c", "runs/") == ["file,runs/"]
    assert complete("musicae", "evaluate", "--data", "r") == plain("ryans")
    assert complete("musicae", "steer", "--set", "s") == plain("syncopation=", "scale=")
    assert complete("musicae", "data", "prepare", "--preset", "drums") == plain("drums-2bar")


@pytest.mark.parametrize(
    ("completer", "names"),
    [
        (completions.presets, list(PRESETS)),
        (completions.image_presets, list(IMAGE_PRESETS)),
        (completions.image_sets, list(IMAGE_SETS)),
        (completions.collections, list(COLLECTIONS)),
        (completions.scales, list(SCALES)),
        (completions.attributes, [f"{name}=" for name in ATTRIBUTES]),
        (completions.checkpoints, list(shipped())),
    ],
)
def test_all_names_of_the_library_are_offered(completer: completions.Completer, names: list[str]) -> None:
    context, parameter = None, None  # no completer needs them
    offered = completer(context, parameter, "")  # type: ignore[arg-type]
    assert [item.value for item in offered] == names
