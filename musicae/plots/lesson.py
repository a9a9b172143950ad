"""The figures of the autoencoder lesson, each a function from a model and held-out pictures to a figure.

To add one: a function here and a line in `FIGURES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from musicae.core.distributions import DiagonalGaussian
from musicae.core.progress import Progress
from musicae.datasets.images import IMAGE_SETS
from musicae.errors import ParameterError
from musicae.images.batch import ImageTask
from musicae.images.corruptions import Downscaling
from musicae.images.data import LabelledImages, Split
from musicae.images.evaluation import KNOWN, code_figures, codes_of, load_split
from musicae.images.metrics import Pca, psnr
from musicae.images.model import PictureModel
from musicae.plots import image_grids as figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURES", "Scene", "fitting", "open_scene"]

_SCATTERED = 5_000  # points in a scatter


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a figure is drawn from.

    Arguments:
        model: The model.
        pictures: Held-out pictures.
        known: Training pictures.
        names: Names of the classes.
        count: Pictures in a row.
        seed: Seed of everything random.
    """

    model: PictureModel
    pictures: LabelledImages
    known: LabelledImages
    names: tuple[str, ...]
    count: int = 10
    seed: int = 0

    @property
    def title(self) -> str:
        """The model's and the data's names."""
        return f"{Path(self.model.name).name}, {self.pictures.source}"

    def first(self) -> tuple[Tensor, Tensor]:
        """Return the first `count` pictures as floats, shape (count, C, H, W), and their labels."""
        some = self.pictures.first(self.count)
        return some.images.float() / 255, some.labels

    def shown(self, x: Tensor) -> Tensor:
        """Return what the model is shown of pictures: damaged ones if it repairs."""
        return x if self.model.task.corruption is None else self.model.damage(x, seed=self.seed)


def open_scene(
    model: PictureModel,
    *,
    data: str | None = None,
    data_dir: Path | None = None,
    split: Split = "test",
    count: int = 10,
    seed: int = 0,
    progress: Progress | None = None,
) -> Scene:
    """Load the pictures that figures of a model are drawn from.

    Raises:
        DataError: they are missing, damaged, or of another size than the model's.
    """
    pictures, known = (load_split(model, data, data_dir, s, progress) for s in (split, "train"))
    names = IMAGE_SETS[data or str(model.info.data.get("set", "mnist"))].classes
    return Scene(model=model, pictures=pictures, known=known, names=names, count=count, seed=seed)


def _reconstructions(scene: Scene) -> "Figure":
    x, labels = scene.first()
    shown = scene.shown(x)
    made = scene.model.reconstruct(shown, labels)
    decibels = psnr(made, x)
    rows = [("original", x, None), ("reconstructed", made, [f"{d:.1f} dB" for d in decibels])]
    return figures.picture_rows(rows, title=f"Reconstructions ({scene.title}), mean PSNR {float(decibels.mean()):.1f} dB")


def _codes(scene: Scene) -> "Figure":
    x, labels = scene.first()
    return figures.code_pictures(scene.model.codes(scene.shown(x), labels), x, title=f"Codes ({scene.title})")


def _latent(scene: Scene) -> "Figure":
    task = ImageTask(corruption=scene.model.task.corruption)
    model, device, some = scene.model.model, scene.model.device, scene.pictures.first(_SCATTERED)
    codes = codes_of(model, task, some, device, seed=scene.seed)
    axes = ("z1", "z2")
    if codes.shape[1] > 2:
        codes, axes = Pca.fit(codes, 2).encode(codes), ("first principal component", "second principal component")
    if codes.shape[1] < 2:
        raise ParameterError("A code of one number has no scatter; take a model with at least two.")
    known = code_figures(model, task, scene.known, some, device, seed=scene.seed)
    title = f"Codes ({scene.title}): kNN {known['knn_accuracy']:.3f}, linear probe {known['probe_accuracy']:.3f}"
    return figures.class_scatter(codes, some.labels, scene.names, title=title, axes_names=axes)


def _manifold(scene: Scene) -> "Figure":
    if scene.model.model.latent_size != 2:
        raise ParameterError(
            f"A manifold needs a code of 2 numbers, {scene.model.name} has {scene.model.model.latent_size}; take vae-2d."
        )
    side = 2 * scene.count
    quantiles = (torch.arange(side) + 0.5) / side
    ticks = torch.distributions.Normal(0.0, 1.0).icdf(quantiles)
    z = torch.stack([ticks.repeat(side), ticks.flip(0).repeat_interleave(side)], dim=1)
    labels = torch.zeros(side**2, dtype=torch.int64)
    title = f"What equal shares of the prior decode to ({scene.title})"
    return figures.picture_grid(scene.model.decode(z, labels), columns=side, title=title)


def _samples(scene: Scene) -> "Figure":
    labels = torch.arange(scene.count**2) % scene.count % len(scene.names)
    made = scene.model.sample(scene.count**2, labels, seed=scene.seed)
    return figures.picture_grid(made, columns=scene.count, title=f"Draws from the prior ({scene.title})")


def _perturbations(scene: Scene) -> "Figure":
    x, labels = scene.first()
    codes = scene.model.codes(scene.shown(x), labels)
    noise = torch.randn(codes.shape, generator=torch.Generator().manual_seed(scene.seed))
    spread = codes_of(scene.model.model, scene.model.task, scene.known.first(1000), scene.model.device).std(0)
    rows = [("original", x, None)]
    for sigma in (0.0, 0.25, 0.5, 1.0, 2.0):
        rows.append((f"noise {sigma:g}", scene.model.decode(codes + sigma * spread * noise, labels), None))
    return figures.picture_rows(rows, title=f"Noise in the code, in units of each number's spread ({scene.title})")


def _repairs(scene: Scene) -> "Figure":
    corruption = scene.model.task.corruption
    x, labels = scene.first()
    damaged = scene.model.damage(x, seed=scene.seed)
    made = [("damaged", damaged)]
    if isinstance(corruption, Downscaling):
        made += [("bilinear", corruption.interpolate(corruption.shrink(x)))]
    made += [("repaired", scene.model.reconstruct(damaged, labels))]
    rows = [(name, p, [f"{d:.1f} dB" for d in psnr(p, x)]) for name, p in made]
    means = ", ".join(f"{name} {float(psnr(p, x).mean()):.1f}" for name, p in made)
    return figures.picture_rows([*rows, ("true", x, None)], title=f"PSNR in dB: {means} ({scene.title})")


def _classes(scene: Scene) -> "Figure":
    if not scene.model.model.classes:
        raise ParameterError(f"{scene.model.name} is told no classes; take a conditional model such as cvae.")
    styles, classes = scene.count, scene.model.model.classes
    generator = torch.Generator().manual_seed(scene.seed)
    z = torch.randn(styles, scene.model.model.latent_size, generator=generator)
    made = scene.model.decode(z.repeat_interleave(classes, 0), torch.arange(classes).repeat(styles))
    return figures.picture_grid(made, columns=classes, title=f"A style a row, a class a column ({scene.title})")


def _interpolations(scene: Scene) -> "Figure":
    x, labels = scene.first()
    shown, rows = scene.shown(x), []
    for i in range(0, len(x) - 1, 2):
        made = scene.model.interpolate(shown[i : i + 1], shown[i + 1 : i + 2], 9, labels[i : i + 2])
        rows.append(
            (
                f"{scene.names[labels[i]]} to {scene.names[labels[i + 1]]}",
                torch.cat([x[i : i + 1], made, x[i + 1 : i + 2]]),
                None,
            )
        )
    heads = ("original", *(f"{i / 8:.3g}" for i in range(9)), "original")
    return figures.picture_rows(rows, title=f"From one picture to another ({scene.title})", heads=heads)


def _posterior(scene: Scene) -> "Figure":
    model, some = scene.model, scene.pictures.first(KNOWN)
    x = some.images.float() / 255
    with torch.no_grad():
        generator = torch.Generator(model.device).manual_seed(scene.seed)
        posterior = model.model.encode(model.batch(scene.shown(x), some.labels))
        codes = posterior.rsample(generator).cpu()
        order = torch.arange(codes.shape[1])
        if isinstance(posterior, DiagonalGaussian):  # the dimensions that say most come first
            order = posterior.kl().mean(0).argsort(descending=True, stable=True).cpu()
    title = f"Codes of all pictures against N(0, I) ({scene.title})"
    return figures.histograms(codes[:, order[:12]], title=title)


FIGURES: dict[str, tuple[str, Callable[[Scene], "Figure"]]] = {
    "reconstructions": ("originals over reconstructions, with PSNR", _reconstructions),
    "codes": ("the codes themselves as pictures", _codes),
    "latent": ("scatter of the codes by class, with kNN and linear-probe accuracy", _latent),
    "manifold": ("what equal shares of a 2-D prior decode to (inverse CDF)", _manifold),
    "samples": ("draws from the prior", _samples),
    "perturbations": ("noise of growing size in the code", _perturbations),
    "repairs": ("damaged, repaired and true pictures, with PSNR", _repairs),
    "classes": ("every class in several styles (conditional models)", _classes),
    "interpolations": ("one picture becomes another", _interpolations),
    "posterior": ("the codes of all pictures against N(0, I)", _posterior),
}


def fitting(model: PictureModel) -> list[str]:
    """Return the names of the figures that make sense of a model."""
    wrong = set()
    if model.model.latent_size != 2:
        wrong.add("manifold")
    if model.model.latent_size < 2:
        wrong.add("latent")
    if model.task.corruption is None:
        wrong.add("repairs")
    else:
        wrong |= {"samples", "posterior", "latent"}
    if not model.model.classes:
        wrong.add("classes")
    return [name for name in FIGURES if name not in wrong]
