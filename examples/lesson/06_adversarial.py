"""A discriminator instead of a formula: the adversarial autoencoder.

    python examples/lesson/06_adversarial.py

The VAE pulls its codes towards N(0, I) by a KL with a closed form. Alternatively one can train a discriminator to
separate codes from samples of N(0, I), and train the encoder so that it cannot. If even the best discriminator is no
better than chance, the two distributions are equal. Any prior that can be sampled from will do.

Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015, Adversarial Autoencoders, arXiv 1511.05644; Goodfellow et al.,
2014, Generative Adversarial Networks, arXiv 1406.2661.
"""

import csv
import dataclasses
from pathlib import Path

import torch
from _common import Lesson
from matplotlib.figure import Figure

from musicae.images.evaluation import codes_of
from musicae.images.metrics import mean_squared_error
from musicae.images.models.adversarial import AdversarialAutoencoder, AdversarialAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as grids
from musicae.plots.lesson import PLOTS
from musicae.training.optimizer import TrainingConfig, Updater

lesson = Lesson(__doc__, "aae", "aae-untrained-discriminator")
train, test = lesson.images("train"), lesson.images("test")
x = test.images.float() / 255

# %%
# Two networks, two losses, two optimizers. The discriminator is trained to separate codes from samples of the prior, the
# encoder to prevent that. The two losses pull the discriminator's weights in opposite directions, so no single step can
# serve both: each optimizer has its own parameters and its own loss, and they take turns. Three steps by hand:
torch.manual_seed(0)
aae = AdversarialAutoencoder(AdversarialAutoencoderConfig(channels=x.shape[1], size=x.shape[2], activation="silu"))
theirs = list(aae.discriminator.parameters())
ours = [p for p in aae.parameters() if not any(p is their for their in theirs)]
our_updater, their_updater = (Updater(parameters, TrainingConfig(learning_rate=5e-4)) for parameters in (ours, theirs))
batch = train.images[:128].float() / 255
for step in range(3):
    posterior = aae.encode(batch)  # a code, and the discriminator's estimate of log q(z) / p(z)
    penalty = posterior.kl().sum(1).mean()  # softplus of that estimate: ln 2 = 0.69 if the discriminator is at chance
    loss = -aae.log_likelihood(batch, posterior.mode).mean() + 10 * penalty
    our_updater.update(loss, step)
    terms = aae.discriminator_loss(batch)  # codes without gradient to the encoder, and as many samples of N(0, I)
    their_updater.update(terms.loss, step)
    print(
        f"loss {loss.item():.1f}, adversarial penalty {penalty.item():.2f}, discriminator accuracy {terms.accuracy.item():.2f}"
    )

# %%
# A trap: the notebook that this lesson follows steps the wrong optimizer after the discriminator's loss, so its
# discriminator keeps its random weights. The losses that it prints at the end, 1.39 = 2 ln 2 and 0.692, are those of
# chance: they look like an equilibrium, but nothing was trained against the encoder. Here are both: the correct model,
# and one whose discriminator learns a billion times slower, that is, not at all.
recipe = image_preset("aae")
model = lesson.train("aae", recipe, steps=1_500)
untrained = dataclasses.replace(recipe, config={**recipe.config, "discriminator_rate": 1e-9})
control = lesson.train("aae-untrained-discriminator", untrained, steps=500)

# %%
# The discriminator's accuracy separates the two cases. A trained one soon classifies nine codes in ten correctly, and
# loses its lead as the encoder adapts, until it is right about half the time. An untrained one falls to chance at once
# and stays there.
figure = Figure(figsize=(6, 3), dpi=150, layout="constrained")
axes = figure.subplots()
for name, trained in (("trained discriminator", model), ("untrained discriminator", control)):
    log = Path(trained.name) / "metrics.csv"
    if not log.is_file():  # shipped weights come without the log of their training
        continue
    with log.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("discriminator_accuracy")]
    accuracy = [float(row["discriminator_accuracy"]) for row in rows]
    axes.plot([int(row["step"]) for row in rows], accuracy, label=name)
    print(f"{name}: accuracy at most {max(accuracy):.2f}, at the end {accuracy[-1]:.2f}")
axes.axhline(0.5, color="black", linewidth=0.8)
axes.set_xlabel("optimizer step")
axes.set_ylabel("accuracy of the discriminator")
axes.legend()
lesson.show(figure, "06-discriminator")

# %%
# The purpose: codes like the prior, with mean 0 and standard deviation 1 in every number, at some cost in reconstruction.
# Without a trained discriminator the codes move to wherever its random weights give the lowest penalty.
for name, trained in (("trained discriminator", model), ("untrained discriminator", control)):
    codes = codes_of(trained, test)
    error = mean_squared_error(trained.reconstruct(x), x).mean()
    means, spreads = codes.mean(0).abs().max(), codes.std(0)
    print(
        f"{name}: codes with means up to {means:.2f} and standard deviations of {spreads.min():.2f} to {spreads.max():.2f}; "
        f"squared error per pixel {error:.4f}"
    )
lesson.show(PLOTS["posterior"].draw(lesson.scene(model)), "06-codes")

# %%
# So samples of the prior become digits, in the upper rows. The lower rows show the samples of the untrained case.
samples = torch.cat([model.sample(30, seed=1), control.sample(30, seed=1)])
title = "Samples from N(0, I): three rows with a trained discriminator, three with an untrained one"
lesson.show(grids.image_grid(samples, columns=10, title=title), "06-samples")
