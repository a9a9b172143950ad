"""The second process that draws and notates while the first imports torch."""

import subprocess
import sys
from pathlib import Path

from musicae.cli.support.writer_process import Helper, write
from musicae.music.formats import read
from musicae.music.score import Score

# Asks a fresh process's helper for three files, then ends it and asks for more.
COLD = """
import os, sys
from pathlib import Path
from musicae.cli.support.writer_process import Helper
from musicae.music.formats import read

if __name__ == "__main__":
    os.cpu_count = lambda: 2
    helper = Helper.where_it_helps(("wav", "png", "musicxml"))
    score = read(sys.argv[1])
    for ending in ("png", "musicxml"):
        helper.write(score, Path(sys.argv[1]).with_suffix("." + ending), [score, score], 2)
    assert not {"matplotlib", "music21"} & set(sys.modules), "written in the other process"
    helper.write(score, Path(sys.argv[1]).with_suffix(".flac"), [score], None)
    helper._process.kill()
    helper.write(score, Path(sys.argv[1]).with_suffix(".again.png"), [score, score], 2)
    try:
        helper.write(score, Path(sys.argv[1], "no-folder.wav"), [score], None)
    except Exception as error:
        print(type(error).__name__)
"""


def cold(script: str, *arguments: object) -> str:
    done = subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_both_processes_write_the_same_bytes(midi_pair: tuple[Path, Path], tmp_path: Path) -> None:
    script = tmp_path / "cold.py"
    script.write_text(COLD)
    printed = cold(str(script), midi_pair[0])
    score: Score = read(midi_pair[0])
    for ending in ("png", "musicxml", "flac"):
        here = tmp_path / f"here.{ending}"
        write(score, here, [score, score] if ending == "png" else [score], 2)
        assert here.read_bytes() == midi_pair[0].with_suffix(f".{ending}").read_bytes()
    again = midi_pair[0].with_suffix(".again.png")
    assert again.read_bytes() == midi_pair[0].with_suffix(".png").read_bytes(), "written without the helper"
    assert printed.split() == ["RenderError"], "what the helper cannot write fails where the user sees it"


def test_where_it_saves_no_time_there_is_none() -> None:
    assert Helper.where_it_helps(("png", "musicxml")) is None, "torch is imported here"


def test_sound_alone_and_one_core_need_none(tmp_path: Path) -> None:
    script = tmp_path / "none.py"
    script.write_text(
        "import os\nfrom musicae.cli.support.writer_process import Helper\nos.cpu_count = lambda: 2\n"
        "print(Helper.where_it_helps(('wav', 'ogg')))\nos.cpu_count = lambda: 1\nprint(Helper.where_it_helps(('png',)))\n"
    )
    assert cold(str(script)).split() == ["None", "None"]


def test_a_command_that_fails_at_once_leaves_no_process_and_says_one_thing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from musicae.cli.main import main; main()", "mean", "none.mid", "no.mid", "--png"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "Error: none.mid cannot be read: no such file or directory.\n")
