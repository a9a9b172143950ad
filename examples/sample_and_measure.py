"""Draw new phrases from the prior, and measure whether they move like folk tunes do.

    python examples/sample_and_measure.py

In training, codes of tunes were drawn towards the origin. So we draw codes at random, decode them, and compare four simple
metrics of the result with those of the real tunes next to this script. Three tunes are no statistics: this shows how to
measure; how good the model is, the benchmarks show.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import musicae

TUNES = Path(__file__).parent / "tunes"
OUT = Path("demo")
MAJOR = (0, 2, 4, 5, 7, 9, 11)


def metrics(scores: Sequence[musicae.Score]) -> dict[str, float]:
    """Return notes per bar, range in semitones, share of steps up to a whole tone, and share of notes in the nearest key."""
    melodies = [s.tracks[0].notes for s in scores if s.tracks[0].notes]
    bars = sum(len(s.bars()) for s in scores)
    leaps = [abs(after.pitch - note.pitch) for notes in melodies for note, after in pairwise(notes)]
    # Every church mode has the notes of some major scale, so the best of twelve shows how well one scale explains a tune.
    in_key = [max(sum((n.pitch - tonic) % 12 in MAJOR for n in notes) for tonic in range(12)) for notes in melodies]
    total = sum(len(notes) for notes in melodies)
    return {
        "notes per bar": total / bars,
        "range": sum(max(n.pitch for n in notes) - min(n.pitch for n in notes) for notes in melodies) / len(melodies),
        "stepwise": sum(leap <= 2 for leap in leaps) / len(leaps),
        "in key": sum(in_key) / total,
    }


# Two models of one kind: the codes of the first hold fewer bits, so that what lies between tunes sounds like a tune; the second
# keeps nearly every note.
sampler = musicae.load("melody-2bar-sampling", device="cpu")
model = musicae.load("melody-2bar", device="cpu")

# Sixteen phrases in each of three metres; the model is given the length of a bar and no more, so 3/4 would be played like 6/8.
# The same seed gives the same phrases on every run.
draw = musicae.Decoding(temperature=0.5, seed=1)
samples = {metre: musicae.sample(sampler, 16, metre=metre, qpm=150.0, decoding=draw) for metre in ("4/4", "6/8", "9/8")}
tables = {f"sampled in {metre}": metrics(scores) for metre, scores in samples.items()}

# The tunes themselves are longer than two bars, so we take the first full phrase of each, as the model reconstructs it.
paths = sorted(TUNES.glob("*.mid"))
tables["reconstructions"] = metrics([musicae.reconstruct(model, path) for path in paths])

print(f"{'':16}" + "".join(f"{name:>14}" for name in tables["reconstructions"]))
for name, row in tables.items():
    print(f"{name:16}" + "".join(f"{value:14.2f}" for value in row.values()))

# The first phrase of each metre, to listen to.
for metre, scores in samples.items():
    musicae.write(scores[0], OUT / f"sample-{metre.replace('/', '-')}.mid")
print(f"Listen to {OUT}/sample-*.mid.")
