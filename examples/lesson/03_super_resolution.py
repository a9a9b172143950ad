"""Four pixels from one: super-resolution.

    python examples/lesson/03_super_resolution.py

Reducing an image is damage too, so the same autoencoder undoes it: its input has large pixels, each the mean of 2 x 2
small ones, and its target has the small ones. The details between the large pixels are not in the input; they come from
the digits of the training data. The last plot shows how far this goes: its input is pure noise.

Dong, Loy, He and Tang, 2015, Image Super-Resolution Using Deep Convolutional Networks, arXiv 1501.00092.
"""

import dataclasses

import torch
from _common import Lesson

from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling
from musicae.images.metrics import linear_map, psnr
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as grids
from musicae.plots.lesson import PLOTS

lesson = Lesson(__doc__, "superres", "superres-x4")
train, test = lesson.images("train"), lesson.images("test")
x = test.images.float() / 255
halving = Downscaling(factor=2)
print(f"{tuple(x.shape[1:])} becomes {tuple(halving.shrink(x).shape[1:])}.")

# %%
# The loss has one minimum: the *mean* of all digits that give the same small image. So wherever the small image leaves a
# choice, the large one is grey and soft, not sharp. That maximises decibels, and it is the reason why networks that have
# to please the eye are trained with a discriminator instead (chapter 6 has one, for codes).
slim = {"widths": [32], "blocks": 0}  # for the quick mode: a tenth of the time per step
model = lesson.train("superres", image_preset("superres"), steps=1_500, slim=slim)

# %%
# The baselines: repeated pixels, bilinear interpolation, and the best linear map from small to large images, by least
# squares from 10,000 training images. The last one is fitted to digits too, as far as one matrix can be, and is the one
# to beat. Even the slim network of the quick mode does.
small = halving.shrink(x)
clean = train.images[:10_000].float() / 255
weights = linear_map(halving.shrink(clean).flatten(1), clean.flatten(1), ridge=1e-4)
linear = (small.flatten(1) @ weights[:-1] + weights[-1]).clamp(0, 1).view_as(x)
outputs = {
    "repeated pixels": halving.enlarge(small),
    "bilinear": halving.interpolate(small),
    "best linear map": linear,
    "network": model.enlarge(small),
}
for name, output in outputs.items():
    print(f"{name:16} {psnr(output, x).mean():5.1f} dB")
lesson.show(PLOTS["repairs"].draw(lesson.scene(model)), "03-doubled")

# %%
# Four times the side from a sixteenth of the pixels: a digit of 7 x 7. The recipe is the same except for the task. (With
# `--data cifar-10` this whole chapter runs on colour photographs, which are harder because they share no common shape.)
recipe = image_preset("superres")
task = ImageTask(corruption=Downscaling(factor=4)).to_dict()
slim = {"widths": [16, 32], "blocks": 0}
fourfold = lesson.train("superres-x4", dataclasses.replace(recipe, task=task), steps=1_500, slim=slim)
quartering = Downscaling(factor=4)
tiny = quartering.shrink(x)
for name, output in (("bilinear", quartering.interpolate(tiny)), ("network", fourfold.enlarge(tiny))):
    print(f"x4, {name:12} {psnr(output, x).mean():5.1f} dB")
lesson.show(PLOTS["repairs"].draw(lesson.scene(fourfold)), "03-fourfold")

# %%
# Now there is no digit at all: 7 x 7 pixels of pure noise, with the brightness distribution of the digits. The network
# turns them into strokes, because all its training images had strokes. Remember this row when you enlarge an image with
# such a network.
generator = torch.Generator().manual_seed(0)
brightness = tiny.flatten()[torch.randint(tiny.numel(), (10 * tiny[0].numel(),), generator=generator)]
nothing = brightness.view(10, *tiny.shape[1:])
rows = [("noise", quartering.enlarge(nothing), None), ("enlarged", fourfold.enlarge(nothing), None)]
figure = grids.image_rows(rows, title="Noise, enlarged four times by a network that was trained on digits")
lesson.show(figure, "03-noise")
