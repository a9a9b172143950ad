"""The plots of the autoencoder lesson, each a function from a model and held-out images to a matplotlib figure.

To add one: a function here and an entry in `PLOTS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, final

import torch
from torch import Tensor

from musicae.core.distributions import DiagonalGaussian
from musicae.errors import ParameterError
from musicae.images.corruptions import Downscaling
from musicae.images.data import LabelledImages
from musicae.images.evaluation import PROBE_IMAGES, code_metrics, codes_of
from musicae.images.metrics import Pca, psnr
from musicae.images.model import ImageModel
from musicae.plots import image_grids as grids

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PLOTS", "Plot", "Scene", "suitable_plots"]

_SCATTERED = 5_000  # points in a scatter


@final
@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a plot is drawn from.

    Arguments:
        model: The model.
        images: Held-out images.
        train: Training images.
        classes: Names of the classes.
        columns: Images per row.
        seed: Seed of all randomness.
    """

    model: ImageModel
    images: LabelledImages
    train: LabelledImages
    classes: tuple[str, ...]
    columns: int = 10
    seed: int = 0

    @property
    def title(self) -> str:
        """Name of the model and of the data."""
        return f"{Path(self.model.name).name}, {self.images.source}"

    def first(self) -> tuple[Tensor, Tensor]:
        """Return the first images as floats, shape (columns, C, H, W), and their labels."""
        images = self.images.first(self.columns)
        return images.images.float() / 255, images.labels

    def inputs(self, x: Tensor) -> Tensor:
        """Return the model's inputs for images: damaged images if the model repairs."""
        return x if self.model.task.corruption is None else self.model.damage(x, seed=self.seed)


class Plot(NamedTuple):
    """A plot of the lesson.

    Arguments:
        summary: One line for the help of `musicae image plot`.
        draw: Function from a scene to a matplotlib figure.
    """

    summary: str
    draw: Callable[[Scene], "Figure"]


def _reconstructions(scene: Scene) -> "Figure":
    x, labels = scene.first()
    output = scene.model.reconstruct(scene.inputs(x), labels)
    decibels = psnr(output, x)
    rows = [("original", x, None), ("reconstructed", output, [f"{d:.1f} dB" for d in decibels])]
    return grids.image_rows(rows, title=f"Reconstructions ({scene.title}), mean PSNR {float(decibels.mean()):.1f} dB")


def _codes(scene: Scene) -> "Figure":
    x, labels = scene.first()
    return grids.code_images(scene.model.codes(scene.inputs(x), labels), x, title=f"Codes ({scene.title})")


def _latent(scene: Scene) -> "Figure":
    images = scene.images.first(_SCATTERED)
    codes = codes_of(scene.model, images, seed=scene.seed)
    axes = ("z1", "z2")
    if codes.shape[1] > 2:
        codes, axes = Pca.fit(codes, 2).encode(codes), ("first principal component", "second principal component")
    if codes.shape[1] < 2:
        raise ParameterError("A scatter needs a code of at least two numbers; choose another model.")
    accuracy = code_metrics(scene.model, scene.train, images, seed=scene.seed)
    title = f"Codes ({scene.title}): kNN {accuracy['knn_accuracy']:.3f}, linear probe {accuracy['probe_accuracy']:.3f}"
    return grids.class_scatter(codes, images.labels, scene.classes, title=title, axes_names=axes)


def _manifold(scene: Scene) -> "Figure":
    size = scene.model.network.latent_size
    if size != 2:
        raise ParameterError(f"A manifold needs a code of 2 numbers, but {scene.model.name} has {size}; use vae-2d.")
    side = 2 * scene.columns
    quantiles = (torch.arange(side) + 0.5) / side
    ticks = torch.distributions.Normal(0.0, 1.0).icdf(quantiles)
    z = torch.stack([ticks.repeat(side), ticks.flip(0).repeat_interleave(side)], dim=1)
    labels = torch.zeros(side**2, dtype=torch.int64)
    title = f"Codes at equal quantiles of the prior, decoded ({scene.title})"
    return grids.image_grid(scene.model.decode(z, labels), columns=side, title=title)


def _samples(scene: Scene) -> "Figure":
    labels = torch.arange(scene.columns**2) % scene.columns % len(scene.classes)
    samples = scene.model.sample(scene.columns**2, labels, seed=scene.seed)
    return grids.image_grid(samples, columns=scene.columns, title=f"Samples from the prior ({scene.title})")


def _perturbations(scene: Scene) -> "Figure":
    x, labels = scene.first()
    codes = scene.model.codes(scene.inputs(x), labels)
    noise = torch.randn(codes.shape, generator=torch.Generator().manual_seed(scene.seed))
    spread = codes_of(scene.model, scene.train.first(1000), task=scene.model.task).std(0)
    rows = [("original", x, None)]
    for sigma in (0.0, 0.25, 0.5, 1.0, 2.0):
        rows.append((f"noise {sigma:g}", scene.model.decode(codes + sigma * spread * noise, labels), None))
    return grids.image_rows(rows, title=f"Noise in the code, in units of the spread of each dimension ({scene.title})")


def _repairs(scene: Scene) -> "Figure":
    corruption = scene.model.task.corruption
    x, labels = scene.first()
    damaged = scene.model.damage(x, seed=scene.seed)
    images = [("damaged", damaged)]
    if isinstance(corruption, Downscaling):
        images += [("bilinear", corruption.interpolate(corruption.shrink(x)))]
    images += [("repaired", scene.model.reconstruct(damaged, labels))]
    rows = [(name, output, [f"{d:.1f} dB" for d in psnr(output, x)]) for name, output in images]
    means = ", ".join(f"{name} {float(psnr(output, x).mean()):.1f}" for name, output in images)
    return grids.image_rows([*rows, ("original", x, None)], title=f"PSNR in dB: {means} ({scene.title})")


def _classes(scene: Scene) -> "Figure":
    if not scene.model.network.classes:
        raise ParameterError(f"{scene.model.name} is not conditional; use a conditional model such as cvae.")
    styles, classes = scene.columns, scene.model.network.classes
    generator = torch.Generator().manual_seed(scene.seed)
    z = torch.randn(styles, scene.model.network.latent_size, generator=generator)
    images = scene.model.decode(z.repeat_interleave(classes, 0), torch.arange(classes).repeat(styles))
    return grids.image_grid(images, columns=classes, title=f"One style per row, one class per column ({scene.title})")


def _interpolations(scene: Scene) -> "Figure":
    x, labels = scene.first()
    inputs, rows = scene.inputs(x), []
    for i in range(0, len(x) - 1, 2):
        path = scene.model.interpolate(inputs[i : i + 1], inputs[i + 1 : i + 2], 9, labels[i : i + 2])
        name = f"{scene.classes[labels[i]]} to {scene.classes[labels[i + 1]]}"
        rows.append((name, torch.cat([x[i : i + 1], path, x[i + 1 : i + 2]]), None))
    heads = ("original", *(f"{i / 8:.3g}" for i in range(9)), "original")
    return grids.image_rows(rows, title=f"Interpolations between images ({scene.title})", heads=heads)


def _posterior(scene: Scene) -> "Figure":
    model, images = scene.model, scene.images.first(PROBE_IMAGES)
    x = images.images.float() / 255
    with torch.no_grad():
        generator = torch.Generator(model.device).manual_seed(scene.seed)
        posterior = model.network.encode(model.batch(scene.inputs(x), images.labels))
        codes = posterior.rsample(generator).cpu()
        order = torch.arange(codes.shape[1])
        if isinstance(posterior, DiagonalGaussian):  # the dimensions with the highest KL come first
            order = posterior.kl().mean(0).argsort(descending=True, stable=True).cpu()
    title = f"Codes of all images and N(0, I) ({scene.title})"
    return grids.histograms(codes[:, order[:12]], title=title)


PLOTS: dict[str, Plot] = {
    "reconstructions": Plot("originals above reconstructions, with PSNR", _reconstructions),
    "codes": Plot("the codes themselves as images", _codes),
    "latent": Plot("scatter of the codes by class, with kNN and linear-probe accuracy", _latent),
    "manifold": Plot("decoded codes at equal quantiles of a 2-D prior", _manifold),
    "samples": Plot("samples from the prior", _samples),
    "perturbations": Plot("noise of growing size in the code", _perturbations),
    "repairs": Plot("damaged, repaired and original images, with PSNR", _repairs),
    "classes": Plot("every class in several styles (conditional models)", _classes),
    "interpolations": Plot("morphs between two images", _interpolations),
    "posterior": Plot("the codes of all images and N(0, I)", _posterior),
}


def suitable_plots(model: ImageModel) -> list[str]:
    """Return the names of the plots that apply to a model."""
    unsuitable = set()
    if model.network.latent_size != 2:
        unsuitable.add("manifold")
    if model.network.latent_size < 2:
        unsuitable.add("latent")
    if model.task.corruption is None:
        unsuitable.add("repairs")
    else:
        unsuitable |= {"samples", "posterior", "latent"}
    if not model.network.classes:
        unsuitable.add("classes")
    return [name for name in PLOTS if name not in unsuitable]
