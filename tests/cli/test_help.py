"""The help of every command: its examples run, word for word."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from musicae import Note, Score, Track
from musicae.checkpoints.shipped import shipped as shipped_models
from musicae.cli.main import cli
from musicae.music.formats.midi import write_midi
from support.drums import beat, kit

Run = Callable[..., tuple[int, str, str]]

# Examples that are not run here, with the reason.
LONG = {
    "attributes --fit": "computes for minutes; tests/music/tasks/test_attributes.py runs it on a small model",
    "data describe": "reads collections of thousands of tunes",
    "data prepare": "reads collections of thousands of tunes",
    "evaluate": "reads collections of thousands of tunes",
    "image": "trains or needs a data set; tests/cli/test_image.py runs the commands on small ones",
    "personalize": "trains for minutes; tests/music/tasks/test_personalize.py trains for some steps",
    "release": "needs a run; tests/cli/test_release.py makes one",
    "train": "trains for hours",
    "sample -c mine.safetensors": "needs the result of `personalize`",
    "interpolate -c mine.safetensors": "needs the result of `personalize`",
    "completion": "shows a redirection of the shell",
}


def examples(group: click.Group = cli) -> Iterator[str]:
    """Yield the commands under `Example:` in the help of each command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None and command.help is not None
        _, _, text = command.help.partition("Example:\n")
        yield from (line.strip().removeprefix("musicae ") for line in text.splitlines() if line.strip().startswith("musicae "))
        if isinstance(command, click.Group):
            yield from examples(command)


ALL = sorted(set(examples()))


@pytest.fixture
def place(folder: Path, make_tune: Callable[..., Score], shipped: None) -> Path:
    """Work in a folder with the files that the examples name."""
    tunes = {name: make_tune(i, bars=12) for i, name in enumerate(("a", "b", "c", "d", "tune", "sketch"))}
    for name, tune in tunes.items():
        write_midi(tune, f"{name}.mid")
    drums = Track(kit(*beat(16)).notes, is_drum=True, name="Kit")
    write_midi(Score((*make_tune(7, bars=16).tracks, drums)), "song.mid")
    write_midi(Score((kit(*beat(4)),)), "beat.mid")
    write_midi(Score((Track((Note(0.0, 1.0, 60), Note(5.0, 1.0, 62))),)), "sketch.mid")
    for name in ("songs", "tunes", "more", "morph"):
        Path(name).mkdir()
        for i in range(2):
            write_midi(make_tune(i + len(name), bars=4), f"{name}/{'step-0' if name == 'morph' else name}{i}.mid")
    return folder


@pytest.mark.parametrize("example", [e for e in ALL if not e.startswith(tuple(LONG))])
def test_an_example_runs(run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, example: str) -> None:
    if example.startswith(("steer", "attributes")):  # with the shipped model, which has attribute vectors
        monkeypatch.setattr("musicae.checkpoints.shipped.shipped", shipped_models)
    words: list[object] = []
    for word in re.findall(r"'[^']*'|\S+", example):
        quoted = word.startswith("'")
        matches = [] if quoted or "*" not in word else sorted(str(path) for path in Path().glob(word))
        words += matches or [word.strip("'")]
    if "-o morph" in example:
        words.append("--force")
    status, out, err = run(*words)
    assert status == 0, err
    assert out


def test_every_exception_is_an_example() -> None:
    assert all(any(example.startswith(start) for example in ALL) for start in LONG)


def test_examples_put_options_before_arguments() -> None:
    for example in ALL:
        words = re.findall(r"\"[^\"]*\"|'[^']*'|\S+", example)
        options = [i for i, word in enumerate(words) if word.startswith("-")]
        files = [
            i
            for i, word in enumerate(words)
            if re.search(r"\.mid'?$|^(songs|tunes)$", word) and words[i - 1] not in ("-o", "--in")
        ]
        assert not options or not files or max(options) < min(files) or words[max(options)] == "--json", example
