"""The stored images and sounds of the site, made again; takes some minutes.

    python -m builder.assets [OPTION ...]

Options, such as `--data-dir path/to/mnist`, are those of the lesson's scripts.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from builder import lesson
from musicae.cli.main import main as musicae
from musicae.music.formats.midi import read_midi
from musicae.sound.render import render

__all__ = ["morph"]

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "docs" / "assets"
_RATE = 22050  # samples per second: two short files instead of one long


def morph() -> None:
    """Draw and play the morph of the first page: seven steps from one reel to another, spaced by how the music changes."""
    tunes = ROOT / "examples" / "tunes"
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["interpolate", str(tunes / "a-reel.mid"), str(tunes / "b-reel.mid"), "--steps", "7", "-o", folder]
        try:
            musicae(arguments)
        except SystemExit as stopped:
            assert stopped.code == 0
        audio = render(read_midi(Path(folder) / "interpolation.mid"), rate=_RATE)
    for form in ("ogg", "mp3"):  # not every browser plays both
        soundfile.write(ASSETS / f"morph.{form}", audio, _RATE, format=form.upper())
    subprocess.run([sys.executable, ROOT / "benchmarks" / "picture.py", ASSETS / "morph.png"], check=True)


if __name__ == "__main__":
    morph()
    lesson.run(sys.argv[1:])
