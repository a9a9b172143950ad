"""`musicae sample`: new music from the prior."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from musicae.cli.support import options, renditions
from musicae.cli.support.loading import load_music
from musicae.cli.support.outputs import numbered

if TYPE_CHECKING:
    from musicae.music.decoding import Decoding
    from musicae.music.score import Score


@click.command("sample")
@options.count(4, "samples", most=10_000)
@click.option("--metre", help="Time signature, such as 3/4 or 6/8. [default: 4/4, or that of a personal model's files]")
@click.option("--tempo", type=click.FloatRange(10, 400), default=120.0, show_default=True, help="Quarter notes per minute.")
@options.decoding(0.5)
@options.checkpoint_to_sample
@options.device
@renditions.results("samples", "A .mid, .abc or .musicxml file for one sample, or a folder.")
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
    files = results.claim([f"sample-{number}.mid" for number in numbered(count)])

    model = load_music(checkpoint, device)

    from musicae.music.tasks.sample import sample

    scores = sample(model, count, metre=metre, qpm=tempo, decoding=decoding)
    results.write(*(_result(score, path) for score, path in zip(scores, files, strict=True)))


def _result(score: "Score", path: Path) -> renditions.Result:
    notes = sum(len(track.notes) for track in score.tracks)
    signature = score.time_signatures[0]
    metre = f"{signature.numerator}/{signature.denominator}"
    facts = {"metre": metre, "notes": notes}
    return renditions.Result(score, path, f"a sample in {metre} of {notes} note{'s' if notes != 1 else ''}", facts)
