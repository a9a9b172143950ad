"""The any-file rule: a folder of hundreds of real and odd MIDI files goes through the commands without an option.

    python benchmarks/music/any_file.py --pop909 POP909-001-800.zip --groove groove-v1.0.0-midionly.zip

The folder holds corpus tunes, taken evenly from each metre of each collection; the same tunes with a pick-up, tempo changes
and metre changes put in; POP909's songs with their three tracks and Groove's performances, as they are, where they are given;
and the odd files of `odd_files.py`. Each command gets the whole folder at once. What `--whole` writes is read again and has to
have the bars, tempo map and metres of its input. Failures are listed with their reasons.
"""

import json
import random
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import click
from click.testing import CliRunner
from odd_files import ODD, REFUSED

from musicae import MusicModel, Score, interpolate, load
from musicae.checkpoints.shipped import shipped
from musicae.cli.main import COMMANDS, cli
from musicae.datasets.music.collections import open_collections
from musicae.datasets.music.reading import Tune, read_collection
from musicae.errors import MusicaeError
from musicae.music.excerpts.phrase import Phrase
from musicae.music.formats.midi import read_midi, write_midi
from musicae.music.kinds import KINDS
from musicae.music.kinds.default_model import default_model
from musicae.music.score import Tempo, TimeSignature

Files = dict[Path, str]  # a file and its kind


def choose(count: int) -> list[Tune]:
    """Return tunes, turn by turn from each metre of each collection."""
    groups: dict[tuple[str, int, int], list[Tune]] = defaultdict(list)
    for collection in open_collections():
        for tune in read_collection(collection)[0]:
            bar = tune.score.bars()[0]
            groups[collection.name, bar.numerator, bar.denominator].append(tune)
    chosen: list[Tune] = []
    while len(chosen) < count and any(groups.values()):
        for tunes in groups.values():
            if tunes:
                chosen.append(tunes.pop(len(tunes) // 2))
    return chosen[:count]


def changed(score: Score, draw: random.Random) -> tuple[str, Score]:
    """Return a tune with something put in, and what it is."""
    kind = draw.choice(("pick-up put in", "tempo changes put in", "metre changes put in"))
    end = score.bars()[-1].end
    if kind == "tempo changes put in":
        times = sorted(draw.randrange(int(end * 480)) / 480 for _ in range(draw.randint(1, 30)))
        return kind, replace(score, tempos=(Tempo(0.0, 100.0), *(Tempo(t, draw.uniform(40, 200)) for t in times)))
    if kind == "metre changes put in":
        metres = ((2, 4), (3, 4), (4, 4), (5, 8), (6, 8), (7, 8), (12, 8))
        times = sorted(draw.randrange(max(1, int(end))) for _ in range(draw.randint(1, 6)))
        return kind, replace(score, time_signatures=tuple(TimeSignature(float(t), *draw.choice(metres)) for t in (0, *times)))
    length = draw.choice((0.5, 1.0, 1.5))
    first = score.bars()[0]
    shift = length if draw.random() < 0.5 else first.full_length  # a bar of its own, or a whole bar with rests before
    tracks = [
        replace(
            t,
            notes=(
                replace(t.notes[0], onset=shift - length, duration=length),
                *(replace(n, onset=n.onset + shift) for n in t.notes),
            ),
        )
        for t in score.tracks
    ]
    own = (
        (TimeSignature(0.0, round(length * 2), 8),)
        if shift == length
        else (TimeSignature(0.0, first.numerator, first.denominator),)
    )
    moved = tuple(replace(s, time=s.time + shift) for s in score.time_signatures)
    return kind, replace(score, tracks=tuple(tracks), time_signatures=own + moved)


def contents(source: Path, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` MIDI files of a folder or zip, evenly chosen, without versions of songs."""
    if source.is_dir():
        zips = sorted(source.glob("*.zip"))
        if zips:
            source = zips[0]
    if source.is_dir():
        files = sorted(p for p in source.rglob("*.mid") if "versions" not in p.parts)
        yield from ((p.stem, p.read_bytes()) for p in files[:: max(1, len(files) // count)][:count])
        return
    with zipfile.ZipFile(source) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".mid") and "versions" not in n)
        yield from ((Path(n).stem, archive.read(n)) for n in names[:: max(1, len(names) // count)][:count])


def fill(folder: Path, count: int, pop909: Path | None, groove: Path | None, each: int) -> Files:
    """Write the files; return their kinds."""
    draw, files, tunes = random.Random(0), Files(), choose(count)
    for i, tune in enumerate(tunes):
        bar = tune.score.bars()[0]
        files[folder / f"corpus-{i:03d}.mid"] = f"corpus, {bar.numerator}/{bar.denominator}"
        write_midi(tune.score, folder / f"corpus-{i:03d}.mid")
    for i, tune in enumerate(tunes[: count // 3]):
        kind, score = changed(tune.score, draw)
        files[folder / f"changed-{i:03d}.mid"] = kind
        write_midi(score, folder / f"changed-{i:03d}.mid")
    for kind, source in (("POP909, three tracks", pop909), ("Groove, drums", groove)):
        for name, data in contents(source, each) if source else ():
            path = folder / f"{kind.split(',')[0].lower()}-{name}.mid"
            files[path] = kind
            path.write_bytes(data)
    for j, (kind, make) in enumerate((ODD | REFUSED).items()):
        for i in range(4):
            files[folder / f"odd-{j:02d}-{i}.mid"] = kind
            (folder / f"odd-{j:02d}-{i}.mid").write_bytes(make(draw))
    return files


def run(arguments: list[str]) -> dict[str, str]:
    """Run a command over the folder; return the reason for each file that it refused."""
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    if not answers or (result.exception and not isinstance(result.exception, SystemExit)):
        raise click.ClickException(f"{' '.join(arguments)} failed: {result.exception or result.stderr}")
    return {line["file"]: line.get("error", "") for line in answers}


def unlike(path: Path, again: Path) -> str:
    """Return in what the whole reconstruction differs from its input."""
    a, b = read_midi(path), read_midi(again)
    bars = [[(bar.start, bar.length) for bar in score.bars()] for score in (a, b)]
    metres = [[(bar.numerator, bar.denominator) for bar in score.bars()] for score in (a, b)]
    same = {"bars": bars[0] == bars[1], "tempos": a.tempos == b.tempos, "metres": metres[0] == metres[1]}
    return ", ".join(f"other {what}" for what, good in same.items() if not good)


def interpolations(files: Files, checkpoint: str | None) -> dict[str, str]:
    """Morph each file into the next of its kind, melodies or drums; return the reason for each that cannot be."""
    models: dict[str, MusicModel] = {}
    phrases: dict[str, list[Phrase]] = defaultdict(list)
    reasons = {}
    for path in files:
        try:
            score = read_midi(path)
            name = checkpoint or default_model([(str(path), score, None)])
            if name not in models:
                models[name] = load(name)
            phrases[name].append(models[name].phrase(score, where=str(path)))
            reasons[str(path)] = ""
        except MusicaeError as error:
            reasons[str(path)] = str(error)
    for name, some in phrases.items():
        for phrase, following in zip(some, [*some[1:], *some[:1]], strict=True):
            interpolate(models[name], phrase, following, 3)
    return reasons


def show(files: Files, results: dict[str, dict[str, str]], lacking: Collection[str]) -> None:
    """Print kind of file x command, and every reason of a failure; `lacking` are kinds without music that a model takes."""
    kinds: dict[str, list[Path]] = defaultdict(list)
    for path, kind in files.items():
        kinds[kind].append(path)
    click.echo("| kind of file | files | " + " | ".join(results) + " |\n|" + "---|" * (len(results) + 2))
    for kind, paths in kinds.items():
        cells = [str(sum(not reasons[str(p)] for p in paths)) for reasons in results.values()]
        click.echo(f"| {kind}{' (for no model)' if kind in lacking else ''} | {len(paths)} | " + " | ".join(cells) + " |")
    able = [str(p) for p, kind in files.items() if kind not in lacking]
    for title, chosen in (("all", [str(p) for p in files]), ("all that a model is for", able)):
        shares = [sum(not reasons[p] for p in chosen) / len(chosen) for reasons in results.values()]
        click.echo(f"| **{title}** | {len(chosen)} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    for command, reasons in results.items():
        # Without file names and numbers, so that alike reasons are counted together.
        words = Counter(f"{files[Path(p)]}: {r.removeprefix(p).strip(': ')}" for p, r in reasons.items() if r)
        click.echo(f"\n{command}: {sum(words.values())} refused")
        for text, times in words.most_common():
            click.echo(f"  {times} x {text}")


@click.command()
@click.option("--count", default=150, show_default=True, help="Corpus tunes; a third of them once more, changed.")
@click.option("--pop909", type=click.Path(path_type=Path, exists=True), help="POP909, folder or zip.")
@click.option("--groove", type=click.Path(path_type=Path, exists=True), help="Groove MIDI Dataset, folder or zip.")
@click.option("--each", default=40, show_default=True, help="Files of POP909 and of Groove.")
@click.option("--checkpoint", help="A model for all files. [default: chosen by what each file is]")
@click.option("--render/--no-render", default=True, show_default=True, help="Make sound of all files, which takes longest.")
def main(count: int, pop909: Path | None, groove: Path | None, each: int, checkpoint: str | None, render: bool) -> None:
    """Print a table of kinds of files and commands."""
    with tempfile.TemporaryDirectory() as name:
        folder, out = Path(name) / "in", Path(name) / "out"
        folder.mkdir()
        files = fill(folder, count, pop909, groove, each)
        model = ["-c", checkpoint] if checkpoint else []
        drums = [] if checkpoint is None and KINDS["drums"].default_model in shipped() else ["Groove, drums", "drums only"]
        lacking = [*(kind for kind in REFUSED if kind != "drums only"), *drums]
        results = {"inspect": run(["inspect", str(folder)])}
        results["reconstruct"] = run(["reconstruct", str(folder), *model, "-o", str(out / "phrase")])
        for what, extra in (("--whole", []), ("--whole --keep-tracks", ["--keep-tracks"])):
            at = out / what.replace(" ", "")
            results[what] = run(["reconstruct", str(folder), "--whole", *extra, *model, "-o", str(at)])
            for path in files:
                if not results[what][str(path)]:
                    results[what][str(path)] = unlike(path, at / f"{path.stem}.reconstructed.mid")
        results["interpolate"] = interpolations(files, checkpoint)
        if render and "render" in COMMANDS:
            results["render"] = run(["render", str(folder), "-o", str(out / "sound")])
        show(files, results, lacking)


if __name__ == "__main__":
    main()
