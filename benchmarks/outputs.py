"""Prove that a restructuring loses nothing: record what every command prints and writes, and compare two records.

    python benchmarks/outputs.py record --musicae OLD/bin/musicae --groove FILE --mnist FOLDER -o before.json --keep before
    python benchmarks/outputs.py record --musicae NEW/bin/musicae --groove FILE --mnist FOLDER -o after.json --keep after
    python benchmarks/outputs.py compare before.json after.json

Record both versions on one machine, with the same libraries: other arithmetic gives other bytes. Cases run in empty folders,
on one thread, without downloads, and begin with an empty cache. A record holds the commands, the exit statuses, and SHA-256 of
stdout, stderr and each file written; of MIDI files also of their events, without the end of tracks. The hashes skip:

- the folders of absolute paths that are printed,
- wall-clock times: the columns `TIMES` of metrics.csv, and the stderr of cases in `TIMED`, which shows speeds,
- the version of musicae in checkpoints, and files in `UNREAD`, which hold times; cases with --resume go on from such a file.
"""

import csv
import hashlib
import io
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click
import mido
from outputs_changes import reason
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
INPUTS = (ROOT / "examples" / "tunes", ROOT / "tests" / "golden")
TIMES = ("seconds", "examples_per_second")
TIMED = ("train-*", "image-train*")
UNREAD = ("state.pt",)

_ALL = "attributes complete continue data evaluate grid humanize image info inspect interpolate mean models personalize".split()
_ALL += [*"plot reconstruct render sample search train vary".split(), "data describe", "data prepare"]
_ALL += [f"image {name}" for name in "denoise evaluate interpolate plot reconstruct sample train upscale".split()]
_MUSIC = ("melody-2bar", "melody-2bar-sampling", "melody-16bar", "drums-2bar")
_PICTURES = ("vae-2d", "conv-vae", "cvae", "denoise", "superres")
_MNIST, _GROOVE, _FORMS = "--data-dir ../mnist", "../groove.zip", "--wav --flac --ogg --png --musicxml"
_FOLDERS = re.compile(r"(?<![\w.>)\]*}])/(?:[^\s/\"':,]+/)+")  # of an absolute path

# Commands by the name of their case; `&&` parts commands that follow one another. `../in` holds the inputs.
CASES: dict[str, str] = {
    "help": " && ".join(["--help", *(f"{name} --help" for name in _ALL)]),
    "usage": "smaple && sample --temprature 1 && interpolate ../in/a-reel.mid && sample -n 0 && image smaple",
    "inspect": "inspect ../in && inspect ../in --count 16 --json",
    "plot": "plot ../in/band.mid --bars 1-2 -o a.png && plot ../in/pickup.mid -o b.svg && plot ../in/jig.mid -o c.pdf",
    "plot-many": "plot ../in/jig.mid ../in/c-jig.mid --row -o row.png"
    " && plot ../in --out-template '{number}-{stem}.roll{suffix}' -o rolls --json",
    "render": "render ../in/band.mid -o band.wav && render ../in/metres.mid -o metres.flac --rate 22050",
    "render-many": "render ../in --format ogg --rate 16000 -o sound",
    "reconstruct": "reconstruct ../in/a-reel.mid && reconstruct ../in/a-reel.mid -c melody-2bar-sampling --bars 5-6 -o b.mid",
    "reconstruct-forms": f"reconstruct ../in/b-reel.mid --track 1 --bars 3-4 -o again.mid {_FORMS}",
    "reconstruct-exact": "reconstruct ../in/c-jig.mid --exact --bars 4-5 -o c.mid && reconstruct ../in/metres.mid --exact",
    "reconstruct-whole": "reconstruct ../in/a-reel.mid ../in/pickup.mid ../in/metres.mid --whole --musicxml -o whole",
    "reconstruct-whole-exact": "reconstruct ../in/metres.mid --whole --exact --keep-tracks",
    "reconstruct-keep": "reconstruct ../in/band.mid --whole --keep-tracks --png -o band.mid",
    "reconstruct-drums": "reconstruct ../in/band.mid --track drums && reconstruct ../in/band.mid --track Kit --whole -o w.mid",
    "reconstruct-16": "reconstruct ../in/b-reel.mid -c melody-16bar --png && reconstruct ../in/jig.mid -c melody-16bar",
    "reconstruct-many": "reconstruct ../in '../in/*.mid' -o again --out-template '{stem}.again{suffix}' --json"
    " && reconstruct ../in/jig.mid ../in/bad -o other",
    "refused": "reconstruct ../in/bad/text.mid && reconstruct ../in/none.mid && reconstruct ../in/jig.mid --bars 9-10"
    " && reconstruct ../in/jig.mid -c none && sample -c vae-2d && humanize ../in/jig.mid && sample --metre 4/5",
    "interpolate": "interpolate ../in/a-reel.mid ../in/b-reel.mid",
    "interpolate-exact": "interpolate ../in/a-reel.mid ../in/c-jig.mid --exact --even --steps 9 -o exact --png",
    "interpolate-bars": "interpolate ../in/a-reel.mid ../in/jig.mid --bars 5-6 --bars 3-4 --even --steps 5 -o bars --musicxml",
    "interpolate-key": "interpolate ../in/b-reel.mid ../in/a-reel.mid --key D --scale dorian --temperature 0.7 --seed 3 -o key",
    "interpolate-whole": "interpolate ../in/pickup.mid ../in/band.mid --whole --keep-tracks --steps 4 -o whole",
    "interpolate-16": "interpolate ../in/a-reel.mid ../in/b-reel.mid -c melody-16bar --steps 4 --wav -o long",
    "interpolate-drums": "sample -c drums-2bar -n 2 --seed 4 -o beats && interpolate beats/sample-01.mid beats/sample-02.mid"
    " && interpolate ../in/band.mid beats/sample-02.mid --track drums --exact --even --steps 4 -o even",
    "sample": "sample -n 4 --metre 6/8 --seed 1 -o samples && sample -c melody-2bar -n 2 --temperature 1 -o others"
    " && sample -c melody-16bar -n 2 --seed 5 --png -o long",
    "sample-key": f"sample -n 1 --key 'F# minor' --tempo 90 --metre 5/4 --seed 2 -o one.mid {_FORMS}",
    "humanize": "humanize ../in/band.mid && humanize ../in/band.mid --track 2 --amount 0.6 --temperature 1 --seed 3 --wav -o b",
    "vary": "vary ../in/c-jig.mid -n 3 --distance 0.2 --seed 5 && vary ../in/b-reel.mid -n 1 --key G --temperature 1 -o v.mid",
    "vary-whole": "vary ../in/band.mid -n 2 --whole --keep-tracks -o whole && vary ../in/band.mid -n 2 --track drums -o drums",
    "grid": "grid ../in/a-reel.mid ../in/b-reel.mid ../in/jig.mid ../in/c-jig.mid --size 3x4 --png --musicxml"
    " && grid ../in/a-reel.mid ../in/pickup.mid --temperature 0.5 --seed 2 -o two",
    "mean": "mean ../in/a-reel.mid ../in/b-reel.mid ../in/c-jig.mid && mean ../in/jig.mid ../in/c-jig.mid --png -o jigs.mid",
    "attributes": "attributes ../in/b-reel.mid && attributes --table"
    " && attributes ../in/b-reel.mid --set density=+1.5 --set range=-1 --png -o busier.mid",
    "complete": "complete ../in/a-reel.mid --bars 3-4 --fill 4 -n 3 --temperature 0.8 -o ways",
    "complete-keep": "complete ../in/c-jig.mid --bars 2-3 --fill 2-3 --keep-notes --key A --scale minor",
    "complete-drums": "complete ../in/band.mid --track drums --bars 1-2 --fill 2 -n 2 --seed 1 --temperature 1 -o fills",
    "continue": "continue ../in/b-reel.mid --bars 3-4 --new-bars 6 -n 2 --seed 7 -o ideas && continue ../in/c-jig.mid",
    "continue-16": "continue ../in/a-reel.mid -c melody-16bar --new-bars 8",
    "search": "search ../in/a-reel.mid --in ../in --top 5 --index index.safetensors"
    " && search ../in/jig.mid --in ../in --all-phrases --top 8 --json --bars 3-4",
    "personalize": "personalize ../in --steps 60 --seed 1 -o mine.safetensors && sample -c mine.safetensors -n 3"
    " && interpolate ../in/a-reel.mid ../in/jig.mid -c mine.safetensors --steps 4 && info mine.safetensors",
    "models": "models && models --json",
    "info": " && ".join(f"info {name}" for name in (*_MUSIC, *_PICTURES)),
    "data-prepare": "data prepare --jobs 0 && data describe --json && data prepare --jobs 0 --preset melody-16bar",
    "data-folder": "data prepare --data ../in --bars 1 --jobs 0 && data describe --data ../in --json"
    " && data describe --data ../in --preset musicvae-2bar-small",
    "data-groove": f"data prepare --jobs 0 --preset drums-2bar --data groove={_GROOVE}",
    "evaluate-melody-2bar": "evaluate melody-2bar --limit 200 --json",
    "evaluate-melody-2bar-sampling": "evaluate melody-2bar-sampling --limit 200 --json",
    "evaluate-melody-16bar": "evaluate melody-16bar --limit 40 --json",
    "evaluate-drums-2bar": f"evaluate drums-2bar --limit 200 --json --data groove={_GROOVE}",
    "evaluate-full": "evaluate melody-2bar-sampling --full --limit 100 --pairs 20 --seed 2 --plot plots.png",
    "train-tiny": "train --config ../in/tiny.json --threads 1 --steps 2 -o run"
    " && train --config ../in/tiny.json --threads 1 --resume -o run && reconstruct ../in/jig.mid -c run",
    "train-on": "train melody-2bar --init-from melody-2bar --data ../in --steps 2 --batch-size 8 --seed 3 --threads 1 -o run",
    "train-16": "train melody-16bar --init-from melody-2bar-sampling --data ../in --steps 1 --batch-size 2 --threads 1 -o run",
    "train-musicvae": "train musicvae-2bar-small --data ../in --steps 1 --batch-size 2 --threads 1 -o run && sample -c run",
    "train-drums": f"train drums-2bar --data groove={_GROOVE} --steps 1 --batch-size 8 --threads 1 -o run",
    **{f"image-evaluate-{name}": f"image evaluate {name} --limit 200 --json {_MNIST}" for name in _PICTURES},
    "image-evaluate-table": f"image evaluate vae-2d --limit 99 --split valid {_MNIST}"
    " && image evaluate vae-2d --limit 99 --json",
    "image-train": f"image train vae-2d --limit 500 --steps 4 --threads 1 --seed 1 -o run {_MNIST} && image sample -c run -n 2"
    f" && image train vae-2d --limit 500 --steps 6 --threads 1 --seed 1 --resume -o run {_MNIST}",
    "image-train-aae": f"image train aae --limit 200 --steps 2 --batch-size 16 --threads 1 -o run {_MNIST}",
    "image-train-repair": "image train denoise --corruption masking:patch=4 --limit 200 --steps 2 --batch-size 8 --threads 1"
    f" --init-from denoise -o run {_MNIST}",
    **{f"image-plot-{name}": f"image plot all -c {name} -n 5 -o plots {_MNIST}" for name in ("vae-2d", "cvae", "superres")},
    "image-reconstruct": "image reconstruct ../in/ring.png -o a.png && image reconstruct ../in/stroke.png -c cvae --label 1"
    " && image reconstruct ../in/wide.png --fit --invert --zoom 3 -c vae-2d && image reconstruct ../in/wide.png -o b.png",
    "image-sample": "image sample -n 4 --seed 2 && image sample -n 9 -c vae-2d --temperature 1 -o sheet.png"
    " && image sample -c cvae --label 7 --label 2 -n 4 --zoom 2 -o sevens",
    "image-interpolate": "image interpolate ../in/ring.png ../in/stroke.png --steps 5"
    " && image interpolate ../in/ring.png ../in/stroke.png -c cvae --label 0 --label 1 -o strip.png",
    "image-denoise": "image denoise ../in/ring.png -o clean.png && image denoise ../in/ring.png --damage --seed 4 -o damaged",
    "image-upscale": "image upscale ../in/small.png -o large.png && image upscale ../in/stroke.png --damage -o damaged",
}
_SIZES = {"latent_size": 4, "block": 6, "max_steps": 96, "max_bar_steps": 48, "token_size": 8, "block_size": 16}
_TINY = {
    **{"model": "plan-vae", "representation": {"name": "melody-triplets"}},
    "config": _SIZES | {"pooled_size": 8, "hidden_size": 16, "decoder_size": 16, "cell_size": 8},
    "training": {"steps": 4, "batch_size": 8, "validate_every": 2, "checkpoint_every": 2, "log_every": 1},
}


@click.group()
def main() -> None:
    """Record what every command prints and writes, and compare two records."""


_file, _folder = click.Path(path_type=Path, dir_okay=False), click.Path(path_type=Path, file_okay=False)
_only = click.option("--only", multiple=True, metavar="PATTERN", help="Take these cases only, such as 'image-*'.")


@main.command()
@click.option("--musicae", type=_file, required=True, help="The executable to run.")
@click.option("--output", "-o", type=_file, default="outputs.json", show_default=True, help="The record.")
@click.option("--groove", type=_file, help="The zip file of the Groove MIDI Dataset. [default: cases of it are skipped]")
@click.option("--mnist", type=_folder, help="Folder of the official MNIST files. [default: the digits of the extra `images`]")
@click.option("--cache", type=_folder, help="Keep prepared data there, so that the next record is faster. [default: nowhere]")
@click.option("--keep", type=_folder, help="Copy there what each case writes and prints.")
@_only
def record(
    musicae: Path, output: Path, cache: Path | None, keep: Path | None, only: tuple[str, ...], **data: Path | None
) -> None:
    """Run all cases, and write their hashes."""
    begin = time.monotonic()
    cases = dict[str, Any]()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary).resolve()
        _make_inputs(work, **data)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MUSICAE_", "PYTHON"))}
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment |= {"COLUMNS": "100", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": "", "MUSICAE_MIRRORS": ""}
        environment["MUSICAE_CACHE"] = str(cache.resolve() if cache else work / "cache")
        for name, commands in CASES.items():
            if _matches(name, only or ("*",)) and (data["groove"] or _GROOVE not in commands):
                asked = commands if data["mnist"] else commands.replace(f" {_MNIST}", "")
                cases[name] = _run(name, asked, musicae.absolute(), work, environment, keep)
                click.echo(f"{time.monotonic() - begin:6.1f} s  {name}: {cases[name]['status']}", err=True)
        cases["inputs"] = {"command": "", "status": [], "stdout": "", "stderr": "", "files": _hashes(work / "in")}
    output.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{len(cases) - 1} cases in {time.monotonic() - begin:.0f} s: {output}")


def _make_inputs(work: Path, groove: Path | None, mnist: Path | None) -> None:
    """Copy the tunes, draw a few images, and write a recipe and a file that is no music."""
    folder = work / "in"
    (folder / "bad").mkdir(parents=True)
    (folder / "bad" / "text.mid").write_text("no music")
    (folder / "tiny.json").write_text(json.dumps(_TINY))
    for path in sorted(path for source in INPUTS for path in source.glob("*.mid")):
        shutil.copy(path, folder)
    pictures: dict[str, tuple[int, int, Callable[[int, int], bool]]] = {
        "ring": (28, 28, lambda x, y: 6 <= math.hypot(x - 13.5, y - 13.5) <= 9),
        "stroke": (28, 28, lambda x, y: 12 <= x <= 15 and 4 <= y < 24),
        "small": (14, 14, lambda x, y: 3 <= math.hypot(x - 6.5, y - 6.5) <= 5),
        "wide": (60, 40, lambda x, y: not 10 <= math.hypot(x - 29.5, y - 19.5) <= 14),
    }
    for name, (width, height, is_white) in pictures.items():
        pixels = bytes(255 * is_white(x, y) for y in range(height) for x in range(width))
        Image.frombytes("L", (width, height), pixels).save(folder / f"{name}.png")
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))  # an index of `search` has its files by their times
    if groove:
        shutil.copy(groove, work / "groove.zip")
    if mnist:
        shutil.copytree(mnist, work / "mnist")


def _run(name: str, commands: str, musicae: Path, work: Path, environment: dict[str, str], keep: Path | None) -> dict[str, Any]:
    """Run the commands of a case in its folder; return what is kept of them."""
    (work / name).mkdir()
    status, said = [], {"stdout": "", "stderr": ""}
    for command in commands.split(" && "):
        run = [str(musicae), *shlex.split(command)]
        done = subprocess.run(run, cwd=work / name, env=environment, capture_output=True, encoding="utf-8", check=False)
        status.append(done.returncode)
        for stream in said:
            said[stream] += _FOLDERS.sub("", getattr(done, stream))
    files = _hashes(work / name)
    if keep:
        shutil.rmtree(keep / name, ignore_errors=True)
        shutil.copytree(work / name, keep / name, ignore=shutil.ignore_patterns(*UNREAD))
        for stream, text in said.items():
            (keep / name / f"{stream}.txt").write_text(text, encoding="utf-8")
    stderr = "skipped" if _matches(name, TIMED) else _hash(said["stderr"].encode())
    return {"command": commands, "status": status, "stdout": _hash(said["stdout"].encode()), "stderr": stderr, "files": files}


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file in a folder, at any depth."""
    return {path.relative_to(folder).as_posix(): _file_hash(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _file_hash(path: Path) -> str:
    """Return the hash of a file without wall-clock times and versions; of MIDI that of its events, too."""
    data = path.read_bytes()
    if path.name in UNREAD:
        return "skipped"
    if data.startswith(b"MThd"):
        events = [[str(message) for message in track if message.type != "end_of_track"] for track in mido.MidiFile(path).tracks]
        return f"{_hash(data)} {_hash(json.dumps(events).encode())}"
    if path.name == "metrics.csv":
        rows = [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(io.StringIO(data.decode()))]
        return _hash(json.dumps(rows).encode())
    if path.suffix == ".safetensors":
        end = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:end])
        said = json.loads(header.get("__metadata__", {}).pop("musicae", "{}"))
        said.pop("musicae_version", None)
        return _hash(json.dumps([header, said], sort_keys=True).encode() + data[end:])
    return _hash(data)


@main.command()
@click.argument("before", type=_file)
@click.argument("after", type=_file)
@_only
def compare(before: Path, after: Path, only: tuple[str, ...]) -> None:
    """Print a row for each case; the exit status is 1 if a difference is not in outputs_changes.py."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (before, after))
    names = [name for name in old | new if _matches(name, only or ("*",))]
    unlisted = 0
    for name in names:
        differences = _differences(old.get(name), new.get(name))
        surprising = [difference for difference in differences if not reason(name, difference)]
        intended = Counter(why for difference in differences if (why := reason(name, difference)))
        unlisted += bool(surprising)
        notes = surprising + [f"{count} intended ({why})" for why, count in intended.items()]
        click.echo(f"{name:32}{'; '.join(notes) or 'equal'}")
    click.echo(f"{len(names)} cases, {unlisted} with differences that are not listed", err=True)
    raise SystemExit(unlisted > 0)


def _differences(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[str]:
    """Return what differs between two records of a case."""
    if old is None or new is None:
        return ["no such case " + ("before" if old is None else "after")]
    differences = [f"{key} differs" for key in ("command", "status", "stdout", "stderr") if old[key] != new[key]]
    for path in sorted(old["files"] | new["files"]):
        was, now = (record["files"].get(path) for record in (old, new))
        if was is None or now is None:
            differences.append(f"{path} is {'new' if was is None else 'missing'}")
        elif was != now:
            alike = " " in was and was.split()[-1] == now.split()[-1]
            differences.append(f"{path} differs{', not in its events' if alike else ''}")
    return differences


if __name__ == "__main__":
    main()
