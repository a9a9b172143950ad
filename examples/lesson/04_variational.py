"""A code with a known distribution: the variational autoencoder.

    python examples/lesson/04_variational.py

The plain autoencoder of chapter 1 could not invent digits, for nobody knew where in its code digits live. A variational
autoencoder decides that beforehand: codes shall be distributed as N(0, I). Then inventing is easy: draw z from N(0, I)
and decode.

Kingma and Welling, 2013, Auto-Encoding Variational Bayes, arXiv 1312.6114; Rezende, Mohamed and Wierstra, 2014,
Stochastic Backpropagation and Approximate Inference in Deep Generative Models, arXiv 1401.4082.
"""

import torch
from _common import Lesson

from musicae.core.distributions import DiagonalGaussian
from musicae.images.batch import ImageTask
from musicae.images.data import batches_in_order
from musicae.images.evaluation import codes_of
from musicae.images.metrics import importance_nll, knn_accuracy
from musicae.images.recipes import image_preset
from musicae.plots.lesson import FIGURES

lesson = Lesson(__doc__, "vae-2d", "conv-vae")
train, test = lesson.pictures("train"), lesson.pictures("test")

# %%
# What is maximised. A picture x is made in two steps: a code z from the prior p(z) = N(0, I), then pixels from p(x|z),
# here one coin for each. Its likelihood is an integral over all codes, which nobody can do. But for any distribution
# q(z|x)
#
#     log p(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) + KL(q(z|x) || p(z|x))
#
# and the last term is not negative, so the first two are a lower bound of log p(x): the ELBO. The encoder gives q, a
# Gaussian with a mean and a log variance for each number of the code. The first term says how well the decoder finds the
# picture again, the second how many nats the code tells about it, in excess of what the prior knew.
model = lesson.train("vae-2d", image_preset("vae-2d"), steps=2_000)

# %%
# The two terms, by hand. The code is *drawn* from q, and a draw has no gradient; but mean + std * noise, with the noise
# drawn elsewhere, has one in mean and std. That is the reparametrisation, and it is all of the trick.
task = ImageTask(binarise="dynamic")  # every pixel a coin with its grey value as chance; figures for grey pixels do not compare
(batch,) = batches_in_order(test, task, model.device, seed=0, size=len(test))
with torch.no_grad():
    posterior = model.model.encode(batch)
    assert isinstance(posterior, DiagonalGaussian)
    mean, logvar = posterior.mean, posterior.logvar
    std = torch.exp(0.5 * logvar)
    z = mean + std * torch.randn(mean.shape, generator=torch.Generator(model.device).manual_seed(0), device=model.device)
    log_likelihood = model.model.log_likelihood(batch, z).mean()
    kl = (0.5 * (mean**2 + torch.exp(logvar) - 1 - logvar)).sum(1).mean()
assert torch.allclose(kl, posterior.kl().sum(1).mean())
print(f"ELBO = {log_likelihood:.1f} - {kl:.1f} = {log_likelihood - kl:.1f} nats a digit")

# %%
# A trap, into which the lesson that this one follows (lesson 9 of Microsoft's AI for Beginners) fell, and others before
# it. The encoder's second number is the log *variance*. Whoever reads it as the log standard deviation when drawing, and
# as the log variance in the KL, draws from one Gaussian and pays for another. The same numbers, read so: what is paid,
# and what the codes that are drawn would really cost.
with torch.no_grad():
    log_std = 0.5 * logvar
    paid = (0.5 * (mean**2 + torch.exp(log_std) - 1 - log_std)).sum(1).mean()
    cost = (0.5 * (mean**2 + torch.exp(2 * log_std) - 1 - 2 * log_std)).sum(1).mean()
print(f"Log standard deviation taken for log variance: {paid:.1f} nats paid instead of {cost:.1f}")

# %%
# How much is lost in the bound? The average of p(x|z) p(z) / q(z|x) over draws from q estimates p(x) without bias; its
# logarithm is too low on average, and less so with more draws (Burda, Grosse and Salakhutdinov, 2015, Importance Weighted
# Autoencoders, arXiv 1509.00519).
(few,) = batches_in_order(test.first(200), task, model.device, seed=0, size=200)
for samples in (1, 10, 100):
    nll = importance_nll(model.model, few, samples=samples, generator=torch.Generator(model.device).manual_seed(0)).mean()
    print(f"-log p(x) with {samples:3d} draws: {nll:.1f} nats")

# %%
# Two numbers can be looked at. The classes lie in sectors around the origin, though no label was ever seen.
scene = lesson.scene(model)
known = train.first(10_000)
known_codes, test_codes = (codes_of(model.model, ImageTask(), d, model.device) for d in (known, test))
print(f"Class of the nearest codes: right for {knn_accuracy(known_codes, known.labels, test_codes, test.labels):.3f}")
lesson.show(FIGURES["latent"][1](scene), "04-codes")

# %%
# All codes together against the prior: the bell curve is N(0, I), the bars are codes drawn for test digits.
lesson.show(FIGURES["posterior"][1](scene), "04-prior")

# %%
# And so the map can be drawn. A grid of equal steps would spend most of its squares where the prior hardly ever is; this
# one has equal *shares* of the prior between its lines (its lines lie at quantiles, by the inverse distribution
# function).
lesson.show(FIGURES["manifold"][1](scene), "04-map")

# %%
# Two numbers are few; digits differ in more ways. A convolutional VAE with 32 numbers (the lesson's closing assignment)
# chooses by itself how many of them to use: a number that tells less than it costs is left at the prior, mean 0 and
# variance 1.
larger = lesson.train("conv-vae", image_preset("conv-vae"), steps=1_000)
(batch,) = batches_in_order(test, task, larger.device, seed=0, size=len(test))
with torch.no_grad():
    posterior = larger.model.encode(batch)
    z = posterior.rsample(torch.Generator(larger.device).manual_seed(0))
    by_number = posterior.kl().mean(0)
    bound = larger.model.log_likelihood(batch, z).mean() - by_number.sum()
used = int((by_number > 0.01).sum())
print(f"32 numbers: ELBO {bound:.1f}; {used} of them tell more than 0.01 nats, {by_number.sum():.1f} together")

# %%
# Digits that nobody wrote.
scene = lesson.scene(larger)
lesson.show(FIGURES["samples"][1](scene), "04-samples")

# %%
# One digit becomes another. The way goes along the sphere rather than the chord, for a code of 32 numbers drawn from N(0,
# I) hardly ever lies near the origin (White, 2016, Sampling Generative Networks, arXiv 1609.04468). Chapter 7 does this
# with tunes.
lesson.show(FIGURES["interpolations"][1](scene), "04-interpolations")
