"""The stored images and sounds of the site, made again; takes some minutes.

    python -m builder.assets [OPTION ...]

Options, such as `--data-dir path/to/mnist`, are those of the lesson's scripts.
"""

import sys
from pathlib import Path

import soundfile

import musicae
from builder import lesson
from musicae.plots.piano_roll import save_rolls
from musicae.sound.render import encode_audio, render

__all__ = ["morph"]

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "docs" / "assets"
STEPS = 7
_RATE = 22050  # samples per second: two short files instead of one long


def morph() -> None:
    """Draw and play the morph of the first page: seven steps from one reel to another."""
    a, b = (ROOT / "examples" / "tunes" / f"{name}-reel.mid" for name in "ab")
    steps = musicae.interpolate(musicae.load("melody-2bar", device="cpu"), a, b, STEPS)
    titles = [a.stem, *(f"{i}/{STEPS - 1}" for i in range(1, STEPS - 1)), b.stem]
    save_rolls(steps.scores, ASSETS / "morph.png", titles)
    audio = render(steps.joined, rate=_RATE)
    (ASSETS / "morph.ogg").write_bytes(encode_audio(audio, rate=_RATE, form="ogg"))
    soundfile.write(ASSETS / "morph.mp3", audio, _RATE, format="MP3")  # not every browser plays Ogg
    save_rolls([musicae.read(ROOT / "examples" / "songs" / "song.mid")], ASSETS / "song.png")


if __name__ == "__main__":
    morph()
    lesson.run(sys.argv[1:])
