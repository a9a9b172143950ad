"""The same with tunes: from digits to melodies.

    python examples/lesson/07_music.py

Everything in the last chapters was said of pictures, but `encode`, posterior, KL, `decode` and likelihood never looked
at a pixel. The music models of this library are subclasses of the very same `Autoencoder`, trained by the same trainer
on the same objective. So let us take two bars of a fiddle tune through a bottleneck. Nothing is trained here: a model
comes with the library.

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
from musicae.images.models.dense_and_conv import ConvAutoencoder
from musicae.music.models.batch import GridBatch
from musicae.music.models.plan import PlanVAE

lesson = Lesson(__doc__, "melody-2bar")
model = musicae.load(lesson.weights.get("melody-2bar", "melody-2bar"), device=lesson.device)
assert issubclass(ConvAutoencoder, Autoencoder) and issubclass(PlanVAE, Autoencoder)

# %%
# What is different first: the data. A melody is a row of tokens, six for each quarter note, at the sixteenths and at the
# triplets: 0 nothing new, 1 the note ends, and from 2 on a note begins, one token for each key of the piano. Two bars of 4/4
# are 48 tokens, each one of 90, where a digit was 784 coins. Nobody says where in the file the melody is, or where the first
# whole phrase begins; a rule finds both.
reel, other = model.phrase(TUNES / "a-reel.mid"), model.phrase(TUNES / "b-reel.mid")
print(f"Bars {reel.bar_numbers} of the first reel: {' '.join(map(str, reel.window.tokens.flatten().tolist()))}")

# %%
# What is the same: a Gaussian posterior, its KL to N(0, I), the log likelihood of the data given a code, and of both the
# ELBO. The code says which of the tunes it is, as a picture's code said which digit; here that takes more bits.
batch = GridBatch.from_windows([reel.window]).to(model.device)
with torch.no_grad():
    posterior = model.model.encode(batch)
    assert isinstance(posterior, DiagonalGaussian)
    kl = float(posterior.kl().sum()) * BITS
    cost = -float(model.model.log_likelihood(batch, posterior.mode)) * BITS
size, count = posterior.mean.shape[1], len(reel.window.tokens)
print(f"{count} tokens -> {size} numbers that cost {kl:.1f} bits -> the tokens, for {cost:.1f} bits more")

# %%
# What is different again: the likelihood. Given the code, the pixels of a digit were independent coins. Tokens are not,
# so the decoder gives each one its chances after it has seen those before it:
#
#     log p(x|z) = sum over t of log p(x_t | x_1 ... x_{t-1}, z)
#
# It is recurrent: a state goes from beat to beat. In training it is shown the true tokens; to invent, it is fed its own.
# That is a temptation that a picture's decoder has not: it could foretell tokens from their neighbours and leave the code
# unused (Bowman et al., 2016, Generating Sentences from a Continuous Space, arXiv 1511.06349). So a share of the tokens
# fed back is hidden in training, and the weight of the KL is steered so that the code keeps its bits.
for name, phrase in (("first", reel), ("second", other)):
    kept = model.compare(phrase)
    print(
        f"The {name} reel again from its code: {kept['step_accuracy']:.2f} of the time steps right, where holding the note "
        f"throughout has {kept['hold_accuracy']:.2f}; note F1 {kept['note_f1']:.2f}"
    )


# %%
# A figure for tunes: time to the right, pitch upwards.
def piano_rolls(scores: Sequence[musicae.Score], names: Sequence[str], title: str) -> Figure:
    """Draw scores side by side, four in a row."""
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
# Chapter 4 turned one digit into another along the sphere. Here is one reel turned into another; tempo and loudness glide
# along.
morph = model.interpolate(reel, other, steps=8)
musicae.write_midi(morph.joined, lesson.output / "07-morph.mid")
print(f"Listen: {lesson.output / '07-morph.mid'}")
steps = [f"step {i} of {len(morph.scores)}" for i in range(1, len(morph.scores) + 1)]
lesson.show(piano_rolls(morph.scores, steps, "One reel becomes another (quarter notes; MIDI pitch)"), "07-morph")

# %%
# And chapter 1's noise in the code, in units of the posterior's own standard deviation: 1 is the noise that the decoder
# was trained with, so the tune stays; more makes other tunes, which still are tunes.
sigmas = (0.0, 1.0, 2.0, 4.0)
noise = torch.randn(posterior.mean.shape, generator=torch.Generator().manual_seed(0)).to(model.device)
disturbed = model.decode(torch.cat([posterior.mean + sigma * posterior.std * noise for sigma in sigmas]), reel)
names = [f"noise {sigma:g}" for sigma in sigmas]
lesson.show(piano_rolls(disturbed, names, "Noise in the code of a reel"), "07-noise")

# %%
# Last, codes drawn from N(0, I): tunes that nobody wrote, in the metre that is asked for, as the class was in chapter 5.
samples = model.sample(8, metre="6/8", qpm=110.0, seed=1)
for i, score in enumerate(samples, 1):
    musicae.write_midi(score, lesson.output / f"07-sample-{i}.mid")
print(f"Listen: {lesson.output}/07-sample-1.mid to 07-sample-{len(samples)}.mid")
lesson.show(piano_rolls(samples, [f"sample {i}" for i in range(1, 9)], "Draws from the prior, in 6/8"), "07-samples")
