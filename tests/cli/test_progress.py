"""Progress on stderr: a line every 30 seconds where there is no terminal, and stdout stays stdout where there is one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from musicae.cli.support.progress import LINE_EVERY, tasks, train_with_progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Yield a list whose only element is the time that `time.monotonic` returns."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    yield now


def test_short_work_prints_nothing(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with tasks() as progress:
        progress("reading [/red]", 1, 2)
        clock[0] += LINE_EVERY - 1
        progress("reading [/red]", 2, 2)
    assert capsys.readouterr() == ("", "")


def test_long_work_prints_a_line_every_thirty_seconds(capsys: pytest.CaptureFixture[str], clock: list[float]) -> None:
    with tasks() as progress:
        for done in range(10):
            progress("reading", done, 10)
            clock[0] += 10.0
        progress("cutting", 1, 5)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "reading: 3 of 10, about 70 s left",
        "reading: 6 of 10, about 40 s left",
        "reading: 9 of 10, about 10 s left",
    ]


class Trainer:
    """Reports steps like a trainer, `seconds` apart."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds = clock, seconds
        self.step, self.config = 0, SimpleNamespace(steps=10)

    def fit(self, report: Any, *, minutes: float | None) -> dict[str, float]:
        for step in range(1, 11):
            self.clock[0] += self.seconds
            report(step, {"loss": step / 10} | ({"valid_loss": 0.5} if step == 5 else {}))
        return {"valid_loss": 0.5}


def test_training_prints_validations_and_a_line_every_thirty_seconds(
    capsys: pytest.CaptureFixture[str], clock: list[float]
) -> None:
    trainer: Any = Trainer(clock, 10.0)
    assert train_with_progress(trainer, {"loss": "nats", "valid_loss": "nats"}, minutes=None) == {"valid_loss": 0.5}
    assert capsys.readouterr().err.splitlines() == [
        "step 3: 0.3 nats",
        "step 5: 0.5 nats, 0.5 nats",
        "step 8: 0.8 nats",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_results_go_to_a_file_while_a_bar_is_on_the_terminal(midi_pair: tuple[Path, Path], tmp_path: Path) -> None:
    import pty

    main, terminal = pty.openpty()
    environment = os.environ | {"TERM": "xterm"}
    command = [sys.executable, "-c", "from musicae.cli.main import main; main()", "inspect", "a.mid", "b.mid"]
    with (tmp_path / "out.txt").open("w") as out:
        done = subprocess.run(command, stdout=out, stderr=terminal, cwd=tmp_path, env=environment, check=False)
    os.close(terminal)
    os.close(main)
    assert done.returncode == 0
    words = [line.split()[0] for line in (tmp_path / "out.txt").read_text().splitlines()]
    assert words == [word for name in ("a.mid:", "b.mid:") for word in (name, "metre", "track", "*", "commands")]
