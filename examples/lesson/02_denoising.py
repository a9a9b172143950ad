"""Noise in, digits out: the denoising autoencoder.

    python examples/lesson/02_denoising.py

Give the network a damaged image and train it to return the undamaged one. It cannot copy its input, so it has to learn
what digits look like. The noise is that of the classic lesson: N(0.5, 0.3) added to every pixel and the sum clipped to
[0, 1], so the eye sees little of the digit, and half of the damage is a shift of brightness.

Vincent, Larochelle, Bengio and Manzagol, 2008, Extracting and Composing Robust Features with Denoising Autoencoders.
"""

import torch
from _common import Lesson

from musicae.errors import DataError
from musicae.images.batch import ImageBatch
from musicae.images.corruptions import GaussianNoise
from musicae.images.metrics import linear_map, psnr
from musicae.images.models.dense import DenseAutoencoder, DenseAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as grids
from musicae.plots.lesson import PLOTS

lesson = Lesson(__doc__, "denoise")
train, test = lesson.images("train"), lesson.images("test")
x = test.images.float() / 255
noise = GaussianNoise(mean=0.5, std=0.3)


# %%
# Why the noise has to be drawn again for every batch. The expected loss over digits *and* noise has one minimum for each
# noisy image: the mean of all digits that could lie under it (for squared error and for cross-entropy alike). If the
# noise is drawn once and stored, that expectation is over a few fixed masks, and a network may learn the masks instead
# of the digits. Here is the extreme case: two equal networks, 150 steps each. One always gets the same mask, the other a
# new one for every image of every batch.
def learn(*, fresh: bool, steps: int = 150) -> DenseAutoencoder:
    """Train a small dense network to repair images; `fresh` draws new noise for every batch."""
    torch.manual_seed(0)
    model = DenseAutoencoder(
        DenseAutoencoderConfig(variational=False, latent_size=64, channels=x.shape[1], size=x.shape[2], activation="silu")
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(steps):
        rows = torch.arange(step * 128, (step + 1) * 128) % len(train)
        clean = train.images[rows].float() / 255
        batch = ImageBatch(damaged(clean, seed=step) if fresh else masked(clean), clean)
        loss = -model.log_likelihood(batch, model.encode(batch).mode).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def damaged(clean: torch.Tensor, seed: int) -> torch.Tensor:
    """Return images with different noise in each."""
    return noise(clean, torch.Generator().manual_seed(seed))


def masked(clean: torch.Tensor) -> torch.Tensor:
    """Return images with the same noise in all."""
    mask = 0.5 + 0.3 * torch.randn(1, *clean.shape[1:], generator=torch.Generator().manual_seed(999))
    return (clean + mask).clamp(0, 1)


repeats = lesson.steps or 150
frozen_noise, fresh_noise = learn(fresh=False, steps=repeats), learn(fresh=True, steps=repeats)
for name, network in (("one fixed mask", frozen_noise), ("fresh noise", fresh_noise)):
    inputs = (masked(x), damaged(x, seed=12345))
    on_mask, on_fresh = (float(psnr(network.reconstruct(noisy), x).mean()) for noisy in inputs)
    print(f"Trained with {name}: {on_mask:.1f} dB with that mask, {on_fresh:.1f} dB with new noise.")

# %%
# Now a convolutional network whose code is a map of 7 x 7 places, because a repair needs a larger code than a summary.
# The noise is the object `GaussianNoise`, drawn on the device for every batch.
slim = {"widths": [16, 32], "blocks": 0}  # for the quick mode: a tenth of the time per step
model = lesson.train("denoise", image_preset("denoise"), steps=2_000, slim=slim)

# %%
# Two baselines, both as peak signal-to-noise ratio in decibels, averaged over test images: no repair, and the best
# *linear* repair, which is one matrix computed by least squares from 10,000 noisy training images. Even the slim network
# of the quick mode is better than the matrix.
noisy = damaged(x, seed=0)
clean = train.images[:10_000].float() / 255
weights = linear_map(damaged(clean, seed=1).flatten(1), clean.flatten(1), ridge=1e-3)
linear = (noisy.flatten(1) @ weights[:-1] + weights[-1]).clamp(0, 1).view_as(x)
repaired = model.repair(noisy)
for name, output in (("noisy", noisy), ("best linear map", linear), ("network", repaired)):
    print(f"{name:16} {psnr(output, x).mean():5.1f} dB")
lesson.show(PLOTS["repairs"].draw(lesson.scene(model)), "02-repairs")

# %%
# It was trained on digits only. Give it noisy clothes (Fashion-MNIST: Xiao, Rasul and Vollgraf, 2017, arXiv 1708.07747),
# and it returns strokes. If those images are missing, digits in black on white show the same: for people they are the
# same digits, but the network was never trained on them.
try:
    clothes = lesson.images("test", "fashion-mnist", lesson.fashion_dir)
    strange, title = clothes.images[:10].float() / 255, "Clothes"
except DataError as error:
    print(f"No clothes (--fashion-dir names their folder): {error}")
    strange, title = 1 - x[:10], "Digits in black on white"
noisy_strange = damaged(strange, seed=2)
output = model.repair(noisy_strange)
print(f"Repaired digits: {psnr(repaired, x).mean():.1f} dB. {title}: {psnr(output, strange).mean():.1f} dB.")
rows = [("original", strange, None), ("noisy", noisy_strange, None), ("repaired", output, None)]
figure = grids.image_rows(rows, title=f"{title}, repaired by a network that was trained on white digits on black")
lesson.show(figure, "02-strangers")
