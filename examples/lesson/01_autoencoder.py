"""A picture through a bottleneck: the autoencoder.

    python examples/lesson/01_autoencoder.py

An autoencoder gives back what it was shown, but all that it knows of it has to pass through a code, here of 128 numbers
for a picture of 784. It needs no labels: the picture is its own answer. What is such a code good for? We squeeze
digits, look at their codes, disturb them, invent some, and end with the smallest code that can be looked at, two
numbers.

Hinton and Salakhutdinov, 2006, Reducing the Dimensionality of Data with Neural Networks.
"""

import dataclasses

import torch
from _common import Lesson

from musicae.images.batch import ImageTask
from musicae.images.evaluation import codes_of
from musicae.images.metrics import Pca, bernoulli_loss, entropy_floor, knn_accuracy, mean_squared_error
from musicae.images.models.dense_and_conv import ConvAutoencoder, ConvAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as figures
from musicae.plots.lesson import FIGURES

lesson = Lesson(__doc__, "conv-ae", "ae-2d")
train, test = lesson.pictures("train"), lesson.pictures("test")
x = test.images.float() / 255  # (N, C, H, W), 0 black and 1 white
print(f"{len(train):,} pictures to learn from, {len(test):,} never shown: {train.source}.")

# %%
# What training repeats, once by hand. The encoder turns a picture x into a code z, the decoder turns z into the chance of
# each pixel to be white, and the loss is the cross-entropy between the two pictures, summed over pixels and averaged over
# the batch, in nats. Its gradient flows back through decoder, code and encoder.
torch.manual_seed(0)
novice = ConvAutoencoder(ConvAutoencoderConfig(variational=False, latent_size=128, channels=x.shape[1], size=x.shape[2]))
optimizer = torch.optim.Adam(novice.parameters(), lr=1e-3)
few = train.images[:64].float() / 255
for _ in range(3):
    z = novice.encode(few).mode
    loss = -novice.log_likelihood(few, z).mean()
    print(f"{tuple(few.shape)} -> {tuple(z.shape)} -> {tuple(novice.decode(z).shape)}: {loss.item():.1f} nats a picture")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %%
# The trainer of the library does the same, some hundred times, with a learning rate that rises and falls, and keeps a
# running average of the weights. Preset, model and trainer are those of `musicae image train conv-ae`.
model = lesson.train("conv-ae", image_preset("conv-ae"), steps=1_200)

# %%
# How good is it? Raw cross-entropy looks flat, because grey pixels cost something even when every one of them is right:
# that floor is the entropy of the pictures themselves. Squared error has a yardstick too. Of all *linear* maps to 128
# numbers and back, principal components lose least (Baldi and Hornik, 1989, Neural Networks and Principal Component
# Analysis), so a network that loses more has learnt nothing that linear algebra would not give. In a minute ours may not
# get there; `--full` does.
made = model.reconstruct(x)
size, pixels = model.model.latent_size, x[0].numel()
flat_train = train.images.flatten(1).float() / 255
components = Pca.fit(flat_train, size)
linear = components.decode(components.encode(x.flatten(1))).clamp(0, 1).view_as(x)
middle = flat_train.mean(0).view_as(x[0])
for name, pictures in (("network", made), (f"PCA with {size} numbers", linear), ("the mean picture", middle)):
    print(f"Squared error a pixel, {name}: {mean_squared_error(pictures, x).mean():.4f}")
print(f"Cross-entropy a pixel: {bernoulli_loss(made, x).mean() / pixels:.4f}; floor: {entropy_floor(x).mean() / pixels:.4f}")

# %%
# The figure that every lesson on autoencoders begins with.
scene = lesson.scene(model)
lesson.show(FIGURES["reconstructions"][1](scene), "01-reconstructions")

# %%
# The codes themselves, drawn as little pictures. They tell the eye nothing: no number belongs to a place or to a stroke.
lesson.show(FIGURES["codes"][1](scene), "01-codes")

# %%
# Noise in the code. A little does no harm; more makes strokes that nobody wrote.
lesson.show(FIGURES["perturbations"][1](scene), "01-perturbations")

# %%
# Can it invent digits? Draw each number of the code with the mean and the spread that it has over real digits, and
# decode. Most results are no digits. Numbers of a code hang together in a way that nobody told us, and between the codes
# of real digits lie holes where the decoder was never trained. Chapter 4 mends that by asking for codes of a known
# distribution.
codes = codes_of(model.model, model.task, train.first(5_000), model.device)
drawn = codes.mean(0) + codes.std(0) * torch.randn(50, size, generator=torch.Generator().manual_seed(0))
figure = figures.picture_grid(model.decode(drawn), columns=10, title="Codes drawn number by number, decoded")
lesson.show(figure, "01-inventions")

# %%
# Two numbers make a code that can be looked at. The network is dense, and the recipe is a preset with one field changed.
# The labels were not used in training; they only colour the points. How well do the classes come apart? We ask for each
# test code which class is commonest among its five nearest training codes, and ask the same of two principal components.
recipe = image_preset("ae")
flat = lesson.train("ae-2d", dataclasses.replace(recipe, config={**recipe.config, "latent_size": 2}), steps=1_500)
known = train.first(10_000)
components = Pca.fit(known.images.flatten(1).float() / 255, 2)
known_codes, test_codes = (codes_of(flat.model, ImageTask(), d, flat.device) for d in (known, test))
by_network = knn_accuracy(known_codes, known.labels, test_codes, test.labels)
known_linear, test_linear = (components.encode(d.images.flatten(1).float() / 255) for d in (known, test))
by_pca = knn_accuracy(known_linear, known.labels, test_linear, test.labels)
print(f"Class of the nearest codes, two numbers a digit: right for {by_network:.3f}; PCA {by_pca:.3f}; chance about 0.1")
lesson.show(FIGURES["latent"][1](lesson.scene(flat)), "01-two-numbers")
