"""Images through a bottleneck: the autoencoder.

    python examples/lesson/01_autoencoder.py

An autoencoder reconstructs its input, but all information about the input has to pass through a code, here of 128
numbers for an image of 784. It needs no labels, because the image is its own target. What is such a code good for? This
chapter compresses digits, draws their codes, adds noise to them, generates digits, and ends with the smallest code that
can be plotted: two numbers.

Hinton and Salakhutdinov, 2006, Reducing the Dimensionality of Data with Neural Networks.
"""

import dataclasses

import torch
from _common import Lesson

from musicae.images.evaluation import codes_of
from musicae.images.metrics import Pca, bernoulli_loss, entropy_floor, knn_accuracy, mean_squared_error
from musicae.images.models.conv import ConvAutoencoder, ConvAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as grids
from musicae.plots.lesson import PLOTS

lesson = Lesson(__doc__, "conv-ae", "ae-2d")
train, test = lesson.images("train"), lesson.images("test")
x = test.images.float() / 255  # (N, C, H, W), 0 black and 1 white
print(f"{len(train):,} training images and {len(test):,} test images: {train.source}.")

# %%
# First, three training steps by hand. The encoder turns an image x into a code z, and the decoder turns z into the
# probability of each pixel to be white. The loss is the cross-entropy between the two images, summed over pixels and
# averaged over the batch, in nats. Its gradient flows back through decoder, code and encoder.
torch.manual_seed(0)
untrained = ConvAutoencoder(ConvAutoencoderConfig(variational=False, latent_size=128, channels=x.shape[1], size=x.shape[2]))
optimizer = torch.optim.Adam(untrained.parameters(), lr=1e-3)
batch = train.images[:64].float() / 255
for _ in range(3):
    z = untrained.encode(batch).mode
    loss = -untrained.log_likelihood(batch, z).mean()
    shapes = " -> ".join(str(tuple(t.shape)) for t in (batch, z, untrained.decode(z)))
    print(f"{shapes}: {loss.item():.1f} nats per image")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %%
# The trainer of the library does the same for some hundreds of steps, with a learning rate that rises and falls and a
# running average of the weights. Preset, model and trainer are those of `musicae image train conv-ae`.
model = lesson.train("conv-ae", image_preset("conv-ae"), steps=1_200)

# %%
# How good is it? Cross-entropy alone is hard to judge, because grey pixels have a loss even if the output equals them:
# the floor is the entropy of the images themselves. Squared error has a baseline. Of all *linear* maps to 128 numbers
# and back, principal components have the smallest squared error (Baldi and Hornik, 1989, Neural Networks and Principal
# Component Analysis), so a network with a larger error is worse than linear algebra. One minute of training may not be
# enough; `--full` is.
reconstructions = model.reconstruct(x)
size, pixels = model.network.latent_size, x[0].numel()
flat_train = train.images.flatten(1).float() / 255
components = Pca.fit(flat_train, size)
linear = components.decode(components.encode(x.flatten(1))).clamp(0, 1).view_as(x)
mean_image = flat_train.mean(0).view_as(x[0])
for name, output in (("network", reconstructions), (f"PCA with {size} numbers", linear), ("the mean image", mean_image)):
    print(f"Squared error per pixel, {name}: {mean_squared_error(output, x).mean():.4f}")
loss_per_pixel, floor = bernoulli_loss(reconstructions, x).mean() / pixels, entropy_floor(x).mean() / pixels
print(f"Cross-entropy per pixel: {loss_per_pixel:.4f}; floor: {floor:.4f}")

# %%
# Digits and their reconstructions.
scene = lesson.scene(model)
lesson.show(PLOTS["reconstructions"].draw(scene), "01-reconstructions")

# %%
# The codes themselves, drawn as small images. The eye sees no pattern in them: no number belongs to a place or to a
# stroke.
lesson.show(PLOTS["codes"].draw(scene), "01-codes")

# %%
# Noise in the code. A little does no harm; more gives strokes that are in no digit.
lesson.show(PLOTS["perturbations"].draw(scene), "01-perturbations")

# %%
# Can it generate digits? Draw each number of the code with the mean and the standard deviation that it has over real
# digits, and decode. Most results are not digits. The numbers of a code depend on each other in an unknown way, and
# between the codes of real digits lie regions in which the decoder was never trained. Chapter 4 solves this by giving
# the codes a known distribution.
codes = codes_of(model, train.first(5_000))
samples = codes.mean(0) + codes.std(0) * torch.randn(50, size, generator=torch.Generator().manual_seed(0))
figure = grids.image_grid(model.decode(samples), columns=10, title="Decoded codes whose numbers were drawn independently")
lesson.show(figure, "01-inventions")

# %%
# A code of two numbers can be plotted. The network is dense, and the recipe is a preset with one field changed. The
# labels were not used in training; they only colour the points. How well are the classes separated? For each test code
# take the most common class among its five nearest training codes, and do the same with two principal components.
recipe = image_preset("ae")
flat = lesson.train("ae-2d", dataclasses.replace(recipe, config={**recipe.config, "latent_size": 2}), steps=1_500)
first = train.first(10_000)
components = Pca.fit(first.images.flatten(1).float() / 255, 2)
train_codes, test_codes = (codes_of(flat, data) for data in (first, test))
by_network = knn_accuracy(train_codes, first.labels, test_codes, test.labels)
train_linear, test_linear = (components.encode(data.images.flatten(1).float() / 255) for data in (first, test))
by_pca = knn_accuracy(train_linear, first.labels, test_linear, test.labels)
print(f"Accuracy of the nearest codes, two numbers per digit: network {by_network:.3f}, PCA {by_pca:.3f}, chance about 0.1")
lesson.show(PLOTS["latent"].draw(lesson.scene(flat)), "01-two-numbers")
