"""The same for tunes: from digits to melodies.

    python examples/lesson/07_music.py

The previous chapters were about images, but `encode`, posterior, KL, `decode` and likelihood do not depend on pixels. The
music models of this library are subclasses of the same `Autoencoder`, trained by the same trainer on the same objective.
This chapter encodes two bars of a fiddle tune. It trains nothing: the library ships a model.

Roberts, Engel, Raffel, Hawthorne and Eck, 2018, A Hierarchical Latent Vector Model for Learning Long-Term Structure in
Music, arXiv 1803.05428 (MusicVAE).
"""

from collections.abc import Sequence

import torch
from _common import TUNES, Lesson
from matplotlib.figure import Figure

import musicae
from musicae.core.autoencoder import Autoencoder
from musicae.core.distributions import DiagonalGaussian
from musicae.core.objectives import BITS
from musicae.images.models.conv import ConvAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE

lesson = Lesson(__doc__, "melody-2bar")
model = musicae.load(lesson.weights.get("melody-2bar", "melody-2bar"), device=lesson.device)
assert issubclass(ConvAutoencoder, Autoencoder) and issubclass(PlanVAE, Autoencoder)

# %%
# The first difference: the data. A melody is a sequence of tokens, six per quarter note, at the sixteenths and at the
# triplets: 0 for no event, 1 for the end of a note, and from 2 on the start of a note, one token per key of the piano. Two
# bars of 4/4 are 48 tokens with 90 possible values each, where a digit was 784 Bernoulli variables. A file does not state
# which track is the melody, or where the first full phrase begins; a rule finds both.
reel, other = model.phrase(TUNES / "a-reel.mid"), model.phrase(TUNES / "b-reel.mid")
print(f"Bars {reel.bar_numbers} of the first reel: {' '.join(map(str, reel.window.tokens.flatten().tolist()))}")

# %%
# The same: a Gaussian posterior, its KL to N(0, I), the log likelihood of the data given a code, and the ELBO of both.
# The code identifies the tune, as the code of an image identified the digit; this takes more bits.
batch = GridBatch.from_windows([reel.window]).to(model.device)
with torch.no_grad():
    posterior = model.network.encode(batch)
    assert isinstance(posterior, DiagonalGaussian)
    kl = float(posterior.kl().sum()) * BITS
    cost = -float(model.network.log_likelihood(batch, posterior.mode)) * BITS
size, count = posterior.mean.shape[1], len(reel.window.tokens)
print(f"{count} tokens -> {size} numbers with a KL of {kl:.1f} bits -> the tokens, for {cost:.1f} bits more")

# %%
# The second difference: the likelihood. Given the code, the pixels of a digit were independent. Tokens are not, so the
# decoder computes the probabilities of each one from those before it:
#
#     log p(x|z) = sum over t of log p(x_t | x_1 ... x_{t-1}, z)
#
# It is recurrent: a state passes from beat to beat. In training its inputs are the true tokens; in generation they are
# its own. This has a risk that the decoder of an image does not have: it could predict tokens from their neighbours and
# leave the code unused (Bowman et al., 2016, Generating Sentences from a Continuous Space, arXiv 1511.06349). So a share
# of the input tokens is hidden in training, and a controller sets the weight of the KL so that the code keeps its bits.
for name, phrase in (("first", reel), ("second", other)):
    metrics = model.compare(phrase)
    print(
        f"The {name} reel, reconstructed: {metrics['step_accuracy']:.2f} of the time steps correct (no-event baseline "
        f"{metrics['hold_accuracy']:.2f}), note F1 {metrics['note_f1']:.2f}"
    )


# %%
# A plot for tunes: time to the right, pitch upwards.
def piano_rolls(scores: Sequence[musicae.Score], names: Sequence[str], title: str) -> Figure:
    """Draw scores as piano rolls, four per row."""
    rows = -(-len(scores) // 4)
    figure = Figure(figsize=(9, 1.6 * rows + 0.4), dpi=150, layout="constrained")
    grid = figure.subplots(rows, 4, squeeze=False, sharex=True, sharey=True).flatten()
    for axes in grid[len(scores) :]:
        axes.set_axis_off()
    for axes, score, name in zip(grid, scores, names, strict=False):
        notes = score.tracks[0].notes
        bottoms, spans = [n.pitch - 0.5 for n in notes], [n.duration for n in notes]
        axes.barh(bottoms, spans, height=1.0, left=[n.onset for n in notes], align="edge", edgecolor="white", linewidth=0.3)
        axes.set_title(name, fontsize=7)
        axes.tick_params(labelsize=6)
        axes.yaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(title, fontsize=8)
    return figure


# %%
# Chapter 4 morphed one digit into another along the sphere. Here is a morph between two reels; tempo and loudness change
# gradually too.
morph = musicae.interpolate(model, reel, other, steps=8)
musicae.write(morph.joined, lesson.output / "07-morph.mid")
print(f"Listen: {lesson.output / '07-morph.mid'}")
steps = [f"step {i} of {len(morph.scores)}" for i in range(1, len(morph.scores) + 1)]
lesson.show(piano_rolls(morph.scores, steps, "A morph between two reels (quarter notes; MIDI pitch)"), "07-morph")

# %%
# Noise in the code, as in chapter 1, in units of the standard deviation of the posterior. 1 is the noise with which the
# decoder was trained, so the tune stays; more noise gives other tunes.
sigmas = (0.0, 1.0, 2.0, 4.0)
noise = torch.randn(posterior.mean.shape, generator=torch.Generator().manual_seed(0)).to(model.device)
noisy = model.decode(torch.cat([posterior.mean + sigma * posterior.std * noise for sigma in sigmas]), reel)
names = [f"noise {sigma:g}" for sigma in sigmas]
lesson.show(piano_rolls(noisy, names, "Noise in the code of a reel"), "07-noise")

# %%
# Last, codes drawn from N(0, I): new tunes in a given metre, as chapter 5 had new digits of a given class.
samples = musicae.sample(model, 8, metre="6/8", qpm=110.0, decoding=musicae.Decoding(temperature=0.5, seed=1))
for i, score in enumerate(samples, 1):
    musicae.write(score, lesson.output / f"07-sample-{i}.mid")
print(f"Listen: {lesson.output}/07-sample-1.mid to 07-sample-{len(samples)}.mid")
lesson.show(piano_rolls(samples, [f"sample {i}" for i in range(1, 9)], "Samples from the prior, in 6/8"), "07-samples")
