"""`musicae sample`: new music from the prior."""

import json
from typing import TYPE_CHECKING

import click

from musicae.cli.support import options, renditions

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding


@click.command("sample")
@click.option("--count", "-n", type=click.IntRange(1, 10_000), default=4, show_default=True, help="How many.")
@click.option("--metre", help="Time signature, such as 3/4 or 6/8. [default: 4/4, or that of a personal model's files]")
@click.option("--tempo", type=click.FloatRange(10, 400), default=120.0, show_default=True, help="Quarter notes a minute.")
@options.decoding(temperature=0.5)
@options.checkpoint_to_sample
@options.device
@renditions.results("samples", "A .mid file for one sample, or a folder.")
def command(
    count: int,
    metre: str | None,
    tempo: float,
    checkpoint: str,
    device: str,
    decoding: "Decoding",
    results: renditions.Results,
) -> None:
    """Make new melodies from the model's prior, or new drum patterns from that of a model of drums.

    \b
    Example:
        musicae sample -n 8 --metre 6/8 --seed 1 -o samples
        musicae sample -c drums-2bar -n 8 -o beats
    """
    digits = max(2, len(str(count)))
    files = results.claim([f"sample-{i:0{digits}d}.mid" for i in range(1, count + 1)])

    from musicae.music.model import load

    model = load(checkpoint, device=device)
    scores = model.sample(count, metre=metre, qpm=tempo, decoding=decoding)
    extra = results.write(scores, files)
    click.echo(json.dumps({"samples": [str(path) for path in files]} | renditions.named(extra)))
