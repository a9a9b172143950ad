"""Whole-process times, cold interpreter each time, medians over rounds that take turns.

python benchmarks/startup.py
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent


@click.command()
@click.option("--rounds", default=7, show_default=True)
def main(rounds: int) -> None:
    """Print seconds of `musicae --help`, `import torch`, and `musicae interpolate` of the example tunes."""
    tunes = sorted((ROOT / "examples" / "tunes").glob("*.mid"))[:2]
    musicae = str(Path(sys.executable).parent / "musicae")
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "help": [musicae, "--help"],
            "import torch": [sys.executable, "-c", "import torch"],
            "interpolate": [musicae, "interpolate", *map(str, tunes), "-o", folder, "--force"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, command in commands.items():
                begin = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[name].append(time.perf_counter() - begin)
    medians = {name: round(statistics.median(values[1:]), 3) for name, values in times.items()}
    medians["interpolate beyond import torch"] = round(medians["interpolate"] - medians["import torch"], 3)
    click.echo(json.dumps(medians, indent=2))


if __name__ == "__main__":
    main()
