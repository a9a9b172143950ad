"""What is written and how: the conditional variational autoencoder.

    python examples/lesson/05_conditional.py

Tell encoder and decoder which digit it is, and the code need not say so any more. What is left for it is the manner:
slant, width, thickness. Then a digit can be ordered by name, and one hand can be asked for all ten digits.

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
from musicae.images.model import PictureModel
from musicae.images.recipes import image_preset
from musicae.plots import image_grids as figures
from musicae.plots.lesson import FIGURES

lesson = Lesson(__doc__, "cvae", "vae")
train, test = lesson.pictures("train"), lesson.pictures("test")

# %%
# The label goes in as ten numbers, nine of them 0 and one 1, beside the pixels and once more beside the code. The bound
# is now on log p(x|y) for the picture x and the label y; the prior stays N(0, I) for every label. Beside it we train the
# same network without labels, for the same number of steps.
told = lesson.train("cvae", image_preset("cvae"), steps=2_500)
untold = lesson.train("vae", image_preset("vae"), steps=2_500)


# %%
# Is it worth something to know the label? On average log p(x|y) - log p(x) is the information between picture and label,
# for the true distributions at most log 10 = 2.3 nats, as there are ten labels. Models may gain more or less than that:
# what they gain beyond is that a simpler code fits better.
def bound(model: PictureModel) -> float:
    """Return the ELBO of the test pictures in nats, averaged, with one code drawn for each."""
    labels = test.labels.to(model.device) if model.model.classes else None
    (batch,) = batches_in_order(test, ImageTask(binarise="dynamic"), model.device, seed=0, size=len(test))
    with torch.no_grad():
        posterior = model.model.encode(model.batch(batch.images, labels))
        z = posterior.rsample(torch.Generator(model.device).manual_seed(0))
        likelihood = model.model.log_likelihood(model.batch(batch.images, labels), z)
    return float((likelihood - posterior.kl().sum(1)).mean())


print(f"ELBO: {bound(untold):.1f} nats without the label, {bound(told):.1f} with it; log 10 = {math.log(10):.1f}")

# %%
# Where did the class go? A linear map from codes to classes finds it in the codes of the untold network. Nothing forbids
# it in those of the told one, but the KL charges for it, and the decoder knows it already: it leaves in the long run, and
# after a minute of training it may still be there (then the figures below still mix the class that was written with the
# one that is ordered).
for name, model in (("without the label", untold), ("with the label", told)):
    known, asked = (codes_of(model.model, ImageTask(), d, model.device) for d in (train.first(10_000), test))
    accuracy = linear_probe_accuracy(known, train.first(10_000).labels, asked, test.labels)
    print(f"Codes {name}: a linear map finds the class of {accuracy:.3f}")

# %%
# A style a row, a class a column: every row is one draw of z from the prior, decoded with all ten labels.
lesson.show(FIGURES["classes"][1](lesson.scene(told)), "05-classes")

# %%
# The same with a hand that exists. Encode a digit with its label, decode its code with the others.
count = min(8, len(test))
x, labels = test.images[:count].float() / 255, test.labels[:count]
codes = told.codes(x, labels)
columns = [("as written", x, None)]
for label, name in enumerate(lesson.names):
    columns.append((name, told.decode(codes, torch.full((count,), label)), None))
figure = figures.picture_rows(columns, title="Each column one hand: what it wrote, and its hand with each class")
lesson.show(figure, "05-hands")
