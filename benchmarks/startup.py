"""Whole-process times, cold interpreter each time, medians over rounds that take turns.

python benchmarks/startup.py
python benchmarks/startup.py --every-command
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
TUNES = ("a-reel.mid", "b-reel.mid")
# What a musician asks of one or two files; long.mid is the first tune eight times over, three minutes.
EVERY = (
    "inspect long.mid",
    "plot a-reel.mid -o plot.png",
    "render long.mid -o long.ogg",
    "reconstruct a-reel.mid -o reconstructed.mid",
    "reconstruct a-reel.mid -o reconstructed.mid --png --musicxml",
    "reconstruct long.mid --whole --keep-tracks -o whole.mid",
    "interpolate a-reel.mid b-reel.mid --exact --even -o morph",
    "interpolate a-reel.mid b-reel.mid --wav -o morph",
    "vary a-reel.mid -o vary",
    "grid a-reel.mid b-reel.mid --png -o grid",
    "attributes a-reel.mid",
    "steer a-reel.mid --set density=+1 -o steered.mid",
    "mean a-reel.mid b-reel.mid -o mean.mid",
    "continue a-reel.mid -o continued.mid",
    "complete a-reel.mid --fill 2 --bars 1-2 -o completed.mid",
    "sample -n 4 -o samples",
    "sample -c drums-2bar -n 1 -o drums.mid",
    "humanize drums.mid -o humanized.mid",
    "image sample -o digits.png",
)
LONG = """
import sys
from musicae.music.formats import read, write
from musicae.music.excerpts.phrase import join
write(join([read(sys.argv[1])] * 8, [68.0] * 8), sys.argv[2])
"""


@click.command()
@click.option("--rounds", default=7, show_default=True)
@click.option("--every-command", is_flag=True, help="Time every command that a musician uses, not only a morph.")
def main(rounds: int, every_command: bool) -> None:
    """Print median seconds of `musicae --help`, `import torch`, and commands on the example tunes, and those beyond torch."""
    asked = EVERY if every_command else ("interpolate a-reel.mid b-reel.mid -o morph",)
    musicae = str(Path(sys.executable).parent / "musicae")
    commands = {"help": [musicae, "--help"], "import torch": [sys.executable, "-c", "import torch"]}
    commands |= {command: [musicae, *command.split(), *_force(command)] for command in asked}
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for name in TUNES:
            shutil.copy(ROOT / "examples" / "tunes" / name, folder)
        subprocess.run([sys.executable, "-c", LONG, TUNES[0], "long.mid"], cwd=folder, check=True)
        for _ in range(rounds + 1):
            for name, command in commands.items():
                begin = time.perf_counter()
                subprocess.run(command, cwd=folder, check=True, capture_output=True)
                times[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    beyond = {name: round(value - medians["import torch"], 3) for name, value in medians.items() if name in asked}
    medians = {name: round(value, 3) for name, value in medians.items()}
    click.echo(json.dumps({"seconds": medians, "seconds beyond import torch": beyond}, indent=2))


def _force(command: str) -> list[str]:
    return [] if command.startswith(("inspect", "attributes")) else ["--force"]


if __name__ == "__main__":
    main()
