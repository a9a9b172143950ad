"""What tests of several commands share: a folder of songs, and whole processes run twice."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from musicae import Note, Score, Track
from musicae.music.formats.midi import write_midi


def write_songs(songs: Mapping[str, Score]) -> list[Path]:
    """Write songs/NAME.mid for each score, and drums and a text in songs/deep; return the paths of all .mid files, sorted."""
    folder = Path("songs/deep")
    folder.mkdir(parents=True)
    for name, score in songs.items():
        write_midi(score, Path("songs") / f"{name}.mid")
    write_midi(Score((Track((Note(0.0, 0.5, 36), Note(1.0, 0.5, 38)), is_drum=True),)), folder / "drums.mid")
    (folder / "text.mid").write_text("no music")
    return sorted(Path("songs").rglob("*.mid"))


def check_process(*arguments: str, ending: str, without: set[str]) -> None:
    """Run a command twice as a process of its own: it imports none of these modules, and both files it writes are the same."""
    code = (
        "import sys\nfrom musicae.cli.main import cli\n"
        f"cli.main([*{arguments!r}, '-o', sys.argv[1]], standalone_mode=False)\n"
        f"assert not {without!r} & set(sys.modules)"
    )
    written = [Path(f"{i}{ending}") for i in (1, 2)]
    for path in written:
        command = [sys.executable, "-c", code, str(path)]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
    assert written[0].read_bytes() == written[1].read_bytes()
