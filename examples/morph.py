"""Morph one reel into another, and look at every step on the way.

    python examples/morph.py

Two fiddle tunes that no model was trained on become points in its latent space. Between them lies a path, and every point
of it is a tune. We listen at nine places.
"""

from pathlib import Path

import musicae

TUNES = Path(__file__).parent / "tunes"
OUT = Path("demo")
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

# One checkpoint comes with the library. It takes two bars of one melody, in any metre.
model = musicae.load("melody-2bar", device="cpu")

# A rule selects the melody's track and the first full phrase, here the one after the pick-up.
a = model.phrase(TUNES / "a-reel.mid")
b = model.phrase(TUNES / "b-reel.mid")
print(f"From bars {a.bar_numbers} at {a.manner.qpm:g} quarter notes per minute to bars {b.bar_numbers} at {b.manner.qpm:g}.")

# The ends are reconstructions. How much of each tune does its code keep?
for name, phrase in (("A", a), ("B", b)):
    metrics = model.compare(phrase)
    print(f"{name}: note F1 {metrics['note_f1']:.2f} from a code of {metrics['kl_bits']:.0f} bits.")

# Nine codes on the great circle between the two, decoded greedily. The tempo glides along; the instrument changes half way.
morph = musicae.interpolate(model, a, b, steps=9)
previous: set[tuple[float, int]] = set()
for number, score in enumerate(morph.scores, 1):
    notes = score.tracks[0].notes
    now = {(note.onset, note.pitch) for note in notes}
    changed = f"{len(now - previous):2d} new notes" if previous else "            "
    print(f"{number}  {score.tempos[0].qpm:5.1f}  {changed}  {' '.join(NAMES[note.pitch % 12] for note in notes)}")
    previous = now

# All steps in a row, ready for a player or a DAW.
musicae.write(morph.joined, OUT / "morph.mid")
print(f"Listen to {OUT / 'morph.mid'}.")
