"""A judge instead of a formula: the adversarial autoencoder.

    python examples/lesson/06_adversarial.py

The VAE pulls its codes towards N(0, I) by a KL that can be written down. One can also train an opponent to tell codes
from draws of N(0, I), and train the encoder to be taken for the prior. Where even the best opponent does no better than
chance, the two distributions are equal. Any prior that can be drawn from would do.

Makhzani, Shlens, Jaitly, Goodfellow and Frey, 2015, Adversarial Autoencoders, arXiv 1511.05644; Goodfellow et al.,
2014, Generative Adversarial Networks, arXiv 1406.2661.
"""

import csv
import dataclasses
from pathlib import Path

import torch
from _common import Lesson
from matplotlib.figure import Figure

from musicae.images.batch import ImageTask
from musicae.images.evaluation import codes_of
from musicae.images.metrics import mean_squared_error
from musicae.images.models.adversarial import AdversarialAutoencoder, AdversarialAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as figures
from musicae.plots.lesson import FIGURES
from musicae.training.optimizer import TrainingConfig, Updater

lesson = Lesson(__doc__, "aae", "aae-untrained-judge")
train, test = lesson.pictures("train"), lesson.pictures("test")
x = test.images.float() / 255

# %%
# Two networks, two losses, two optimizers. The opponent wants to tell codes from draws of the prior; the encoder wants it
# to fail. The two losses pull the opponent's weights in opposite directions, so no single step can serve both: each
# optimizer has its own parameters and its own loss, and they take turns. Once by hand:
torch.manual_seed(0)
judged = AdversarialAutoencoder(AdversarialAutoencoderConfig(channels=x.shape[1], size=x.shape[2], activation="silu"))
theirs = list(judged.discriminator.parameters())
ours = [p for p in judged.parameters() if not any(p is their for their in theirs)]
for_us, for_them = (Updater(parameters, TrainingConfig(learning_rate=5e-4)) for parameters in (ours, theirs))
few = train.images[:128].float() / 255
for step in range(3):
    verdict = judged.encode(few)  # a code, and the opponent's estimate of log q(z) / p(z)
    deceit = verdict.kl().sum(1).mean()  # softplus of that estimate: ln 2 = 0.69 where the opponent cannot tell
    loss = -judged.log_likelihood(few, verdict.mode).mean() + 10 * deceit
    for_us.update(loss, step)
    terms = judged.discriminator_loss(few)  # codes without gradient to the encoder, and as many samples of N(0, I)
    for_them.update(terms.loss, step)
    print(
        f"loss {loss.item():.1f}, of which fooling {deceit.item():.2f}; the opponent is right for {terms.accuracy.item():.2f}"
    )

# %%
# A trap: the notebook that this lesson follows steps the wrong optimizer after the opponent's loss, so its opponent stays
# as it was born. The losses that it prints in the end, 1.39 = 2 ln 2 and 0.692, are those of chance: that looks like a
# draw, and is no game. We train both: the right one, and one whose opponent learns a billion times slower, that is, not
# at all.
recipe = image_preset("aae")
model = lesson.train("aae", recipe, steps=1_500)
asleep = dataclasses.replace(recipe, config={**recipe.config, "discriminator_rate": 1e-9})
control = lesson.train("aae-untrained-judge", asleep, steps=500)

# %%
# The opponent's accuracy tells the two apart. One that trains is soon right for nine codes in ten, and loses its lead
# again as the encoder gives way, until it is right about half the time. One that does not train is fooled at once and
# never answers.
figure = Figure(figsize=(6, 3), dpi=150, layout="constrained")
axes = figure.subplots()
for name, trained in (("trained opponent", model), ("untrained opponent", control)):
    log = Path(trained.name) / "metrics.csv"
    if not log.is_file():  # shipped weights come without the story of their training
        continue
    with log.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("discriminator_accuracy")]
    accuracy = [float(row["discriminator_accuracy"]) for row in rows]
    axes.plot([int(row["step"]) for row in rows], accuracy, label=name)
    print(f"{name}: accuracy at most {max(accuracy):.2f}, in the end {accuracy[-1]:.2f}")
axes.axhline(0.5, color="black", linewidth=0.8)
axes.set_xlabel("optimizer step")
axes.set_ylabel("the opponent's accuracy")
axes.legend()
lesson.show(figure, "06-duel")

# %%
# What the game is for: codes like the prior, mean 0 and standard deviation 1 in every number, at some cost in
# reconstruction. Without it the codes run off to wherever the idle opponent happens to look away.
for name, trained in (("trained opponent", model), ("untrained opponent", control)):
    codes = codes_of(trained.model, ImageTask(), test, trained.device)
    error = mean_squared_error(trained.reconstruct(x), x).mean()
    means, spreads = codes.mean(0).abs().max(), codes.std(0)
    print(
        f"{name}: codes with means up to {means:.2f} and standard deviations of {spreads.min():.2f} to {spreads.max():.2f}; "
        f"squared error a pixel {error:.4f}"
    )
lesson.show(FIGURES["posterior"][1](lesson.scene(model)), "06-codes")

# %%
# And so draws of the prior become digits, above the line of what they become without a game.
drawn = torch.cat([model.sample(30, seed=1), control.sample(30, seed=1)])
title = "Draws from N(0, I): three rows with a trained opponent, three without"
lesson.show(figures.picture_grid(drawn, columns=10, title=title), "06-samples")
