"""Class and style: the conditional variational autoencoder.

    python examples/lesson/05_conditional.py

Condition encoder and decoder on the class of the digit, and the code need not contain the class any more. What remains
is the style: slant, width, thickness. Then the model generates digits of a given class, and all ten digits in the style
of one.

Sohn, Lee and Yan, 2015, Learning Structured Output Representation using Deep Conditional Generative Models; Kingma,
Rezende, Mohamed and Welling, 2014, Semi-Supervised Learning with Deep Generative Models, arXiv 1406.5298 (class and
style apart).
"""

import math

import torch
from _common import Lesson

from musicae.images.batch import ImageTask
from musicae.images.data import batches_in_order
from musicae.images.evaluation import codes_of
from musicae.images.metrics import linear_probe_accuracy
from musicae.images.model import ImageModel
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as grids
from musicae.plots.lesson import PLOTS

lesson = Lesson(__doc__, "cvae", "vae")
train, test = lesson.images("train"), lesson.images("test")

# %%
# The label is an input of ten numbers, nine of them 0 and one 1, concatenated with the pixels and again with the code.
# The bound is now on log p(x|y) for the image x and the label y; the prior stays N(0, I) for every label. For comparison
# the same network is trained without labels, for the same number of steps.
conditional = lesson.train("cvae", image_preset("cvae"), steps=2_500)
plain = lesson.train("vae", image_preset("vae"), steps=2_500)


# %%
# How much does the label help? On average log p(x|y) - log p(x) is the information between image and label, for the true
# distributions at most log 10 = 2.3 nats, because there are ten labels. The gain of a model may be smaller or larger; a
# larger gain means that a simpler code fits better.
def bound(model: ImageModel) -> float:
    """Return the ELBO of the test images in nats, averaged, with one code sampled per image."""
    labels = test.labels.to(model.device) if model.network.classes else None
    (batch,) = batches_in_order(test, ImageTask(binarise="dynamic"), model.device, seed=0, size=len(test))
    with torch.no_grad():
        posterior = model.network.encode(model.batch(batch.images, labels))
        z = posterior.rsample(torch.Generator(model.device).manual_seed(0))
        likelihood = model.network.log_likelihood(model.batch(batch.images, labels), z)
    return float((likelihood - posterior.kl().sum(1)).mean())


print(f"ELBO: {bound(plain):.1f} nats without the label, {bound(conditional):.1f} with it; log 10 = {math.log(10):.1f}")

# %%
# Where is the class? A linear classifier finds it in the codes of the network without labels. Nothing forbids it in those
# of the conditional network, but there it adds to the KL and the decoder gets the label anyway. So it disappears in the
# long run. After one minute of training it may still be there (then the plots below mix the class of the original with
# the requested one).
first = train.first(10_000)
for name, model in (("without the label", plain), ("with the label", conditional)):
    train_codes, test_codes = (codes_of(model, data) for data in (first, test))
    accuracy = linear_probe_accuracy(train_codes, first.labels, test_codes, test.labels)
    print(f"Codes {name}: a linear classifier has an accuracy of {accuracy:.3f}")

# %%
# One style per row, one class per column: every row is one sample of z from the prior, decoded with all ten labels.
lesson.show(PLOTS["classes"].draw(lesson.scene(conditional)), "05-classes")

# %%
# The same with the style of a real digit. Encode a digit with its label, and decode its code with the others.
count = min(8, len(test))
x, labels = test.images[:count].float() / 255, test.labels[:count]
codes = conditional.codes(x, labels)
rows = [("original", x, None)]
for label, name in enumerate(lesson.classes):
    rows.append((name, conditional.decode(codes, torch.full((count,), label)), None))
figure = grids.image_rows(rows, title="Each column is one style: the original, and its style with each class")
lesson.show(figure, "05-hands")
