"""A code with a known distribution: the variational autoencoder.

    python examples/lesson/04_variational.py

The plain autoencoder of chapter 1 could not generate digits, because the distribution of its codes is unknown. A
variational autoencoder fixes the distribution in advance: codes shall be distributed as N(0, I). Then generating is easy:
draw z from N(0, I) and decode it.

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
from musicae.plots.lesson import PLOTS

lesson = Lesson(__doc__, "vae-2d", "conv-vae")
train, test = lesson.images("train"), lesson.images("test")

# %%
# The objective. An image x is generated in two steps: a code z from the prior p(z) = N(0, I), then pixels from p(x|z),
# here one Bernoulli sample each. The likelihood of x is an integral over all codes, which cannot be computed. For any
# distribution q(z|x), however,
#
#     log p(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) + KL(q(z|x) || p(z|x))
#
# and the last term is not negative, so the first two are a lower bound of log p(x): the ELBO. The encoder outputs q, a
# Gaussian with a mean and a log variance for each number of the code. The first term measures how well the decoder
# reconstructs the image, the second how many nats of information the code carries about it.
model = lesson.train("vae-2d", image_preset("vae-2d"), steps=2_000)

# %%
# The two terms, by hand. The code is *sampled* from q, and a sample has no gradient. But mean + std * noise, with the
# noise sampled separately, has a gradient with respect to mean and std. This is the reparametrisation trick.
task = ImageTask(binarise="dynamic")  # every pixel is sampled with its grey value as probability
(batch,) = batches_in_order(test, task, model.device, seed=0, size=len(test))
with torch.no_grad():
    posterior = model.network.encode(batch)
    assert isinstance(posterior, DiagonalGaussian)
    mean, logvar = posterior.mean, posterior.logvar
    std = torch.exp(0.5 * logvar)
    z = mean + std * torch.randn(mean.shape, generator=torch.Generator(model.device).manual_seed(0), device=model.device)
    log_likelihood = model.network.log_likelihood(batch, z).mean()
    kl = (0.5 * (mean**2 + torch.exp(logvar) - 1 - logvar)).sum(1).mean()
assert torch.allclose(kl, posterior.kl().sum(1).mean())
print(f"ELBO = {log_likelihood:.1f} - {kl:.1f} = {log_likelihood - kl:.1f} nats per digit")

# %%
# A trap, in the lesson that this one follows (lesson 9 of Microsoft's AI for Beginners) and in others before it. The
# second output of the encoder is the log *variance*. If it is used as the log standard deviation for sampling, and as the
# log variance in the KL, the codes come from one Gaussian and the KL is that of another. With the same numbers: the KL in
# the loss, and the KL of the codes that are sampled.
with torch.no_grad():
    log_std = 0.5 * logvar
    in_loss = (0.5 * (mean**2 + torch.exp(log_std) - 1 - log_std)).sum(1).mean()
    of_codes = (0.5 * (mean**2 + torch.exp(2 * log_std) - 1 - 2 * log_std)).sum(1).mean()
print(f"Log standard deviation used as log variance: {in_loss:.1f} nats in the loss instead of {of_codes:.1f}")

# %%
# How tight is the bound? The average of p(x|z) p(z) / q(z|x) over samples from q estimates p(x) without bias. Its
# logarithm is too low on average, and less so with more samples (Burda, Grosse and Salakhutdinov, 2015, Importance
# Weighted Autoencoders, arXiv 1509.00519).
(small_batch,) = batches_in_order(test.first(200), task, model.device, seed=0, size=200)
for samples in (1, 10, 100):
    generator = torch.Generator(model.device).manual_seed(0)
    nll = importance_nll(model.network, small_batch, samples=samples, generator=generator).mean()
    print(f"-log p(x) with {samples:3d} samples: {nll:.1f} nats")

# %%
# A code of two numbers can be plotted. The classes lie in sectors around the origin, although no label was used in
# training.
scene = lesson.scene(model)
first = train.first(10_000)
train_codes, test_codes = (codes_of(model, data) for data in (first, test))
print(f"Accuracy of the nearest codes: {knn_accuracy(train_codes, first.labels, test_codes, test.labels):.3f}")
lesson.show(PLOTS["latent"].draw(scene), "04-codes")

# %%
# All codes together and the prior: the curve is N(0, I), the bars are codes sampled for test digits.
lesson.show(PLOTS["posterior"].draw(scene), "04-prior")

# %%
# So the code space can be drawn as a map. A grid of equal steps would have most of its squares where the prior has little
# mass. In this grid there is an equal *share* of the prior between neighbouring lines (they lie at quantiles, by the
# inverse distribution function).
lesson.show(PLOTS["manifold"].draw(scene), "04-map")

# %%
# Digits differ in more than two ways. A convolutional VAE with 32 numbers (the closing assignment of the lesson) learns
# how many of them to use: a number whose information does not reduce the loss by more than its KL stays at the prior,
# mean 0 and variance 1.
larger = lesson.train("conv-vae", image_preset("conv-vae"), steps=1_000)
(batch,) = batches_in_order(test, task, larger.device, seed=0, size=len(test))
with torch.no_grad():
    posterior = larger.network.encode(batch)
    z = posterior.rsample(torch.Generator(larger.device).manual_seed(0))
    by_number = posterior.kl().mean(0)
    bound = larger.network.log_likelihood(batch, z).mean() - by_number.sum()
used = int((by_number > 0.01).sum())
print(f"32 numbers: ELBO {bound:.1f}; {used} of them carry more than 0.01 nats, {by_number.sum():.1f} together")

# %%
# New digits.
scene = lesson.scene(larger)
lesson.show(PLOTS["samples"].draw(scene), "04-samples")

# %%
# Morphs between digits. The path follows the sphere instead of the chord, because a code of 32 numbers drawn from N(0, I)
# hardly ever lies near the origin (White, 2016, Sampling Generative Networks, arXiv 1609.04468). Chapter 7 does this with
# tunes.
lesson.show(PLOTS["interpolations"].draw(scene), "04-interpolations")
