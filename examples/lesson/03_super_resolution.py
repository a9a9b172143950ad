"""Four pixels from one: super-resolution.

    python examples/lesson/03_super_resolution.py

Making a picture small is damage like any other, so the same autoencoder undoes it: it is shown large pixels, each the
mean of 2 x 2 small ones, and asked for the small ones. What lies between the pixels is not in the picture; it comes
from what the network knows of digits. The last figure shows how far it goes with that: it is given pure noise.

Dong, Loy, He and Tang, 2015, Image Super-Resolution Using Deep Convolutional Networks, arXiv 1501.00092.
"""

import dataclasses

import torch
from _common import Lesson

from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling
from musicae.images.metrics import linear_map, psnr
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as figures
from musicae.plots.lesson import FIGURES

lesson = Lesson(__doc__, "superres", "superres-x4")
train, test = lesson.pictures("train"), lesson.pictures("test")
x = test.images.float() / 255
halving = Downscaling(factor=2)
print(f"{tuple(x.shape[1:])} becomes {tuple(halving.shrink(x).shape[1:])}.")

# %%
# The loss has one best answer: the *mean* of all digits that would give the same small picture. So where the small
# picture leaves a choice, the large one is grey and soft, not sharp. That is right for decibels, and the reason why
# pictures made for the eye are trained with an opponent instead (chapter 6 has one, for codes).
slim = {"widths": [32], "blocks": 0}  # for the quick mode: a tenth of the time for a step
model = lesson.train("superres", image_preset("superres"), steps=1_500, slim=slim)

# %%
# The yardsticks: repeated pixels, bilinear interpolation, and the best linear map from small to large, by least squares
# from 10,000 training pictures. The last knows digits too, as far as one matrix can, and is the one to beat.  Even the
# slim network of the quick mode does.
small = halving.shrink(x)
known = train.images[:10_000].float() / 255
weights = linear_map(halving.shrink(known).flatten(1), known.flatten(1), ridge=1e-4)
linear = (small.flatten(1) @ weights[:-1] + weights[-1]).clamp(0, 1).view_as(x)
answers = {
    "repeated pixels": halving.enlarge(small),
    "bilinear": halving.interpolate(small),
    "best linear map": linear,
    "network": model.enlarge(small),
}
for name, pictures in answers.items():
    print(f"{name:16} {psnr(pictures, x).mean():5.1f} dB")
lesson.show(FIGURES["repairs"][1](lesson.scene(model)), "03-doubled")

# %%
# Four times the side from a sixteenth of the pixels: a digit of 7 x 7. The recipe is the same but for the task. (With
# `--data cifar-10` this whole chapter runs on colour photographs, which are harder, for they have no common shape to rely
# on.)
recipe = image_preset("superres")
task = ImageTask(corruption=Downscaling(factor=4)).to_dict()
slim = {"widths": [16, 32], "blocks": 0}
fourfold = lesson.train("superres-x4", dataclasses.replace(recipe, task=task), steps=1_500, slim=slim)
quartering = Downscaling(factor=4)
tiny = quartering.shrink(x)
for name, pictures in (("bilinear", quartering.interpolate(tiny)), ("network", fourfold.enlarge(tiny))):
    print(f"x4, {name:12} {psnr(pictures, x).mean():5.1f} dB")
lesson.show(FIGURES["repairs"][1](lesson.scene(fourfold)), "03-fourfold")

# %%
# And now there is no digit at all: 7 x 7 pixels of pure noise, the share of bright ones as in the digits. The network
# makes strokes of it, since it has never seen anything else. Whoever enlarges a picture with such a network should
# remember this row.
generator = torch.Generator().manual_seed(0)
brightness = tiny.flatten()[torch.randint(tiny.numel(), (10 * tiny[0].numel(),), generator=generator)]
nothing = brightness.view(10, *tiny.shape[1:])
rows = [("noise", quartering.enlarge(nothing), None), ("enlarged", fourfold.enlarge(nothing), None)]
figure = figures.picture_rows(rows, title="What a network that knows digits makes of noise, four times enlarged")
lesson.show(figure, "03-noise")
