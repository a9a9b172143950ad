"""`musicae sample`: new music from the prior."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli import options, renditions
from musicae.cli.outputs import targets

if TYPE_CHECKING:
    from musicae.scales import Scale


@click.command("sample")
@click.option("--count", "-n", type=click.IntRange(1, 10_000), default=4, show_default=True, help="How many.")
@click.option("--metre", default="4/4", show_default=True, help="Time signature, such as 3/4 or 6/8.")
@click.option("--tempo", type=click.FloatRange(10, 400), default=120.0, show_default=True, help="Quarter notes a minute.")
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, 10.0),
    default=0.5,
    show_default=True,
    help="0 takes the likeliest notes of each code, 1 samples them.",
)
@options.scale
@options.seed
@options.checkpoint
@options.device
@options.output("samples", "A .mid file for one sample, or a folder.")
@renditions.options
@options.force
def command(
    count: int,
    metre: str,
    tempo: float,
    temperature: float,
    seed: int,
    checkpoint: str,
    device: str,
    output: Path,
    force: bool,
    also: tuple[str, ...],
    scale: "Scale | None",
) -> None:
    """Make new melodies from the model's prior, or new drum patterns from that of a model of drums.

    \b
    Example:
        musicae sample -n 8 --metre 6/8 --seed 1 -o samples
        musicae sample -c drums-2bar -n 8 -o beats
    """
    digits = max(2, len(str(count)))
    files = targets(output, [f"sample-{i:0{digits}d}.mid" for i in range(1, count + 1)])
    renditions.claim(files, also, force=force)

    from musicae.music import load

    model = load(checkpoint, device=device)
    scores = model.sample(count, metre=metre, qpm=tempo, temperature=temperature, seed=seed, scale=scale)
    extra = []
    for path, score in zip(files, scores, strict=True):
        extra += renditions.write(score, path, also)[1:]
    click.echo(json.dumps({"samples": [str(path) for path in files]} | renditions.named(extra)))
