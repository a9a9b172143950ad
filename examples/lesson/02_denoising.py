"""Noise in, digits out: the denoising autoencoder.

    python examples/lesson/02_denoising.py

Show the network a damaged picture and ask for the whole one. It then cannot copy: to repair a digit it has to know what
digits look like. The noise is the classic lesson's: N(0.5, 0.3) added to every pixel and the sum cut to [0, 1], so that
little is left to see for the eye, and half of what has to be undone is a shift of brightness.

Vincent, Larochelle, Bengio and Manzagol, 2008, Extracting and Composing Robust Features with Denoising Autoencoders.
"""

import torch
from _common import Lesson

from musicae.errors import DataError
from musicae.images.batch import ImageBatch
from musicae.images.corruptions import GaussianNoise
from musicae.images.metrics import linear_map, psnr
from musicae.images.models.dense_and_conv import DenseAutoencoder, DenseAutoencoderConfig
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as figures
from musicae.plots.lesson import FIGURES

lesson = Lesson(__doc__, "denoise")
train, test = lesson.pictures("train"), lesson.pictures("test")
x = test.images.float() / 255
noise = GaussianNoise(mean=0.5, std=0.3)


# %%
# Why the noise has to be fresh. Minimising the expected loss over digits *and* noise has one best answer for each noisy
# picture: the mean of all digits that could lie under it (true for squared error and for cross-entropy alike). With noise
# drawn once and kept, that expectation is over a few fixed masks, and a network may learn the masks instead of the
# digits. Here is the extreme case: two equal networks, 150 steps each. One always meets the same mask, the other a new
# one for every picture of every batch.
def learn(*, fresh: bool, steps: int = 150) -> DenseAutoencoder:
    """Train a small dense network to repair; `fresh` draws new noise for every batch."""
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
    """Return pictures with noise of their own each."""
    return noise(clean, torch.Generator().manual_seed(seed))


def masked(clean: torch.Tensor) -> torch.Tensor:
    """Return pictures that all have the same noise."""
    mask = 0.5 + 0.3 * torch.randn(1, *clean.shape[1:], generator=torch.Generator().manual_seed(999))
    return (clean + mask).clamp(0, 1)


repeats = lesson.steps or 150
frozen_noise, fresh_noise = learn(fresh=False, steps=repeats), learn(fresh=True, steps=repeats)
for name, network in (("one frozen mask", frozen_noise), ("fresh noise", fresh_noise)):
    on_mask, on_fresh = (float(psnr(network.reconstruct(shown), x).mean()) for shown in (masked(x), damaged(x, seed=12345)))
    print(f"Trained with {name}: {on_mask:.1f} dB on that mask, {on_fresh:.1f} dB on noise that nobody has seen.")

# %%
# Now the real thing: a convolutional network whose code is a map of 7 x 7 places, as a repair needs more room than a
# summary. The noise is an object of its own, `GaussianNoise`, drawn on the device for every batch.
slim = {"widths": [16, 32], "blocks": 0}  # for the quick mode: a tenth of the time for a step
model = lesson.train("denoise", image_preset("denoise"), steps=2_000, slim=slim)

# %%
# Two yardsticks, both as peak signal-to-noise ratio, in decibels, averaged over test pictures: doing nothing, and the
# best *linear* repair, which is one matrix found by least squares from 10,000 noisy training pictures.  Even the slim
# network of the quick mode beats the matrix.
shown = damaged(x, seed=0)
known = train.images[:10_000].float() / 255
weights = linear_map(damaged(known, seed=1).flatten(1), known.flatten(1), ridge=1e-3)
linear = (shown.flatten(1) @ weights[:-1] + weights[-1]).clamp(0, 1).view_as(x)
repaired = model.repair(shown)
for name, pictures in (("noisy", shown), ("best linear map", linear), ("network", repaired)):
    print(f"{name:16} {psnr(pictures, x).mean():5.1f} dB")
lesson.show(FIGURES["repairs"][1](lesson.scene(model)), "02-repairs")

# %%
# What it learnt is digits. Show it noisy clothes (Fashion-MNIST: Xiao, Rasul and Vollgraf, 2017, arXiv 1708.07747), and
# it looks for strokes in them. Where those pictures are not to be had, digits in black on white serve as well: to us they
# are the same digits, to the network they are nothing that it knows.
try:
    clothes = lesson.pictures("test", "fashion-mnist", lesson.fashion_dir)
    strange, title = clothes.images[:10].float() / 255, "Clothes"
except DataError as error:
    print(f"No clothes (--fashion-dir names their folder): {error}")
    strange, title = 1 - x[:10], "Digits in black on white"
noisy = damaged(strange, seed=2)
answer = model.repair(noisy)
known_kind, other_kind = float(psnr(repaired, x).mean()), float(psnr(answer, strange).mean())
print(f"Repaired digits: {known_kind:.1f} dB. {title}: {other_kind:.1f} dB.")
rows = [("true", strange, None), ("noisy", noisy, None), ("repaired", answer, None)]
figure = figures.picture_rows(rows, title=f"{title}, repaired by a network that knows white digits on black")
lesson.show(figure, "02-strangers")
